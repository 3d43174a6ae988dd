"""Why hits were found: each figure against its definition, computed one by one."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import numpy as np
import pytest
from onnx import TensorProto, helper, numpy_helper

from index.blending import Part
from index.clips import Hit
from index.galleries import Galleries
from index.gallery import Gallery
from index.reindexing import Rules
from index.searching import Search
from models.bundle.classification import Classifier
from models.bundle.manifest import HeadSpec
from models.bundle.store import load_manifest, save
from models.features.extract import ClipFeatures, WindowFeatures
from models.hubness import RouteBias
from models.media.cage import Cage
from models.media.limits import Limits
from models.types import F32, Modality, Sense, Window
from service.encoding.encoders import Encoders
from service.search.explain_schemas import Explanation, NearWord
from service.search.explaining import Explainer
from service.search.questions import Question, embedded, of_vector
from tests.tiny.bundles import CLASSES, narrowed

ANY = Rules(tolerance=None)


@pytest.fixture
def encoders(own_library: Path) -> Iterator[Encoders]:
    with Cage(Limits(), 1) as cage:
        yield Encoders(own_library / "backbones", cage)


@pytest.fixture
def gallery(own_library: Path) -> Iterator[Gallery]:
    """Six clips of one window, and one of three."""
    galleries = Galleries.open(own_library)
    found, path = galleries.get("demo"), own_library / "long.mp4"
    path.write_bytes(b"a long clip")
    found.add(path, name="long.mp4", labels=["bell ringing"], features=long_clip(7))
    yield found
    galleries.close()


def row(seed: int) -> F32:
    return np.random.default_rng(seed).normal(size=8).astype(np.float32)


def long_clip(seed: int) -> ClipFeatures:
    """Three windows, the last without pictures."""
    senses: list[tuple[Sense, ...]] = [("audio", "video"), ("audio", "video"), ("audio",)]
    windows = [
        WindowFeatures(Window(2.0 * i, 2.0 * i + 2), {each: row(seed + 10 * i + len(each) % 2 * 100) for each in there})
        for i, there in enumerate(senses)
    ]
    return ClipFeatures(6.0, tuple(windows))


def asked(gallery: Gallery, route: str, seed: int = 0, *, weight: float = 1.0) -> Question:
    """A question of a route, by features of its own."""
    read = gallery.active.bundle.manifest.heads[gallery.active.bundle.manifest.routes[route].query].inputs
    rows: dict[Modality, F32] = {each: row(seed + i)[None] for i, each in enumerate(read)}
    return replace(embedded(gallery.active, route, rows), weight=weight)


def explained(gallery: Gallery, encoders: Encoders, *questions: Question, k: int = 20) -> list[tuple[Hit, Explanation]]:
    """The hits of some questions with their explanations."""
    generation, first = gallery.active, questions[0]
    search = Search(first.route, k)
    vector = first.vector
    if len(questions) > 1:
        vector, blend = generation.blend([Part(each.route, each.vector, each.weight) for each in questions])
        search = replace(search, blend=blend)
    hits = gallery.search_vectors(vector, search)[0]
    return list(zip(hits, Explainer(encoders).explain(gallery, generation, questions, hits), strict=True))


def window_row(gallery: Gallery, hit: Hit, sense: Sense) -> F32:
    there = gallery.features(sense)
    found: F32 = there.features[sense][there.windows == hit.window_id]
    return found


def vector(gallery: Gallery, head: str, **rows: F32) -> F32:
    bundle = gallery.active.bundle
    found: F32 = bundle.embed(head, {name: rows[name] for name in bundle.manifest.heads[head].inputs})[0]
    return found


def nearest(gallery: Gallery, encoders: Encoders, point: F32) -> list[tuple[str, float]]:
    """The three classes that are nearest to a point of the common space."""
    bundle = gallery.active.bundle
    text = Classifier(bundle, encoders.text(bundle.manifest)).text_features(CLASSES)
    found = [
        (name, -float(np.linalg.norm(point - vector(gallery, "text", text=each[None]))))
        for name, each in zip(CLASSES, text, strict=True)
    ]
    return sorted(found, key=lambda each: -each[1])[:3]


def near(expected: Sequence[tuple[str, float]], words: Sequence[NearWord] | None) -> bool:
    """Whether these are the words."""
    assert words is not None
    assert [each.score for each in words] == pytest.approx([score for _, score in expected], abs=1e-4)
    return [each.name for each in words] == [name for name, _ in expected]


def test_what_is_found_by_words_is_told_by_modality(gallery: Gallery, encoders: Encoders) -> None:
    question = asked(gallery, "text->av")
    text = vector(gallery, "text", text=question.features["text"])
    for hit, found in explained(gallery, encoders, question):
        assert found.raw_score == hit.score
        assert found.bias == 0
        assert found.parts is not None
        assert sum(found.parts.values()) == pytest.approx(hit.score, abs=1e-3)
        for sense, part in found.parts.items():
            of_hit = vector(gallery, sense, **{sense: window_row(gallery, hit, sense)})
            assert part == pytest.approx(-0.5 * np.sum((of_hit - text) ** 2), abs=1e-3)
        assert found.attention is None
        assert found.words is not None
        assert near(nearest(gallery, encoders, text), found.words.query)
        assert found.query_windows is None


def test_one_sense_alone_is_all_of_the_score(gallery: Gallery, encoders: Encoders) -> None:
    for hit, found in explained(gallery, encoders, asked(gallery, "text->audio")):
        assert found.parts is not None
        assert found.parts.keys() == {"audio"}
        assert found.parts["audio"] == pytest.approx(hit.score, abs=1e-4)
        heard = vector(gallery, "audio", audio=window_row(gallery, hit, "audio"))
        assert found.words is not None
        assert near(nearest(gallery, encoders, heard), found.words.hit)


def test_what_a_clip_finds_has_words_on_both_sides_but_no_parts(gallery: Gallery, encoders: Encoders) -> None:
    question = asked(gallery, "audio->video")
    heard = vector(gallery, "audio", audio=question.features["audio"])
    for hit, found in explained(gallery, encoders, question):
        shown = vector(gallery, "video", video=window_row(gallery, hit, "video"))
        assert found.parts is None
        assert found.words is not None
        assert near(nearest(gallery, encoders, heard), found.words.query)
        assert near(nearest(gallery, encoders, shown), found.words.hit)
        assert found.query_scores == pytest.approx([-float(np.linalg.norm(heard - shown))], abs=1e-4)


def test_a_vector_alone_is_told_by_what_can_be_made_of_it(gallery: Gallery, encoders: Encoders) -> None:
    point = np.arange(4.0)
    for _, found in explained(gallery, encoders, of_vector(gallery.active, "audio->video", tuple(point))):
        assert found.words is not None
        assert near(nearest(gallery, encoders, point.astype(np.float32)), found.words.query)
    for _, found in explained(gallery, encoders, of_vector(gallery.active, "text->av", tuple(range(6)))):
        assert found.parts is None
        assert found.words is not None
        assert found.words.query is None
        assert found.words.hit is not None


def test_the_windows_of_an_upload_are_told_nearest_first(gallery: Gallery, encoders: Encoders) -> None:
    clip = long_clip(40)
    means = np.mean([each.features["video"] for each in clip.windows[:2]], axis=0)[None]
    question = replace(embedded(gallery.active, "video->audio", {"video": means}), clip=clip)
    for hit, found in explained(gallery, encoders, question):
        heard = vector(gallery, "audio", audio=window_row(gallery, hit, "audio"))
        shown = [vector(gallery, "video", video=each.features["video"][None]) for each in clip.windows[:2]]
        assert found.query_windows is not None
        in_time = sorted(found.query_windows, key=lambda each: each.start_s)
        assert [(each.start_s, each.end_s) for each in in_time] == [(0.0, 2.0), (2.0, 4.0)]
        expected = [-float(np.linalg.norm(each - heard)) for each in shown]
        assert [each.score for each in in_time] == pytest.approx(expected, abs=1e-4)
        assert found.query_windows[0].score >= found.query_windows[1].score
        assert found.query_window_count == 2


def test_the_windows_of_a_stored_clip_are_told_too(gallery: Gallery, encoders: Encoders) -> None:
    clip_id = next(each.id for each in gallery.clips() if each.name == "long.mp4")
    example = gallery.example("audio->video", clip_id)
    question = replace(embedded(gallery.active, "audio->video", example.features), windows=example.windows)
    for _, found in explained(gallery, encoders, question):
        assert found.query_windows is not None
        assert {each.start_s for each in found.query_windows} == {0.0, 2.0, 4.0}


@pytest.mark.parametrize("route", ["audio->video", "text->av"])
def test_what_the_corrections_take_off_is_the_difference_to_the_raw_score(
    gallery: Gallery, encoders: Encoders, route: str
) -> None:
    question = asked(gallery, route)
    plain = {hit.window_id: hit.score for hit, _ in explained(gallery, encoders, question)}
    gallery.reindex("tiny", rules=ANY, biases={route: RouteBias(alpha=0.8, neighbours=2)})
    found = explained(gallery, encoders, asked(gallery, route))
    assert {hit.window_id for hit, _ in found} == plain.keys()
    for hit, each in found:
        assert each.raw_score == pytest.approx(plain[hit.window_id], abs=1e-3)
        assert each.bias is not None
        assert each.raw_score is not None
        assert each.raw_score - each.bias == pytest.approx(hit.score)
        assert abs(each.bias) > 0.01


def test_several_queries_are_told_one_by_one(gallery: Gallery, encoders: Encoders) -> None:
    questions = [asked(gallery, "audio->video", 1), asked(gallery, "text->video", 5, weight=-0.3)]
    alone = [
        {hit.window_id: hit.score for hit in gallery.search_vectors(each.vector, Search(each.route, 20))[0]}
        for each in questions
    ]
    for hit, found in explained(gallery, encoders, *questions):
        expected = [scored[hit.window_id] for scored in alone]
        assert found.query_scores == pytest.approx(expected, abs=1e-4)
        assert found.raw_score == hit.score
        assert (found.parts, found.probability, found.calibration, found.query_windows) == (None, None, None, None)
        assert found.words is not None
        assert (found.words.query, found.words.hit is None) == (None, False)


def test_raw_scores_of_several_queries_are_those_without_corrections(gallery: Gallery, encoders: Encoders) -> None:
    def questions() -> list[Question]:
        return [asked(gallery, "audio->video", 1), asked(gallery, "text->video", 5, weight=-0.3)]

    plain = {hit.window_id: hit.score for hit, _ in explained(gallery, encoders, *questions())}
    gallery.reindex("tiny", rules=ANY, biases={"audio->video": RouteBias(alpha=0.8, neighbours=2)})
    for hit, found in explained(gallery, encoders, *questions()):
        assert found.raw_score == pytest.approx(plain[hit.window_id], abs=1e-3)
        assert found.raw_score != pytest.approx(hit.score, abs=1e-3)


@pytest.mark.parametrize(("weights", "exact"), [((0.5, 0.5), True), ((0.25, 0.75), False)])
def test_attention_is_told_where_the_bundle_has_it_and_parts_only_where_they_sum_to_the_score(
    gallery: Gallery, own_library: Path, encoders: Encoders, weights: tuple[float, float], exact: bool
) -> None:
    attentive(own_library / "bundles", weights)
    gallery.reindex("attentive", rules=ANY)
    for _, found in explained(gallery, encoders, asked(gallery, "text->av")):
        assert found.attention is not None
        assert found.attention.query is None
        assert found.attention.hit == {"audio": weights[0], "video": weights[1]}
        assert (found.parts is not None) is exact


def test_a_bundle_that_compares_nothing_with_words_names_none(
    gallery: Gallery, own_library: Path, encoders: Encoders
) -> None:
    narrowed(own_library / "bundles" / "tiny", "wordless", routes=["audio->video", "text->av"])
    gallery.reindex("wordless", rules=ANY)
    for route in ("audio->video", "text->av"):
        for _, found in explained(gallery, encoders, asked(gallery, route)):
            assert (found.words, found.parts) == (None, None)


def test_a_hit_that_went_meanwhile_is_told_by_its_score_alone(gallery: Gallery, encoders: Encoders) -> None:
    question = asked(gallery, "text->av")
    hits = gallery.search_vectors(question.vector, Search("text->av", 20))[0]
    gallery.remove(hits[1].clip_id)
    found = Explainer(encoders).explain(gallery, gallery.active, [question], hits)
    assert [each.raw_score is None for each in found] == [hit.clip_id == hits[1].clip_id for hit in hits]
    assert found[1] == Explanation()


def test_nothing_found_needs_no_explanation(gallery: Gallery, encoders: Encoders) -> None:
    assert Explainer(encoders).explain(gallery, gallery.active, [asked(gallery, "text->av")], []) == []


def attentive(folder: Path, weights: tuple[float, float]) -> None:
    """The tiny bundle with a head that says that sound and pictures weigh so much."""
    made = load_manifest(folder / "tiny")
    zeros = np.zeros((8, 2), np.float32)
    graph = helper.make_graph(
        [
            helper.make_node("MatMul", ["audio", "zeros"], ["heard"]),
            helper.make_node("MatMul", ["video", "zeros"], ["shown"]),
            helper.make_node("Add", ["heard", "shown"], ["both"]),
            helper.make_node("Add", ["both", "weights"], ["embedding"]),
        ],
        "attention",
        [helper.make_tensor_value_info(each, TensorProto.FLOAT, ["b", 8]) for each in ("audio", "video")],
        [helper.make_tensor_value_info("embedding", TensorProto.FLOAT, ["b", 2])],
        [numpy_helper.from_array(zeros, "zeros"), numpy_helper.from_array(np.array(weights, np.float32), "weights")],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    content = model.SerializeToString()
    spec = HeadSpec(file="attention.onnx", inputs=("audio", "video"), dim=2, sha256=sha256(content).hexdigest())
    graphs = {name: (folder / "tiny" / head.file).read_bytes() for name, head in made.heads.items()}
    manifest = made.model_copy(
        update={"name": "attentive", "attention": "attention", "heads": {**made.heads, "attention": spec}}
    )
    save(folder / "attentive", manifest, {**graphs, "attention": content}, "")

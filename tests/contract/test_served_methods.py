"""Every method's bundle, served by the real application: all the routes it has, and none that it lacks."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from starlette.testclient import TestClient

from index.evaluation import evaluate
from index.galleries import Galleries
from index.gallery import Gallery
from models.bundle.checking import check_manifest, try_heads
from models.bundle.classification import Classifier
from models.bundle.manifest import WIDEST_FIRST, Manifest
from models.bundle.store import load_manifest
from models.features.text import TextEncoder
from models.methods import METHODS, build
from models.methods.base import Method
from models.methods.closed_vocabulary import NEVER
from models.scoring import scores
from models.types import F32, Modality
from service.app import create_app
from service.encoding.features import of_clip
from service.resources import Resources
from service.settings import Settings
from tests.contract.fitting import fitted
from tests.contract.small_methods import OPTIONS
from tests.tiny.bundles import CLASSES, SEEN, tiny_library
from tests.tiny.clips import tiny_clip
from tests.tiny.world import World, world
from tests.unit.service.asking import DEMO, OWN, SEARCH, refused, upload
from training.export import EncoderRefs, Measured, export
from training.splits import ClassTable, Split, TrainingSet

SERVED_AS = {
    "cjme": "cjme",
    "cjme-no-attention": "cjme",
    "avgzslnet": "cjme",
    "avgzslnet-attention": "cjme",
    "gcca": "gcca",
    "audio-only": "audio-only",
    "video-only": "video-only",
    "dscmr": "video-only",
    "concat": "concat",
    "avca": "concat",
    "ale": "ale",
    "apn": "ale",
    "clipclap": "ale",
    "devise": "ale",
    "mdir": "ale",
    "sje": "ale",
    "tcaf": "ale",
    "fvaegan": "fvaegan",
    "eszsl": "eszsl",
    "conse": "eszsl",
    "sae": "eszsl",
    "dstc": "dstc",
    "cca": "dstc",
    "pretrained": "dstc",
}
"""A method with the same routes for each: that one is exported and served, which takes seconds a method.

That every method can be exported at all is in test_methods.py.
"""
SERVED = sorted(set(SERVED_AS.values()))
SIDES = ("audio", "video", "av")
EVERY_ROUTE = {f"{query}->{gallery}" for query in ("text", *SIDES) for gallery in SIDES}
CLASSIFY = "/v1/classify"
WORDS = "bell ringing"
CLIPS = 6
"""Of the gallery, all with sound and pictures."""
ROUNDING = 1e-2
"""Of a score: distances near 0 come from float32 squares, and features are stored in float16."""


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_library(tmp_path_factory.mktemp("library"))


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_clip(tmp_path_factory.mktemp("clips") / "clip.mp4", seconds=1.0)


@pytest.fixture(scope="module")
def silent_clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_clip(tmp_path_factory.mktemp("clips") / "silent.mp4", seconds=1.0, sound=False)


@pytest.fixture(scope="module")
def client(library: Path) -> Iterator[TestClient]:
    with TestClient(create_app(Settings(data=library)), OWN) as client:
        yield client


@pytest.fixture(scope="module", params=SERVED)
def served(request: pytest.FixtureRequest, library: Path, client: TestClient) -> Manifest:
    """The bundle of a method, which the gallery has been switched to."""
    # A worker that gave tests of a method away and takes some back comes here once more, in the same library.
    folder = library / "bundles" / request.param
    manifest = load_manifest(folder) if folder.exists() else exported(request.param, library)
    assert client.post(f"{DEMO}/reindex", json={"bundle": manifest.name}).json()["bundle"] == manifest.name
    return manifest


def exported(name: str, library: Path) -> Manifest:
    """A method as a bundle of the library, trained on features as wide as those of its encoders."""
    made = load_manifest(library / "bundles" / "tiny")
    learned = fitted(name, small_world(library / "backbones" / made.text_encoder.name))
    return export(
        learned,
        folder=library / "bundles" / name,
        name=name,
        encoders=EncoderRefs(made.backbones["audio"], made.backbones["video"], made.text_encoder),
        classes=learned.training.classes,
        measured=Measured(learned.betas),
        trained_on="a world in a test",
    )


def small_world(text_encoder: Path) -> World:
    """Random clips of the library's classes, the last of them unseen."""
    made = world(seen=len(SEEN), unseen=1, clips=6, audio=8, video=8, text=8)
    seen = np.arange(len(CLASSES)) < len(SEEN)
    classes = ClassTable(CLASSES, TextEncoder.open(text_encoder).encode(CLASSES), seen)
    return replace(
        made,
        training=TrainingSet(made.training.features, classes),
        validation=Split(made.validation.features, classes),
        test=Split(made.test.features, classes),
    )


def to_clips(manifest: Manifest) -> list[tuple[str, str]]:
    """Query and gallery of every route that can be searched."""
    pairs = [name.split("->") for name in manifest.routes]
    return [(query, gallery) for query, gallery in pairs if gallery != "text"]


def search(client: TestClient, query: str, gallery: str, clip: Path, **form: Any) -> Any:
    if query == "text":
        return client.get(SEARCH, params={"text": WORDS, "to": gallery, **form})
    return upload(client, SEARCH, clip, from_=query, to=gallery, **form)


def opened(client: TestClient) -> Resources:
    """What the application works with."""
    found = client.app.state.resources  # type: ignore[attr-defined]
    assert isinstance(found, Resources)
    return found


def active(client: TestClient) -> Gallery:
    return opened(client).galleries.get("demo")


def test_every_method_is_served_as_one_that_has_its_routes() -> None:
    small = world(seen=6, unseen=3, clips=6, audio=10, video=10, text=11)

    def made(name: str) -> Method:
        torch.manual_seed(0)
        return build(name, small.training.task, OPTIONS[name])

    assert SERVED_AS.keys() == METHODS.keys()
    for name, other in SERVED_AS.items():
        assert made(name).routes().keys() == made(other).routes().keys(), name
        assert made(name).words == made(other).words, name


def test_the_bundle_and_the_gallery_say_what_they_can(served: Manifest, client: TestClient) -> None:
    listed = {each["name"]: each for each in client.get("/v1/bundles").json()["bundles"]}
    assert listed[served.name]["method"] == served.method
    assert set(listed[served.name]["routes"]) == served.routes.keys()
    gallery = client.get(DEMO).json()
    assert gallery["bundle"] == served.name
    assert {tuple(route.split("->")) for route in gallery["routes"]} == set(to_clips(served))
    assert set(gallery["channels"]) == {channel for channel in SIDES if f"{channel}->text" in served.routes}
    assert client.get("/readyz").status_code == 200


def test_it_may_be_sent_to_other_services(served: Manifest, library: Path) -> None:
    check_manifest(served)
    try_heads(library / "bundles" / served.name)


def test_every_route_it_has_finds_clips_with_the_scores_of_its_heads(
    served: Manifest, client: TestClient, clip: Path
) -> None:
    gallery, encoders = active(client), opened(client).encoders
    bundle = gallery.active.bundle
    stored: dict[Modality, F32] = {sense: rows for sense, rows in gallery.features("audio", "video").features.items()}
    asked: dict[Modality, F32] = {"text": encoders.text(served).encode([WORDS])}
    asked |= {sense: row[None] for sense, row in of_clip(encoders.extractor(served).extract(clip)).items()}
    for query, to in to_clips(served):
        answer, route = search(client, query, to, clip).json(), served.routes[f"{query}->{to}"]
        expected = scores(bundle.embed(route.query, asked), bundle.embed(route.gallery, stored), route.metric)[0]
        assert (answer["route"], answer["bundle"]) == (f"{query}->{to}", served.name)
        assert len(np.unique(expected)) > 1
        assert [hit["score"] for hit in answer["hits"]] == pytest.approx(sorted(expected, reverse=True), abs=ROUNDING)


def test_a_stored_clip_finds_itself_by_the_senses_it_is_compared_in(
    served: Manifest, client: TestClient, tmp_path: Path
) -> None:
    stored = active(client).clips()[2]
    sent = tmp_path / "stored.mp4"
    sent.write_bytes(client.get(f"{DEMO}/clips/{stored.id}/media").content)
    for query, gallery in to_clips(served):
        if query == gallery:
            hits = search(client, query, gallery, sent).json()["hits"]
            own = next(hit["score"] for hit in hits if hit["clip"]["id"] == stored.id)
            assert own == pytest.approx(hits[0]["score"], abs=ROUNDING)


def test_a_route_it_lacks_is_refused_naming_those_it_has(served: Manifest, client: TestClient, clip: Path) -> None:
    there = [f"{query}->{gallery}" for query, gallery in to_clips(served)]
    for lacking in sorted(EVERY_ROUTE - set(there)):
        query, gallery = lacking.split("->")
        refused(search(client, query, gallery, clip), 422, "route-missing", f"'{lacking}'", *there)


def test_a_clip_is_classified_by_the_most_that_the_bundle_can_look_at(
    served: Manifest, client: TestClient, clip: Path
) -> None:
    answer = upload(client, CLASSIFY, clip, calibration="off")
    if not served.channels:
        refused(answer, 422, "route-missing", repr(served.name), "audio->video")
        return
    found = answer.json()
    widest = next(each for each in WIDEST_FIRST if each in served.channels)
    assert (found["channel"], found["route"]) == (widest, f"{widest}->text")
    assert {each["name"]: each["seen"] for each in found["classes"]} == {name: name in SEEN for name in CLASSES}
    for each in found["classes"]:
        assert not each["parts"] or sum(each["parts"].values()) == pytest.approx(each["score"], abs=1e-4)
    assert upload(client, CLASSIFY, clip).json()["beta"] == served.betas[widest]


def test_a_clip_without_sound_is_classified_by_its_pictures_or_refused(
    served: Manifest, client: TestClient, silent_clip: Path
) -> None:
    answer = upload(client, CLASSIFY, silent_clip)
    if "video" in served.channels:
        assert answer.json()["channel"] == "video"
    elif served.channels:
        refused(answer, 422, "sense-missing", "the clip has pictures", f"{served.name!r} classifies by sound")
    else:
        refused(answer, 422, "route-missing")


def test_words_it_does_not_know_are_refused_and_all_others_have_a_score_that_says_something(
    served: Manifest, client: TestClient, clip: Path
) -> None:
    known, unknown = ["Dog  BARKING", "siren flashing"], "red lamp"
    answers = [
        client.get(SEARCH, params={"text": unknown, "to": to}) for query, to in to_clips(served) if query == "text"
    ]
    if served.channels:
        answers.append(upload(client, CLASSIFY, clip, classes=[*known, unknown]))
        classes = upload(client, CLASSIFY, clip, classes=known).json()["classes"]
        assert len(classes) == 2
        assert min(each["score"] for each in classes) > NEVER / 10
    for answer in answers:
        if served.words == "any":
            assert answer.status_code == 200
        else:
            refused(answer, 422, "query-invalid", f"{served.name!r} knows only", "'red lamp'", *CLASSES)


def test_reindexing_to_another_bundle_and_back_gives_the_same_hits_and_mixes_nothing(
    served: Manifest, client: TestClient, clip: Path, library: Path
) -> None:
    query, to = to_clips(served)[0]
    gallery, held = active(client), active(client).active
    features: dict[Modality, F32] = {each: np.full(8, 0.1, np.float32) for each in ("audio", "video", "text")}
    before = search(client, query, to, clip).json()["hits"]
    found = gallery.search(f"{query}->{to}", features, k=CLIPS)
    client.post(f"{DEMO}/reindex", json={"bundle": "tiny"})
    assert gallery.search(f"{query}->{to}", features, k=CLIPS, generation=held) == found
    assert set(client.get(DEMO).json()["channels"]) == {"audio", "video", "av"}
    assert search(client, "text", "av", clip).json()["bundle"] == "tiny"
    client.post(f"{DEMO}/reindex", json={"bundle": served.name})
    assert search(client, query, to, clip).json()["hits"] == before
    reopened = Galleries.open(library)
    assert reopened.get("demo").search(f"{query}->{to}", features, k=CLIPS) == found
    reopened.close()


def test_it_is_evaluated_by_the_channels_and_the_routes_that_it_has(served: Manifest, client: TestClient) -> None:
    gallery = active(client)
    classifier = Classifier(gallery.active.bundle, opened(client).encoders.text(served))
    found = evaluate(classifier, gallery.features("audio", "video"), CLASSES)
    assert found.clips == CLIPS
    assert set(found.classification) == set(served.channels)
    assert all(0 <= each.stacked.seen <= 1 for each in found.classification.values())
    assert {tuple(name.split("->")) for name in found.retrieval} == set(to_clips(served))
    assert all(0 < each.found.seen <= 1 for each in found.retrieval.values())

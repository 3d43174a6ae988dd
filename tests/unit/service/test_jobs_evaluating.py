"""Evaluations as jobs: figures both ways, of any generation, and two of them paired by query."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from index.corrections import Corrections
from index.galleries import Galleries
from index.reindexing import Rules
from models.bundle.classification import Classifier
from models.bundle.words import key
from models.errors import GenerationNotFound
from models.hubness import RouteBias, biases, corrected, is_sampled
from models.media.cage import Cage
from models.media.limits import Limits
from models.scoring import scores
from service.encoding.encoders import Encoders
from service.evaluations import evaluations
from service.evaluations.evaluation_schemas import EvaluationRequest
from service.jobs import desk
from service.jobs.board import Board
from service.jobs.correcting import Judged
from service.jobs.database import url_of
from service.jobs.evaluating import Evaluate
from service.jobs.examining import subject
from service.jobs.pulse import Pulse
from service.jobs.work import Workshop
from tests.tiny.clips import tiny_clip

ROUTES = {"text->audio", "text->video", "text->av", "audio->video", "video->audio"}


@pytest.fixture
def workshop(own_library: Path) -> Iterator[Workshop]:
    """Of a gallery that was reindexed once: generation 1 is of "tiny", 2 of "other"."""
    galleries = Galleries.open(own_library)
    galleries.get("demo").reindex("other")
    with Cage(Limits(), 1) as cage:
        yield Workshop(galleries, Encoders(own_library / "backbones", cage))
    galleries.close()


def report(workshop: Workshop, **request: Any) -> Any:
    work = Evaluate(workshop, "demo", request, folder=Path("a-job"))
    return work.do(0, work.plan(), Pulse())["found"]["report"]


def test_the_generation_that_is_named_is_evaluated(workshop: Workshop) -> None:
    first, second, active = report(workshop, generation=1), report(workshop, generation=2), report(workshop)
    assert (first["generation"], first["bundle"], second["bundle"]) == (1, "tiny", "other")
    assert active == second != first
    assert set(first["retrieval"]) == ROUTES


def test_retrieval_is_told_with_the_recall_of_its_index(workshop: Workshop) -> None:
    found = report(workshop, routes=["audio->video"])["retrieval"]["audio->video"]["index"]
    assert (found["recall"], found["at"], found["kind"]) == (1.0, 10, "flat")


def test_without_a_bias_of_its_own_a_route_is_told_both_ways_by_one_chosen_on_half_of_the_clips(
    workshop: Workshop,
) -> None:
    found = report(workshop)["retrieval"]
    assert {each["hubness"]["on"] for each in found.values()} == {"validation"}
    by_clips, by_words = (found[f"{query}->video"]["hubness"] for query in ("audio", "text"))
    assert by_clips.keys() == {"on", "chosen", "queries", "plain", "corrected"}
    assert by_clips["chosen"].keys() == {"alpha", "neighbours", "seen"}
    assert set(by_clips["corrected"]["recall"]) == {"1", "5", "10"}
    assert (by_clips["queries"], by_words["queries"]) == (3, 4)
    every_other = ranked_by(workshop, "text->video", among=clips_of_each_class(workshop)[1::2])
    assert by_words["plain"]["by_sample"] == pytest.approx(np.mean(list(every_other.values())))


MIXED = {
    "audio->video": RouteBias(alpha=1.0, neighbours=1),
    "text->video": RouteBias(alpha=0.5, neighbours=1, seen=0.3),
    "text->av": RouteBias(seen=2.0),
}


def test_figures_of_a_corrected_route_are_those_of_what_the_gallery_answers(workshop: Workshop, tmp_path: Path) -> None:
    gallery = workshop.galleries.get("demo")
    extractor = workshop.encoders.extractor(gallery.active.bundle.manifest)
    for tone in (700, 1500):
        clip = tiny_clip(tmp_path / f"{tone}.mp4", seconds=0.5, tone_hz=tone, colour=(tone % 256, 90, 200))
        gallery.add(clip, name=clip.name, labels=["siren flashing"], features=extractor.extract(clip))
    plain = report(workshop)["retrieval"]
    gallery.reindex("other", rules=Rules(tolerance=None), biases=MIXED)
    found = report(workshop)["retrieval"]
    for route in ("text->video", "text->av"):
        expected = ranked_by(workshop, route)
        assert found[route]["by_sample"] == pytest.approx(np.mean(list(expected.values())))
        assert found[route]["by_sample"] != pytest.approx(plain[route]["by_sample"])
    for route, bias in MIXED.items():
        hubness = found[route]["hubness"]
        assert (hubness["on"], hubness["chosen"]) == ("generation", bias.model_dump())
        assert hubness["corrected"]["by_sample"] == pytest.approx(found[route]["by_sample"])
        assert hubness["corrected"]["harmonic"] == pytest.approx(found[route]["by_class"]["harmonic"])
        assert hubness["plain"]["by_sample"] == pytest.approx(plain[route]["by_sample"])
    for route in ROUTES - MIXED.keys():
        assert found[route] == plain[route]


@pytest.mark.parametrize("shift", [0, 1])
def test_a_clip_is_left_out_of_the_bank_that_it_meets(workshop: Workshop, shift: int) -> None:
    gallery, route, bias = workshop.galleries.get("demo"), "video->audio", RouteBias(alpha=1.0, neighbours=1)
    generation = replace(gallery.active, corrections=Corrections(shift=shift, routes={route: bias}))
    there, spec = gallery.features("audio", "video"), generation.bundle.manifest.routes[route]
    asked, items = (generation.bundle.embed(head, {head: there.features[head]}) for head in ("video", "audio"))
    sampled = is_sampled(there.windows, shift)
    precisions = []
    for row in range(len(asked)):
        bank = asked[sampled & (np.arange(len(asked)) != row)]
        off = biases(items, bank, spec.metric, bias.normalisation)
        scored = corrected(scores(asked[row : row + 1], items, spec.metric), off, spec.metric)[0]
        order = [each for each in np.argsort(-scored) if each != row]
        precisions.append(average_precision([there.labels[each][0] == there.labels[row][0] for each in order]))
    judged = Judged(gallery, generation, subject(gallery, generation).examined(workshop.encoders))
    assert judged.precision(route).by_query == pytest.approx(np.array(precisions))
    assert 0 < sampled.sum() <= len(asked) - shift


def test_a_corrected_generation_is_compared_as_it_answers(workshop: Workshop) -> None:
    workshop.galleries.get("demo").reindex("other", rules=Rules(tolerance=None), biases=MIXED)
    found = report(workshop, generation=3, compare_to=2)
    for route, compared in found["comparison"]["retrieval"].items():
        before = report(workshop, generation=2)["retrieval"][route]["by_sample"]
        assert compared["difference"] == pytest.approx(found["retrieval"][route]["by_sample"] - before)
        assert (compared["difference"] != 0) <= (route in MIXED)


def ranked_by(workshop: Workshop, route: str, *, among: list[str] | None = None) -> dict[str, float]:
    """The average precision of each class's words, by what the gallery finds, of all clips or some."""
    gallery = workshop.galleries.get("demo")
    encoder = workshop.encoders.text(gallery.active.bundle.manifest)
    classifier, found = Classifier(gallery.active.bundle, encoder), {}
    for word in {clip.labels[0] for clip in gallery.clips()}:
        hits = gallery.search(route, {"text": classifier.text_features([word])}, k=100)
        found[word] = average_precision(
            [hit.labels[0] == word for hit in hits if hit.clip_id in (among or hit.clip_id)]
        )
    return found


def average_precision(relevant: list[bool]) -> float:
    places = [place for place, each in enumerate(relevant, start=1) if each]
    return float(np.mean([count / place for count, place in enumerate(places, start=1)]))


def clips_of_each_class(workshop: Workshop) -> list[str]:
    """Ids, those of one class side by side, in the order of the report's classes."""
    gallery = workshop.galleries.get("demo")
    classes = [key(each) for each in gallery.active.bundle.manifest.vocabulary]
    there = gallery.features("audio", "video")
    known = [(key(labels[0]), each) for labels, each in zip(there.labels, there.clip_ids, strict=True)]
    first = [label for label, _ in known if label not in classes]
    order = {label: place for place, label in enumerate([*classes, *dict.fromkeys(first)])}
    return [each for _, each in sorted(known, key=lambda pair: order[pair[0]])]


def test_two_generations_are_compared_by_query(workshop: Workshop) -> None:
    gallery = workshop.galleries.get("demo")
    ours, theirs = report(workshop, generation=2), report(workshop, generation=1)
    compared = report(workshop, generation=2, compare_to=1)["comparison"]
    assert (compared["generation"], compared["bundle"]) == (1, "tiny")
    for route, found in compared["retrieval"].items():
        expected = ours["retrieval"][route]["by_sample"] - theirs["retrieval"][route]["by_sample"]
        assert found["difference"] == pytest.approx(expected)
        assert found["interval"][0] <= found["difference"] <= found["interval"][1]
        assert 0 < found["p"] <= 1
        assert found["queries"] == (3 if route.startswith("text->") else len(gallery.clips()))
    assert set(compared["retrieval"]) == ROUTES


def test_a_generation_beside_itself_does_not_differ(workshop: Workshop) -> None:
    compared = report(workshop, compare_to=2)["comparison"]["retrieval"]
    assert {(each["difference"], each["p"]) for each in compared.values()} == {(0.0, 1.0)}


def test_an_evaluation_is_kept_once_however_often_its_last_step_is_taken(workshop: Workshop) -> None:
    work = Evaluate(workshop, "demo", {"routes": ["text->av"]}, folder=Path("a-job"))
    found = work.do(0, work.plan(), Pulse())["found"]
    first, again = (work.finish({}, {}, found) for _ in range(2))
    gallery = workshop.galleries.get("demo")
    assert first == again
    (kept,) = evaluations.listed(gallery).evaluations
    assert (kept.id, kept.job, kept.generation) == (first["evaluation"], "a-job", 2)
    assert kept.request["routes"] == ["text->av"]
    assert evaluations.report(gallery, kept.id).report == found["report"]


def test_a_generation_that_is_not_there_is_refused_at_once(workshop: Workshop, own_library: Path) -> None:
    board = Board(url_of(own_library, None), own_library / "jobs")
    for odd in ({"generation": 7}, {"compare_to": 7}):
        with pytest.raises(GenerationNotFound, match="no generation 7; there are: 1, 2"):
            desk.evaluate(board, workshop.galleries, "demo", EvaluationRequest.model_validate(odd))
    assert board.listed() == []
    board.close()


def test_clips_that_only_one_generation_can_read_are_left_out_of_a_comparison(
    workshop: Workshop, tmp_path: Path
) -> None:
    gallery = workshop.galleries.get("demo")
    extractor = workshop.encoders.extractor(gallery.active.bundle.manifest)
    silent = tiny_clip(tmp_path / "silent.mp4", seconds=0.5, sound=False)
    gallery.add(silent, name="silent.mp4", labels=["dog barking"], features=extractor.extract(silent))
    assert report(workshop, compare_to=1)["clips"] == 6

"""Evaluations as jobs: figures both ways, of any generation, and two of them paired by query."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from index.galleries import Galleries
from models.errors import GenerationNotFound
from models.media.cage import Cage
from models.media.limits import Limits
from service import evaluations
from service.encoders import Encoders
from service.job_schemas import EvaluationRequest
from service.jobs import desk
from service.jobs.board import Board
from service.jobs.database import url_of
from service.jobs.evaluating import Evaluate
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


def test_retrieval_is_told_with_and_without_hubness_correction_and_with_the_recall_of_its_index(
    workshop: Workshop,
) -> None:
    found = report(workshop, routes=["audio->video"])["retrieval"]["audio->video"]
    hubness = found["hubness"]
    assert (hubness["alpha"], hubness["neighbours"], hubness["queries"]) == (0.75, 5, 6)
    assert hubness["plain"]["by_class"] == pytest.approx(
        np.mean([each for each in (found["by_class"]["seen"], found["by_class"]["unseen"]) if each is not None])
    )
    assert set(hubness["corrected"]["recall"]) == {"1", "5", "10"}
    assert (found["index"]["recall"], found["index"]["at"], found["index"]["kind"]) == (1.0, 10, "flat")


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

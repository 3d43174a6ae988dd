"""Reindexing and compacting as jobs: in steps that another worker goes on with, and given up without a trace."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from index.galleries import Galleries
from index.gallery import Gallery
from models.errors import Conflict, SpaceMismatch
from models.media.cage import Cage
from models.media.limits import Limits
from service.encoding.encoders import Encoders
from service.jobs import desk
from service.jobs.board import Board
from service.jobs.compacting import Compact
from service.jobs.database import url_of
from service.jobs.job_schemas import ReindexRequest
from service.jobs.pulse import Pulse
from service.jobs.reindexing import STEP, Reindex
from service.jobs.work import Workshop
from service.schemas import Document
from tests.tiny.clips import tiny_clip
from tests.unit.index.world import path_of
from tests.unit.service.waiting import until, worker_process
from tests.unit.service.worlds import with_new_ears


@contextmanager
def opened(library: Path) -> Iterator[Workshop]:
    """What a worker's process has: another one for every block."""
    galleries = Galleries.open(library)
    with Cage(Limits(), 1) as cage:
        yield Workshop(galleries, Encoders(library / "backbones", cage), kept=1)
    galleries.close()


def job(workshop: Workshop, folder: Path, **request: object) -> Reindex:
    return Reindex(workshop, "demo", request, folder=folder / "a-job")


def states(gallery: Gallery) -> list[tuple[int, str]]:
    return [(each.number, each.state) for each in gallery.generations()]


def add(workshop: Workshop, folder: Path, count: int) -> None:
    """So many more clips."""
    gallery = workshop.galleries.get("demo")
    extractor = workshop.encoders.extractor(gallery.active.bundle.manifest)
    for number in range(count):
        path = tiny_clip(folder / f"{number}.mp4", seconds=0.5, tone_hz=500.0 + 10 * number)
        gallery.add(path, name=path.name, labels=["more"], features=extractor.extract(path))


def test_every_step_may_be_taken_by_another_process_and_all_make_one_generation(
    own_library: Path, tmp_path: Path
) -> None:
    with_new_ears(own_library)
    with opened(own_library) as workshop:
        add(workshop, tmp_path, STEP)
        plan = job(workshop, tmp_path, bundle="new-ears").plan()
    assert (plan["parts"], plan["steps"], plan["items"]) == (2, 4, 22 + 22 * 3 + 1)
    counts: dict[int, Document] = {}
    for number in (0, 0, 1, 2, 2, 3, 3):
        with opened(own_library) as workshop:
            outcome = job(workshop, tmp_path, bundle="new-ears").do(number, plan, Pulse())
            counts |= {number: outcome["counts"]}
            assert states(workshop.galleries.get("demo"))[1:] in ([], [(2, "building")], [(2, "ready")])
    assert counts == {
        0: {"completed": STEP, "failed": 0},
        1: {"completed": 6, "failed": 0},
        2: {"embedded": 66},
        3: {"switched": 1},
    }
    with opened(own_library) as workshop:
        result = job(workshop, tmp_path, bundle="new-ears").finish(plan, {"completed": 22}, {})
        assert result == {"generation": 2, "bundle": "new-ears", "windows": 22, "completed": 22, "failed": 0}
        assert states(workshop.galleries.get("demo")) == [(1, "ready"), (2, "ready")]


def test_clips_that_come_while_it_builds_are_in_it(own_library: Path, tmp_path: Path) -> None:
    with_new_ears(own_library)
    with opened(own_library) as workshop:
        work = job(workshop, tmp_path, bundle="new-ears")
        plan = work.plan()
        for number in range(plan["steps"] - 1):
            work.do(number, plan, Pulse())
        add(workshop, tmp_path, 2)
        work.do(plan["steps"] - 1, plan, Pulse())
        active = workshop.galleries.get("demo").active
        assert (active.number, {len(each) for each in active.tables.values()}) == (2, {8})


def test_a_clip_that_comes_at_the_moment_of_the_switch_is_found(own_library: Path, tmp_path: Path) -> None:
    with_new_ears(own_library)
    with opened(own_library) as workshop:
        gallery = workshop.galleries.get("demo")
        before, extracting = gallery.active, workshop.encoders.extracting
        work = job(workshop, tmp_path, bundle="new-ears")
        plan = work.plan()
        for number in range(plan["steps"]):
            work.do(number, plan, Pulse())
        path = tiny_clip(tmp_path / "late.mp4", seconds=0.5)
        features = extracting(before.bundle.manifest)(path)
        gallery.add(path, name="late.mp4", labels=[], features=features, generation=before, extractor=extracting)
        assert {len(each) for each in gallery.active.tables.values()} == {7}


def test_a_clip_that_cannot_be_read_any_more_stops_it_unless_it_is_forced(own_library: Path, tmp_path: Path) -> None:
    with_new_ears(own_library)
    with opened(own_library) as workshop:
        gallery = workshop.galleries.get("demo")
        path_of(gallery.media(gallery.clips()[0].id)).write_bytes(b"not what it was")
        path_of(gallery.media(gallery.clips()[1].id)).unlink()
        work = job(workshop, tmp_path, bundle="new-ears")
        plan = work.plan()
        outcome = work.do(0, plan, Pulse())
        assert outcome["counts"] == {"completed": 4, "failed": 2}
        assert {(each["item"], each["code"]) for each in outcome["errors"]} == {
            (each.id, "media-invalid") for each in gallery.clips()[:2]
        }
        work.do(1, plan, Pulse())
        with pytest.raises(SpaceMismatch, match="2 clips would not be found by 'new-ears'"):
            work.do(2, plan, Pulse())
        assert states(gallery) == [(1, "ready")]
        forced = job(workshop, tmp_path, bundle="new-ears", force=True)
        for number in range(3):
            forced.do(number, forced.plan(), Pulse())
        assert {len(each) for each in gallery.active.tables.values()} == {4, 6}


def test_whoever_was_overtaken_fails_and_leaves_nothing(own_library: Path, tmp_path: Path) -> None:
    with opened(own_library) as workshop:
        work = job(workshop, tmp_path, bundle="other")
        plan = work.plan()
        work.do(0, plan, Pulse())
        workshop.galleries.get("demo").reindex("tiny")
        with pytest.raises(Conflict):
            work.do(1, plan, Pulse())
        assert workshop.galleries.get("demo").active.number == 3
        assert (2, "building") not in states(workshop.galleries.get("demo"))


def test_a_cancelled_reindexing_is_forgotten_and_its_worker_cannot_switch_to_it(
    own_library: Path, tmp_path: Path
) -> None:
    board = Board(url_of(own_library, None), own_library / "jobs")
    with opened(own_library) as workshop:
        gallery = workshop.galleries.get("demo")
        asked = desk.reindex(board, workshop.galleries, "demo", ReindexRequest(bundle="other"))
        work = Reindex(workshop, "demo", asked.request, folder=board.folder(asked.id))
        plan = work.plan()
        work.do(0, plan, Pulse())
        assert states(gallery) == [(1, "ready"), (2, "building")]
        assert desk.cancel(board, workshop.galleries, asked.id).state == "cancelled"
        assert states(gallery) == [(1, "ready")]
        with pytest.raises(Conflict, match="given up"):
            work.do(1, plan, Pulse())
        assert gallery.active.number == 1
    board.close()


def test_building_is_a_sign_of_life(own_library: Path, tmp_path: Path) -> None:
    pulse = Pulse()
    with opened(own_library) as workshop:
        work = job(workshop, tmp_path, bundle="other")
        plan = work.plan()
        pulse.planned(plan["items"])
        before = pulse.beats
        work.do(0, plan, pulse)
        assert pulse.done == plan["windows"] == 18
        assert pulse.beats > before + 3


def test_compacting_keeps_what_is_there_and_the_generation(own_library: Path, tmp_path: Path) -> None:
    with opened(own_library) as workshop:
        gallery = workshop.galleries.get("demo")
        gallery.remove(gallery.clips()[0].id)
        work, before = Compact(workshop, "demo"), gallery.active
        plan = work.plan()
        outcome = work.do(0, plan, Pulse())
        assert (plan["items"], outcome["counts"]) == (15, {"embedded": 15})
        assert work.finish(plan, {}, {}) == {"generation": 1, "vectors": 15}
        assert gallery.active is not before


def test_a_killed_worker_is_followed_by_one_that_ends_the_same_generation(own_library: Path, tmp_path: Path) -> None:
    with_new_ears(own_library)
    board = Board(url_of(own_library, None), own_library / "jobs")
    with opened(own_library) as workshop:
        add(workshop, tmp_path, 3 * STEP)
        asked = desk.reindex(board, workshop.galleries, "demo", ReindexRequest(bundle="new-ears"))
    with worker_process(own_library, tmp_path) as process:
        until(board, asked.id, lambda job: job.progress.done >= STEP)
        process.kill()
        process.wait()
    with worker_process(own_library, tmp_path):
        ended = until(board, asked.id)
    assert (ended.state, ended.error_count) == ("done", 0)
    with opened(own_library) as workshop:
        assert states(workshop.galleries.get("demo")) == [(1, "ready"), (2, "ready")]
        assert workshop.galleries.get("demo").summary().bundle == "new-ears"
    board.close()

"""Jobs by the Python client: asked for, watched, cancelled, retried, and what came of them."""

from collections.abc import Iterator
from pathlib import Path
from shutil import copytree

import pytest

from service.app import create_app
from service.settings import Settings
from sightsound import Client, Only, ServiceRefused
from sightsound.job_answers import Job
from tests.tiny.clips import tiny_clip
from tests.unit.service.running import running
from tests.unit.service.waiting import PATIENCE_S


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with two clips and what is none."""
    folder = tmp_path_factory.mktemp("root")
    for number in range(2):
        tiny_clip(folder / "some" / f"{number}.mp4", seconds=0.5, tone_hz=500.0 + 90 * number)
    (folder / "some" / "odd.mp4").write_bytes(b"no clip")
    return folder


@pytest.fixture(scope="module")
def working(pristine: Path, root: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    """A client of a service that does its jobs."""
    own = copytree(pristine, tmp_path_factory.mktemp("working") / "library")
    app = create_app(Settings(data=Path(own), job_workers=1, ingest_root=root))
    with running(app) as address, Client(address) as client:
        yield client


@pytest.fixture
def idle(own_library: Path) -> Iterator[Client]:
    """A client of a service that leaves jobs to others, of whom there are none."""
    with running(create_app(Settings(data=own_library, job_workers=0))) as address, Client(address) as client:
        yield client


def result(client: Client, job: Job) -> dict[str, object]:
    """What comes of a job."""
    ended = client.jobs.wait(job.id, timeout_s=PATIENCE_S)
    assert (ended.state, ended.failure) == ("done", None)
    assert ended.result is not None
    return ended.result


def test_a_folder_of_the_server_comes_in_and_what_could_not_is_told(working: Client) -> None:
    seen: list[Job] = []
    job = working.jobs.ingest("demo", "some", labels=["more"])
    ended = working.jobs.wait(job.id, timeout_s=PATIENCE_S, show=seen.append)
    assert (ended.result, ended.progress.done) == ({"added": 2, "known": 0, "failed": 1}, 3)
    assert [(each.item, each.code) for each in ended.errors] == [("odd.mp4", "media-invalid")]
    assert seen[-1] == ended
    assert [each.has_ended for each in seen] == [False] * (len(seen) - 1) + [True]
    again = working.jobs.retry(job.id)
    assert working.jobs.wait(again.id, timeout_s=PATIENCE_S).result == {"added": 0, "known": 2, "failed": 1}


def test_files_of_ones_own_come_in_by_a_job(working: Client, root: Path, tmp_path: Path) -> None:
    own = tiny_clip(tmp_path / "own.mp4", seconds=0.5, tone_hz=1234.0)
    assert result(working, working.jobs.upload("demo", [own], labels=["mine", "yours"]))["added"] == 1
    assert [each.labels for each in working.clips("demo", label="mine")] == [("mine", "yours")]


def test_a_gallery_is_compacted_reindexed_evaluated_and_goes_back(working: Client) -> None:
    assert result(working, working.jobs.compact("demo"))["generation"] == 1
    assert result(working, working.jobs.reindex("demo", "other", force=True))["bundle"] == "other"
    found = result(working, working.jobs.evaluate("demo", ["text->av"], compare_to=1))
    (kept,) = working.evaluations("demo")
    report = working.evaluation("demo", kept.id)
    assert b"<svg" in working.evaluation_plot("demo", kept.id, "curves")
    some = result(working, working.jobs.evaluate("demo", ["text->av"], only=Only(label=["dog barking"])))
    assert some["clips"] == 2
    assert (found["evaluation"], kept.generation) == (kept.id, 2)
    assert (list(report.report["retrieval"]), report.report["comparison"]["generation"]) == (["text->av"], 1)
    assert working.roll_back("demo").generation == 1


def test_jobs_are_listed_by_state_and_cancelled(idle: Client) -> None:
    first, second = idle.jobs.compact("demo"), idle.jobs.compact("demo")
    assert [each.id for each in idle.jobs.listed()] == [second.id, first.id]
    assert idle.jobs.cancel(first.id).state == "cancelled"
    assert [each.id for each in idle.jobs.listed(state="queued", limit=5)] == [second.id]
    with pytest.raises(ServiceRefused, match="is cancelled, expected one that is queued or running"):
        idle.jobs.cancel(first.id)
    with pytest.raises(ServiceRefused, match="no job 'none'"):
        idle.jobs.get("none")


def test_who_waits_for_a_job_that_nobody_does_waits_only_so_long(idle: Client) -> None:
    job = idle.jobs.compact("demo")
    with pytest.raises(TimeoutError, match=r"is queued after 0\.3 s"):
        idle.jobs.wait(job.id, timeout_s=0.3)

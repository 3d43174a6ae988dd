"""Maps of evaluations: drawn by a job, kept, read and deleted with the evaluation."""

import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from models.bundle.manifest import RouteSpec
from models.errors import InvalidInput
from models.types import Metric
from service.app import create_app
from service.evaluations.mapping import shared_heads
from service.settings import Settings
from tests.tiny.bundles import CLASSES, ROUTES, SEEN
from tests.unit.service.asking import DEMO, OWN, refused
from tests.unit.service.test_jobs_routes import ended

ALL = f"{DEMO}/evaluations"


@pytest.fixture(scope="module")
def working(pristine: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    """A service that does jobs, over a library of its own."""
    folder = shutil.copytree(pristine, tmp_path_factory.mktemp("working") / "library")
    with TestClient(create_app(Settings(data=folder, job_workers=1)), OWN) as client:
        yield client


def evaluated(client: TestClient, **request: object) -> int:
    job = ended(client, client.post(ALL, json={"routes": ["text->video"], **request}))
    assert job["state"] == "done", job["failure"]
    assert job["progress"]["done"] == job["progress"]["total"]
    return int(job["result"]["evaluation"])


def test_a_map_has_the_sound_and_pictures_of_every_clip_and_the_words_of_every_class(working: TestClient) -> None:
    number = evaluated(working, map=True)
    found = working.get(f"{ALL}/{number}/map").json()
    assert (found["gallery"], found["generation"], found["bundle"], found["method"]) == ("demo", 1, "tiny", "t-SNE")
    assert [(each["name"], each["seen"]) for each in found["classes"]] == [(each, each in SEEN) for each in CLASSES]
    assert [each["windows"] for each in found["classes"]] == [2, 2, 2, 0]
    assert [each["apart"] is None for each in found["classes"]] == [False, False, False, True]
    clips = {each["id"]: each["labels"][0] for each in working.get(f"{DEMO}/clips").json()["clips"]}
    assert {each["clip_id"]: CLASSES[each["of"]] for each in found["windows"]} == clips
    assert found["evaluated"] == len(clips)
    places = [point for each in found["windows"] for point in (each["audio"], each["video"])]
    places += [each["text"] for each in found["classes"]]
    assert all(-1 <= number <= 1 for point in places for number in point)
    assert len({tuple(point) for point in places}) == len(places)
    listed = {each["id"]: each["request"]["map"] for each in working.get(ALL).json()["evaluations"]}
    assert listed[number] is True


def test_a_map_goes_with_its_evaluation(working: TestClient) -> None:
    number = evaluated(working, map=True)
    assert working.get(f"{ALL}/{number}/map").status_code == 200
    board = working.app.state.resources.board  # type: ignore[attr-defined]
    job = working.get(f"{ALL}/{number}").json()["job"]
    assert not board.folder(job).exists()
    assert working.delete(f"{ALL}/{number}").status_code == 204
    refused(working.get(f"{ALL}/{number}/map"), 404, "map-not-found", str(number))


def test_an_evaluation_that_was_asked_for_no_map_has_none(working: TestClient) -> None:
    refused(working.get(f"{ALL}/{evaluated(working)}/map"), 404, "map-not-found")


def test_without_its_library_a_map_is_refused_before_any_job(
    working: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "openTSNE", None)
    before = working.get("/v1/jobs").json()["jobs"]
    refused(working.post(ALL, json={"map": True}), 503, "dependency-missing", "pip install 'sightsound[map]'")
    assert working.get("/v1/jobs").json()["jobs"] == before


def test_heads_of_one_space_are_those_whose_vectors_a_route_compares() -> None:
    found = shared_heads(ROUTES)
    assert (found.names, found.metric) == ({"audio": "audio", "video": "video", "text": "text"}, Metric.EUCLIDEAN)
    assert list(shared_heads({"text->audio": ROUTES["text->audio"]}).names) == ["audio", "text"]
    assert list(shared_heads({"video->audio": ROUTES["video->audio"]}).names) == ["audio", "video"]
    with pytest.raises(InvalidInput, match="no route between"):
        shared_heads({"av->text": RouteSpec(query="av", gallery="text_av", metric=Metric.INNER)})

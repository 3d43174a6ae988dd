"""Jobs over HTTP: asked for, watched, and what became of the clips."""

import json
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from service.app import create_app
from service.settings import Settings
from tests.tiny.clips import tiny_clip
from tests.unit.service.asking import DEMO, OWN, refused

INGEST, UPLOAD = f"{DEMO}/jobs/ingest", f"{DEMO}/jobs/upload"


def fill(folder: Path, label: str, tone_hz: float) -> None:
    """Two clips that show something, a third one, a bad one, and files that are none of the service's business."""
    for number, name in enumerate((f"{label}/low.mp4", f"{label}/deeper/high.mp4", "plain.mp4")):
        tiny_clip(folder / name, seconds=0.5, tone_hz=tone_hz + 100 * number)
    (folder / "broken.mp4").write_bytes(b"no clip at all")
    (folder / "notes.txt").write_text("no clip either")
    (folder / ".hidden.mp4").write_bytes(b"hidden")


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the service may read."""
    folder = tmp_path_factory.mktemp("root")
    fill(folder / "clips", "bell", 900.0)
    return folder


@pytest.fixture(scope="module")
def working(pristine: Path, root: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    """A service that does jobs, over a library of its own."""
    folder = shutil.copytree(pristine, tmp_path_factory.mktemp("working") / "library")
    with TestClient(create_app(Settings(data=folder, ingest_root=root, job_workers=1)), OWN) as client:
        yield client


def events(client: TestClient, job_id: str) -> list[tuple[str, Any]]:
    """Every event of a job, with its name."""
    answer = client.get(f"/v1/jobs/{job_id}/events")
    assert answer.headers["content-type"].startswith("text/event-stream")
    hint, *parts = [each.split("\n") for each in answer.text.strip().split("\n\n")]
    assert hint == ["retry: 1000"]
    return [(name.removeprefix("event: "), json.loads(text.removeprefix("data: "))) for name, _, text in parts]


def ended(client: TestClient, answer: Any) -> Any:
    """The job that was asked for, when it has ended."""
    assert answer.status_code == 202, answer.text
    assert answer.headers["location"] == f"/v1/jobs/{answer.json()['id']}"
    return events(client, answer.json()["id"])[-1][1]


def test_a_folder_is_ingested_and_a_bad_file_is_an_error_of_its_own(working: TestClient, root: Path) -> None:
    fill(root / "new", "gong", 1200.0)  # which no other test ingests: tests may come in any order
    job = ended(working, working.post(INGEST, json={"source": "new", "labels": ["mine"]}))
    assert (job["state"], job["result"]) == ("done", {"added": 3, "known": 0, "failed": 1})
    assert [(each["item"], each["code"]) for each in job["errors"]] == [("broken.mp4", "media-invalid")]
    labels = working.get(DEMO).json()["labels"]
    assert (labels["mine"], labels["gong"]) == (3, 2)
    again = ended(working, working.post(f"/v1/jobs/{job['id']}/retry"))
    assert again["result"] == {"added": 0, "known": 3, "failed": 1}


def test_a_csv_is_ingested_with_its_labels(working: TestClient, root: Path) -> None:
    tiny_clip(root / "tables" / "a.mp4", seconds=0.5, tone_hz=1500.0)
    rows = (
        "path,label,metadata\n"
        'a.mp4,siren; loud,"{""year"": 1999}"\n'
        "missing.mp4,siren,\n,siren,\n../clips/plain.mp4,again,\na.mp4,siren,[1]\n"
    )
    (root / "tables" / "list.csv").write_text(rows)
    job = ended(working, working.post(INGEST, json={"source": "tables/list.csv"}))
    assert job["result"]["failed"] == 3
    assert job["result"]["added"] + job["result"]["known"] == 2
    assert [each["item"] for each in job["errors"]] == ["missing.mp4", "row 3", "a.mp4"]
    assert job["errors"][2]["detail"] == "the metadata of row 5 of list.csv is no JSON object"
    assert working.get(DEMO).json()["labels"]["loud"] == 1


def test_a_csv_with_other_columns_fails_the_job_and_says_which(working: TestClient, root: Path) -> None:
    (root / "odd.csv").write_text("file,label\na.mp4,b\n")
    job = ended(working, working.post(INGEST, json={"source": "odd.csv"}))
    assert (job["state"], job["failure"]) == (
        "failed",
        "odd.csv has the columns file, label; expected path, label and perhaps split and metadata",
    )


@pytest.mark.parametrize("source", ["..", "/etc", "clips/../..", "nowhere", "clips/notes.txt"])
def test_a_source_outside_of_the_root_or_of_another_kind_is_refused(working: TestClient, source: str) -> None:
    refused(working.post(INGEST, json={"source": source}), 422, "query-invalid", repr(source), "ingest_root")


def test_a_link_that_leads_out_of_the_root_is_an_error(working: TestClient, root: Path, clip: Path) -> None:
    (root / "links").mkdir()
    (root / "links" / "out.mp4").symlink_to(clip)
    job = ended(working, working.post(INGEST, json={"source": "links"}))
    assert job["result"] == {"added": 0, "known": 0, "failed": 1}


def test_without_a_root_only_uploads_are_taken(client: TestClient) -> None:
    refused(client.post(INGEST, json={"source": "clips"}), 422, "query-invalid", "ingest_root is not set")


def test_uploads_are_ingested_and_their_copies_let_go(working: TestClient, root: Path, tmp_path: Path) -> None:
    clips = [tiny_clip(tmp_path / f"{n}.mp4", seconds=0.5, tone_hz=2000.0 + 100 * n) for n in range(2)]
    files = [("files", (each.name, each.read_bytes(), "video/mp4")) for each in clips]
    job = ended(working, working.post(UPLOAD, files=files, data={"labels": ["up", "loaded"]}))
    assert (job["result"], job["errors"]) == ({"added": 2, "known": 0, "failed": 0}, [])
    assert working.get(DEMO).json()["labels"]["loaded"] == 2
    assert not working.app.state.resources.board.folder(job["id"]).exists()  # type: ignore[attr-defined]


def test_reindexing_as_a_job_switches_the_generation(working: TestClient) -> None:
    before = working.get(DEMO).json()["generation"]
    job = ended(working, working.post(f"{DEMO}/jobs/reindex", json={"bundle": "other"}))
    assert (job["result"]["generation"], job["result"]["bundle"]) == (before + 1, "other")
    assert working.get(DEMO).json()["bundle"] == "other"


def test_an_evaluation_is_a_job_and_a_resource(working: TestClient) -> None:
    bundle = working.get(DEMO).json()["bundle"]
    job = ended(working, working.post(f"{DEMO}/evaluations", json={"routes": ["audio->video"]}))
    found = working.get(f"{DEMO}/evaluations/{job['result']['evaluation']}").json()
    assert (found["job"], found["protocol"], found["gallery"]) == (job["id"], "gallery@1", "demo")
    report = found.pop("report")
    listed = working.get(f"{DEMO}/evaluations").json()["evaluations"]
    assert [found.items() <= each.items() for each in listed if each["id"] == found["id"]] == [True]
    assert job["result"].items() >= {"evaluation": found["id"], "clips": report["clips"], "bundle": bundle}.items()
    assert job["result"]["retrieval"] == {"audio->video": report["retrieval"]["audio->video"]["by_class"]}
    assert job["result"]["classification"]["av"].items() < report["classification"]["av"].items()
    assert len(json.dumps(job["result"])) < 1_000
    assert report["retrieval"].keys() == {"audio->video"}
    assert report["classification"].keys() == {"audio", "video", "av"}
    found = report["retrieval"]["audio->video"]
    assert 0 <= found["interval"][0] <= found["by_sample"] <= found["interval"][1] <= 1


def test_an_evaluation_of_some_clips_has_pictures(working: TestClient) -> None:
    only = {"label": ["dog barking", "bell ringing"]}
    job = ended(working, working.post(f"{DEMO}/evaluations", json={"routes": ["audio->video"], "only": only}))
    address = f"{DEMO}/evaluations/{job['result']['evaluation']}"
    report = working.get(address).json()["report"]
    assert job["result"]["clips"] == report["clips"] == 4
    found = report["retrieval"]["audio->video"]
    assert found["classes"].keys() == {"dog barking", "bell ringing"}
    assert len(found["curve"]) == 11
    assert found["curve"] == sorted(found["curve"], reverse=True)
    address += "/plots"
    for plot in ("precision", "curves", "classes"):
        answer = working.get(f"{address}/{plot}")
        assert answer.headers["content-type"] == "image/svg+xml"
        assert "audio-&gt;video" in answer.text
        assert answer.text == working.get(f"{address}/{plot}").text
    assert "bell ringing" in working.get(f"{address}/classes").text
    assert "share that is relevant" in working.get(f"{address}/calibration").text
    refused(working.get(f"{address}/pie"), 422, "query-invalid", "plot")


def test_an_evaluation_of_no_clip_fails_and_says_why(working: TestClient) -> None:
    job = ended(working, working.post(f"{DEMO}/evaluations", json={"only": {"label": ["nothing"]}}))
    assert job["state"] == "failed"
    assert "no clip that passes the filter" in job["failure"]


def test_pictures_need_matplotlib(working: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    job = ended(working, working.post(f"{DEMO}/evaluations", json={"routes": ["audio->video"]}))
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    address = f"{DEMO}/evaluations/{job['result']['evaluation']}/plots/curves"
    refused(working.get(address), 503, "dependency-missing", "sightsound[plots]")


def test_events_tell_the_whole_job_and_end_with_it(working: TestClient) -> None:
    job = working.post(INGEST, json={"source": "clips"}).json()
    told = events(working, job["id"])
    assert [name for name, _ in told] == ["progress"] * (len(told) - 1) + ["ended"]
    assert {each["id"] for _, each in told} == {job["id"]}
    assert told[-1][1] == working.get(f"/v1/jobs/{job['id']}").json()
    assert told[-1][1]["progress"]["done"] == told[-1][1]["progress"]["total"] == 4


def test_jobs_are_listed_by_state(working: TestClient) -> None:
    for _ in range(2):
        ended(working, working.post(f"{DEMO}/evaluations", json={"routes": ["audio->video"]}))
    every = working.get("/v1/jobs").json()["jobs"]
    assert {each["state"] for each in every} <= {"done", "failed"}
    done = working.get("/v1/jobs", params={"state": "done", "limit": 2}).json()["jobs"]
    assert [each["state"] for each in done] == ["done", "done"]
    assert working.get("/v1/jobs", params={"state": "queued"}).json() == {"jobs": [], "next": None}


def test_where_no_worker_is_jobs_wait_and_can_be_cancelled(own_library: Path) -> None:
    with TestClient(create_app(Settings(data=own_library, job_workers=0)), OWN) as client:
        job = client.post(f"{DEMO}/jobs/reindex").json()
        assert job["state"] == "queued"
        assert client.post(f"/v1/jobs/{job['id']}/cancel").json()["state"] == "cancelled"
        refused(client.post(f"/v1/jobs/{job['id']}/cancel"), 409, "conflict", "is cancelled")


@pytest.mark.parametrize("address", ["/v1/jobs/none", "/v1/jobs/none/events"])
def test_a_job_that_is_not_there_is_refused(client: TestClient, address: str) -> None:
    refused(client.get(address), 404, "job-not-found", "'none'")


def test_an_evaluation_that_is_not_there_is_refused(client: TestClient) -> None:
    refused(client.get(f"{DEMO}/evaluations/99"), 404, "evaluation-not-found", "99")


@pytest.mark.parametrize(
    ("path", "body", "status", "code"),
    [
        ("jobs/reindex", {"bundle": "none"}, 404, "bundle-not-found"),
        ("jobs/reindex", {"bundel": "none"}, 422, "query-invalid"),
        ("jobs/ingest", {}, 422, "query-invalid"),
        ("evaluations", {"routes": ["text->smell"]}, 422, "route-missing"),
        ("evaluations", {"protocol": "gallery@9"}, 422, "query-invalid"),
    ],
)
def test_a_request_that_cannot_be_done_is_refused_at_once(
    client: TestClient, path: str, body: dict[str, Any], status: int, code: str
) -> None:
    refused(client.post(f"{DEMO}/{path}", json=body), status, code)


def test_a_gallery_that_is_not_there_is_refused(client: TestClient) -> None:
    for path in ("jobs/reindex", "evaluations"):
        refused(client.post(f"/v1/galleries/none/{path}"), 404, "gallery-not-found")

"""How the service does, in one answer."""

from pathlib import Path

from starlette.testclient import TestClient

from tests.unit.service.asking import DEMO, SEARCH, upload


def test_the_status_tells_what_there_is_and_what_was_done(own: TestClient, clip: Path) -> None:
    for _ in range(3):
        own.get(f"{SEARCH}?text=bell")
    upload(own, SEARCH, clip, from_="audio")
    own.get("/v1/galleries/none")
    own.post(f"{DEMO}/jobs/compact")
    found, gallery = own.get("/v1/status").json(), own.get(DEMO).json()
    (demo,) = found["galleries"]
    assert (demo["name"], demo["clips"], demo["windows"]) == ("demo", gallery["clips"], gallery["windows"])
    assert [each["route"] for each in demo["routes"]] == gallery["routes"]
    assert {each["recall"]["value"] for each in demo["routes"]} == {1.0}
    assert found["jobs"] == {"compact": {"queued": 1}}
    assert found["lanes"]["interactive"]["taken"] >= 4
    assert found["errors"] == {"gallery-not-found": 1}
    assert found["decodes"] == {"ok": 1}
    assert found["caches"]["text_vectors"] == {"found": {"made": 1, "memory": 2}}
    assert found["stages"]["search"]["count"] == 4
    assert found["routes"]["GET /v1/galleries/{gallery}/search"]["count"] == 3
    for each in (*found["stages"].values(), *found["routes"].values()):
        assert 0 <= each["p50_ms"] <= each["p90_ms"] <= each["p99_ms"]
    assert found["in_progress"] == 1
    assert found["data_free_bytes"] > 0
    assert found["uptime_s"] > 0


def test_the_status_names_no_path_of_the_machine(own: TestClient, own_library: Path) -> None:
    answer = own.get("/v1/status").text
    assert str(own_library) not in answer
    assert str(own_library.parent) not in answer


def test_latencies_are_of_the_latest(own: TestClient) -> None:
    recent = own.app.state.instruments.recent  # type: ignore[attr-defined]
    for _ in range(1030):
        own.get("/livez")
    assert recent.routes()["GET /livez"].count == 1024

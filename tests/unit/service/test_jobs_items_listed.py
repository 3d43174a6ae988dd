"""Ingest jobs over a list of clips, each by its path below the folder that jobs may read, or by its URL."""

import ssl
from collections.abc import Iterator
from dataclasses import replace
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from index.galleries import Galleries
from models.errors import FetchRefused, QueryInvalid
from models.media.cage import Cage
from models.media.limits import Limits
from service.app import create_app
from service.encoding.encoders import Encoders
from service.incoming.fetching import Fetcher, FetchRules
from service.jobs import items
from service.jobs.ingesting import FETCHED, Ingest
from service.jobs.job_schemas import IngestItem
from service.jobs.pulse import Pulse
from service.jobs.reaching import Reach, wanted
from service.jobs.work import Workshop
from service.schemas import Document
from service.settings import Settings
from tests.tiny.clips import tiny_clip
from tests.tiny.https_server import HOST, HttpsServer, answered, https_server, make_certificate
from tests.unit.service.asking import DEMO, OWN, refused
from tests.unit.service.waiting import until

HERE = ip_address("127.0.0.1")
INGEST = f"{DEMO}/jobs/ingest"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """What jobs may read: two clips, and beside it one that is none of their business."""
    for number, name in enumerate(("root/a.mp4", "root/deep/b.mp4", "outside.mp4")):
        tiny_clip(tmp_path / name, seconds=0.5, tone_hz=1100.0 + 100 * number)
    return tmp_path / "root"


@pytest.fixture
def server(tmp_path: Path, clip: Path) -> Iterator[HttpsServer]:
    with https_server(make_certificate(tmp_path)) as found:
        found.answers["/clip%20one.mp4"] = answered(clip.read_bytes())
        found.answers["/broken.mp4"] = answered(b"no clip")
        found.answers["/nothing.mp4"] = answered(b"", status=404)
        yield found


@pytest.fixture
def fetcher(server: HttpsServer, tmp_path: Path) -> Fetcher:
    """One to which the test's server is the internet."""
    tls = ssl.create_default_context(cafile=str(next(tmp_path.glob("*.pem"))))
    rules = FetchRules(on=True, ports=(server.port,), limit_s=30)
    return Fetcher(rules, resolve=lambda host, port: (HERE,), allowed=lambda address: address == HERE, tls=tls)


def test_clips_by_path_are_ingested_with_what_is_said_of_each(own_library: Path, root: Path) -> None:
    asked = {
        "items": [
            {"path": "a.mp4", "name": "first", "labels": ["one"], "metadata": {"year": 1999}},
            {"path": "deep/b.mp4"},
            {"path": "missing.mp4"},
        ],
        "labels": ["all"],
    }
    app = create_app(Settings(data=own_library, ingest_root=root, job_workers=1))
    with TestClient(app, OWN) as client:
        answer = client.post(INGEST, json=asked)
        assert answer.status_code == 202, answer.text
        assert answer.json()["request"] == {"source": None, "items": 3, "labels": ["all"]}
        job = until(app.state.resources.board, answer.json()["id"])
        assert job.result == {"added": 2, "known": 0, "failed": 1}
        assert [(each.item, each.code) for each in job.errors] == [("missing.mp4", "media-invalid")]
        clips = client.get(f"{DEMO}/clips", params={"label": "all"}).json()["clips"]
        assert [(each["name"], each["labels"], each["metadata"]) for each in clips] == [
            ("first", ["one", "all"], {"year": 1999}),
            ("deep/b.mp4", ["all"], {}),
        ]


@pytest.mark.parametrize("path", ["../outside.mp4", "/etc/passwd", "deep/../../outside.mp4", "https://a/b", "a\0b"])
def test_a_path_that_leads_out_is_refused_at_once(root: Path, path: str) -> None:
    with pytest.raises(QueryInvalid, match="ingest_root"):
        wanted([IngestItem(path="a.mp4"), IngestItem(path=path)], Reach(root))


def test_what_is_off_is_refused_and_says_which_setting_turns_it_on(client: TestClient) -> None:
    refused(client.post(INGEST, json={"items": [{"path": "a.mp4"}]}), 422, "query-invalid", "ingest_root")
    asked = {"items": [{"url": "https://example.org/clip.mp4"}]}
    refused(client.post(INGEST, json=asked), 422, "fetch-refused", "fetch_urls")


@pytest.mark.parametrize(
    "odd",
    [
        {},
        {"source": "x", "items": [{"path": "a"}]},
        {"items": []},
        {"items": [{}]},
        {"items": [{"path": "a", "url": "https://example.org/a"}]},
        {"items": [{"path": "a", "other": 1}]},
        {"items": [{"path": "a"}] * 10_001},
        {"items": [{"path": "a", "metadata": []}]},
    ],
)
def test_a_request_that_says_nothing_or_too_much_is_refused(client: TestClient, odd: Any) -> None:
    refused(client.post(INGEST, json=odd), 422, "query-invalid")


def test_a_url_that_may_not_be_fetched_is_refused_when_it_is_asked_for(own_library: Path) -> None:
    settings = Settings(data=own_library, job_workers=0, fetch_urls=True, fetch_hosts=("example.org",))
    with TestClient(create_app(settings), OWN) as client:
        for url in ("http://example.org/a.mp4", "https://other.org/a.mp4", "https://x:y@example.org/a", "nothing"):
            refused(client.post(INGEST, json={"items": [{"url": url}]}), 422, "fetch-refused")
        assert client.get("/v1/jobs").json()["jobs"] == []
        assert not (own_library / "jobs").exists() or not list((own_library / "jobs").iterdir())


def test_clips_by_url_are_fetched_when_it_is_their_turn_and_not_kept_twice(
    own_library: Path, tmp_path: Path, server: HttpsServer, fetcher: Fetcher
) -> None:
    asked = [
        IngestItem(url=server.url("/clip%20one.mp4"), labels=("far",)),
        IngestItem(url=server.url("/broken.mp4"), name="odd"),
        IngestItem(url=server.url("/nothing.mp4")),
    ]
    galleries, folder = Galleries.open(own_library), tmp_path / "job"
    found = wanted(asked, Reach(None, fetcher))
    assert server.asked == []
    items.write(found, folder)
    with Cage(Limits(), 1) as cage:
        shop = Workshop(galleries, Encoders(own_library / "backbones", cage), fetcher=fetcher)
        request: Document = {"source": None, "items": 3, "labels": []}
        ingest = Ingest(shop, "demo", request, folder=folder)
        plan = ingest.plan()
        done = ingest.do(0, plan, Pulse())
        assert done["counts"] == {"added": 1, "failed": 2}
        told = {each["item"]: each["code"] for each in done["errors"]}
        assert told == {"odd": "media-invalid", "nothing.mp4": "fetch-failed"}
        assert not (folder / FETCHED).exists()
        clips = [clip for clip in galleries.get("demo").clips() if "far" in clip.labels]
        assert [clip.name for clip in clips] == ["clip one.mp4"]
        assert ingest.do(0, plan, Pulse())["counts"] == {"known": 1, "failed": 2}
        off = Ingest(replace(shop, fetcher=None), "demo", request, folder=folder).do(0, plan, Pulse())
        assert {each["code"] for each in off["errors"]} == {FetchRefused("").code}
    galleries.close()
    assert HOST in server.url("/")

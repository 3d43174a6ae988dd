"""Answers without bodies: a HEAD is its GET without one, and what is known is not sent again."""

from pathlib import Path
from threading import Thread

import pytest
from starlette.testclient import TestClient
from starlette.types import Receive, Scope, Send

from service.app import create_app
from service.callers.scopes import SCOPES
from service.settings import Settings
from tests.unit.service.asking import DEMO, OWN, SEARCH

DIFFERING = {"x-request-id", "date", "last-modified"}
READ = sorted(route.removeprefix("GET ") for route in SCOPES if route.startswith("GET ") and "job_id" not in route)


def _address(client: TestClient, template: str) -> str:
    """An address of that template, of something that there is where the library has such."""
    clip = client.get(f"{DEMO}/clips").json()["clips"][0]["id"]
    there = {"gallery": "demo", "clip_id": clip, "number": "1", "code": "not-found", "path:path": "app.js"}
    path = template.replace("/bundles/{name}", "/bundles/tiny")
    for name, value in there.items():
        path = path.replace(f"{{{name}}}", value)
    return path.replace("{name}", "none").replace("{evaluation_id}", "none").replace("{plot}", "none")


@pytest.mark.parametrize("template", READ)
def test_a_head_is_answered_as_its_get_without_a_body(client: TestClient, template: str) -> None:
    address = _address(client, template) + ("?text=bell" if template.endswith("search") else "")
    whole, head = client.get(address), client.head(address)
    assert head.content == b""
    assert head.status_code == whole.status_code
    told, expected = dict(head.headers), dict(whole.headers)
    if template.endswith("/archive"):  # which is made anew each time
        told["etag"] = expected["etag"]
    if template in ("/metrics", "/v1/status", "/readyz") or template.endswith("search"):  # which are of the moment
        told["content-length"] = expected["content-length"]
    assert {name: told.get(name) for name in expected.keys() - DIFFERING} == {
        name: value for name, value in expected.items() if name not in DIFFERING
    }


def test_a_head_of_what_cannot_be_read_is_refused(client: TestClient) -> None:
    assert client.head("/v1/galleries/none").status_code == 404
    assert client.head(f"{DEMO}/reindex").status_code == 405
    assert client.head(f"{SEARCH}?k=0").status_code == 422
    assert client.head("/nothing").content == b""


@pytest.mark.parametrize("version", ["2.3", "2.4"])
def test_a_head_of_a_jobs_events_does_not_wait_for_its_end(own_library: Path, version: str) -> None:
    app = create_app(Settings(data=own_library, job_workers=0))

    async def serve(scope: Scope, receive: Receive, send: Send) -> None:
        await app({**scope, "asgi": {"version": "3.0", "spec_version": version}}, receive, send)

    with TestClient(serve, OWN) as client:
        job = client.post(f"{DEMO}/jobs/compact").json()["id"]
        found: list[int] = []
        asking = Thread(target=lambda: found.append(client.head(f"/v1/jobs/{job}/events").status_code), daemon=True)
        asking.start()
        asking.join(20)
        assert found == [200]


@pytest.mark.parametrize("known", ["{}", "W/{}", '"a", {}', "*", ' "a",{},"b" '])
@pytest.mark.parametrize("kind", ["gallery", "media", "page"])
def test_what_is_known_is_not_sent_again(client: TestClient, known: str, kind: str) -> None:
    media = client.get(f"{DEMO}/clips").json()["clips"][0]["media"]
    address = {"gallery": DEMO, "media": media, "page": "/web/modules/api.js"}[kind]
    tag = client.get(address).headers["etag"]
    for method in ("GET", "HEAD"):
        answer = client.request(method, address, headers={"if-none-match": known.format(tag)})
        assert (answer.status_code, answer.content, answer.headers["etag"]) == (304, b"", tag)


@pytest.mark.parametrize("known", ['"a"', "a", "{}", "", '"x{}"'])
def test_what_is_not_known_is_sent(client: TestClient, known: str) -> None:
    media = client.get(f"{DEMO}/clips").json()["clips"][0]["media"]
    for address in (DEMO, media):
        tag = client.get(address).headers["etag"].strip('"')
        answer = client.get(address, headers={"if-none-match": known.format(tag)})
        assert answer.status_code == 200
        assert len(answer.content) > 100


@pytest.mark.parametrize("path", ["/v1/galleries/", f"{DEMO}/", "/livez/", "/v1/status/", f"{SEARCH}/", "/metrics/"])
def test_an_address_with_a_slash_at_its_end_is_not_there_and_leads_nowhere(client: TestClient, path: str) -> None:
    for method in ("GET", "HEAD", "POST"):
        answer = client.request(method, path, params={"text": "bell"}, follow_redirects=False)
        assert answer.status_code == 404
        assert "location" not in answer.headers
    assert path in client.get(path).json()["detail"]

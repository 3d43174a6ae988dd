"""The way past FastAPI answers and refuses as FastAPI's own route does."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from service.app import create_app
from service.load.quick_route import QuickRoute
from service.settings import Settings
from tests.unit.service.asking import DEMO, OWN, SEARCH

ASKED = (
    "text=bell",
    "text=bell&to=audio&k=3&offset=1",
    "text=dog+barking&by=clip&min_score=-1e9",
    "text=b%C3%A4ll&label=dog+barking&label=bell+ringing",
    "text=bell&label=nothing",
    "text=bell&added_from=2020-01-01T00:00:00Z&among=a&among=b",
    'text=bell&where=[{"path":["year"],"is":"exists","value":false}]',
    "",
    "text=",
    "text=%ff",
    "text=bell&text=dog",
    "text=bell&to=smell",
    "text=bell&k=0&offset=x&min_score=nan",
    "text=bell&k=",
    "text=bell&where=[1]",
    "text=bell&where={",
    "text=bell&odd=1&txt=2",
    "text=bell&added_from=yesterday",
    f"text={'x' * 501}",
)


@pytest.fixture(scope="module")
def slow(library: Path, spool: Path) -> Iterator[TestClient]:
    """The same service without quick routes."""
    app = create_app(Settings(data=library, spool=spool, job_workers=0))
    app.router.routes[:] = [each for each in app.router.routes if not isinstance(each, QuickRoute)]
    with TestClient(app, OWN) as client:
        yield client


def said(client: TestClient, address: str) -> tuple[int, str, Any]:
    """The status, type and content of an answer, but for what differs from time to time."""
    answer = client.get(address)
    return answer.status_code, answer.headers["content-type"], answer.json() | {"took_ms": 0.0}


@pytest.mark.parametrize("asked", ASKED)
def test_what_is_asked_is_answered_alike(client: TestClient, slow: TestClient, asked: str) -> None:
    assert said(client, f"{SEARCH}?{asked}") == said(slow, f"{SEARCH}?{asked}")


@pytest.mark.parametrize(
    "address", [f"{DEMO}x/search?text=bell", "/v1/galleries/a%2Fb/search?text=bell", f"{SEARCH}/?text=x"]
)
def test_what_is_not_there_is_refused_alike(client: TestClient, slow: TestClient, address: str) -> None:
    assert said(client, address) == said(slow, address)


def test_other_methods_are_left_to_other_routes(client: TestClient, slow: TestClient) -> None:
    for method in ("HEAD", "PUT", "DELETE", "OPTIONS"):
        quick, own = client.request(method, SEARCH), slow.request(method, SEARCH)
        assert (quick.status_code, quick.headers.get("allow")) == (own.status_code, own.headers.get("allow"))


def test_it_is_described_once(client: TestClient, slow: TestClient) -> None:
    assert client.get("/openapi.json").json() == slow.get("/openapi.json").json()


def test_it_stands_before_all_others(client: TestClient) -> None:
    assert isinstance(client.app, FastAPI)
    first = next(each for each in client.app.router.routes if getattr(each, "path", "") != "/openapi.json")
    assert isinstance(first, QuickRoute)

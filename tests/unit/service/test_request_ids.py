"""Each answer is named, and the name is known wherever work is done for it."""

from pathlib import Path
from threading import current_thread, main_thread

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from service.app import create_app
from service.observing import request_ids
from service.settings import Settings
from tests.unit.service.asking import OWN, SEARCH


def test_a_callers_own_request_id_is_answered(client: TestClient) -> None:
    assert client.get("/livez", headers={"X-Request-Id": "a-b.c:7=_"}).headers["x-request-id"] == "a-b.c:7=_"


def test_answers_without_one_are_named_differently(client: TestClient) -> None:
    first, second = (client.get("/livez").headers["x-request-id"] for _ in range(2))
    assert first != second
    assert {len(first), len(second)} == {32}


@pytest.mark.parametrize("odd", ["", " ", "two words", "x" * 129, "é", 'quote"', "new\\nline", "<b>"])
def test_what_is_not_well_formed_is_passed_over(client: TestClient, odd: str) -> None:
    answered = client.get("/livez", headers=[(b"X-Request-Id", odd.encode())]).headers["x-request-id"]
    assert answered != odd
    assert len(answered) == 32


@pytest.mark.parametrize("address", [SEARCH, "/nothing", "/v1/galleries/none", "/web/none.js"])
def test_refusals_are_named_once_too(client: TestClient, address: str) -> None:
    answer = client.get(address, headers={"X-Request-Id": "mine"})
    assert answer.status_code >= 400
    assert answer.headers.get_list("x-request-id") == ["mine"]


def test_a_request_for_another_host_is_named_too(client: TestClient) -> None:
    answer = client.get("/livez", headers={"X-Request-Id": "mine", "host": "elsewhere.example"})
    assert (answer.status_code, answer.headers["x-request-id"]) == (421, "mine")


def _telling(app: FastAPI, found: list[str | None]) -> None:
    @app.get("/telling")
    def tell() -> None:
        assert current_thread() is not main_thread()
        found.append(request_ids.current())

    @app.get("/failing")
    def fail() -> None:
        raise ZeroDivisionError


def test_the_id_is_known_in_a_thread_that_works_for_the_request(library: Path) -> None:
    found: list[str | None] = []
    app = create_app(Settings(data=library))
    _telling(app, found)
    with TestClient(app, OWN) as client:
        client.get("/telling", headers={"X-Request-Id": "mine"})
        client.get("/telling", headers={"X-Request-Id": "another"})
    assert found == ["mine", "another"]
    assert request_ids.current() is None


def test_an_unforeseen_failure_is_named_too(library: Path) -> None:
    app = create_app(Settings(data=library))
    _telling(app, [])
    with TestClient(app, OWN, raise_server_exceptions=False) as client:
        answer = client.get("/failing", headers={"X-Request-Id": "mine"})
    assert answer.status_code == 500
    assert answer.headers.get_list("x-request-id") == ["mine"]

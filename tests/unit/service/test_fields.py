"""Each header that is read has one meaning, however often it is there."""

from pathlib import Path

import pytest
from starlette.testclient import TestClient

from service.app import create_app
from service.http.fields import ONCE, doubled, field
from service.settings import Settings
from tests.unit.service.asking import DEMO, OWN, SEARCH, refused

TYPED = ("content-type", "application/json")
BODY = b'{"text": "bell", "to": "video"}'


@pytest.mark.parametrize("name", sorted(each.decode() for each in ONCE))
@pytest.mark.parametrize("values", [("a", "a"), ("127.0.0.1", "evil.example")])
def test_what_may_be_there_once_is_refused_when_it_is_there_twice(
    client: TestClient, name: str, values: tuple[str, str]
) -> None:
    headers = [("host", "127.0.0.1")] * (name != "host") + [(name, each) for each in values]
    answer = client.get(SEARCH, params={"text": "bell"}, headers=headers)
    refused(answer, 400, "bad-request", f"the header {name} more than once")
    assert answer.headers["connection"] == "close"


def test_who_asks_twice_for_different_hosts_is_refused_before_a_key_is_asked_for(own_library: Path) -> None:
    from contextlib import closing

    from index.catalog.keys import Grant
    from index.galleries import Galleries

    with closing(Galleries.open(own_library)) as galleries:
        galleries.keys.create(Grant("first", ("admin",)))
    with TestClient(create_app(Settings(data=own_library, job_workers=0, keys="required")), OWN) as client:
        headers = [("host", "127.0.0.1"), ("host", "127.0.0.1")]
        refused(client.get(DEMO, headers=headers), 400, "bad-request", "host")


@pytest.mark.parametrize("name", ["accept", "accept-encoding", "cookie", "x-forwarded-for", "x-anything", "via"])
def test_what_is_a_list_or_not_read_may_be_there_twice(client: TestClient, name: str) -> None:
    odd = [(name, "a"), (name, "b" * 5000), (name, "\x01")]
    assert client.get(SEARCH, params={"text": "bell"}, headers=odd).status_code == 200


def test_two_request_ids_are_none(client: TestClient) -> None:
    found = client.get("/livez", headers=[("x-request-id", "one"), ("x-request-id", "two")])
    assert found.headers["x-request-id"] not in ("one", "two", "one, two")


def test_tags_may_come_in_several_fields(own_library: Path) -> None:
    with TestClient(create_app(Settings(data=own_library, job_workers=0)), OWN) as client:
        tag = client.get(DEMO).headers["etag"]
        for tags in ([tag, '"b"'], ['"b"', tag], ['"a", "b"', f"W/{tag}"]):
            seen = [("if-none-match", each) for each in tags]
            assert client.get(DEMO, headers=seen).status_code == 304
        clip = client.get(f"{DEMO}/clips").json()["clips"][0]
        address = f"{DEMO}/clips/{clip['id']}"
        own = client.get(address).headers["etag"]
        for tags, status in ((['"a"', '"b"'], 412), (['"a"', own], 200)):
            expected = [("if-match", each) for each in tags]
            assert client.patch(address, json={"labels": ["x"]}, headers=expected).status_code == status


def test_a_field_is_all_its_parts() -> None:
    scope = {"headers": [(b"a", b"1"), (b"b", b"\xe4"), (b"a", b"2")]}
    assert [field(scope, each) for each in (b"a", b"b", b"c")] == ["1, 2", "ä", None]
    assert doubled(scope) is None

"""A page of another site can neither read from the service nor change anything in it."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from index.catalog.keys import Grant
from index.galleries import Galleries
from service.app import create_app
from service.settings import Settings
from tests.unit.service.asking import DEMO, SEARCH, refused, upload

REINDEX = f"{DEMO}/reindex"


@pytest.fixture
def behind(own_library: Path) -> Iterator[TestClient]:
    """A service that listens at all addresses and has a name."""
    galleries = Galleries.open(own_library)
    secret, _ = galleries.keys.create(Grant("all", ("admin",)))
    galleries.close()
    settings = Settings(data=own_library, host="0.0.0.0", behind_tls_proxy=True, names=("search.example",))
    headers = {"authorization": f"Bearer {secret}"}
    with TestClient(create_app(settings), "https://search.example", headers=headers) as client:
        yield client


@pytest.mark.parametrize(
    "host", ["evil.example", "127.0.0.1.evil.example", "localhost.", "10.0.0.1", "[::1", ":80", ""]
)
def test_a_host_that_is_not_ours_is_refused(client: TestClient, host: str) -> None:
    for address in ("/", "/livez", "/web/modules/api.js", f"{SEARCH}?text=bell"):
        answer = client.get(address, headers={"host": host})
        refused(answer, 421, "misdirected-request", f"Host: {host or 'nothing'}", "127.0.0.1")
    assert "default-src 'self'" in answer.headers["content-security-policy"]


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST:8765", "127.0.0.1:1", "127.0.0.9", "[::1]:8765"])
def test_the_names_of_this_machine_are_ours(client: TestClient, host: str) -> None:
    assert client.get("/livez", headers={"host": host}).status_code == 200


def test_a_service_at_all_addresses_answers_to_addresses_and_its_names(behind: TestClient) -> None:
    for host in ("search.example", "SEARCH.example:443", "192.168.1.5:8765", "[fe80::1]", "localhost"):
        assert behind.get("/livez", headers={"host": host}).status_code == 200
    refused(behind.get("/livez", headers={"host": "evil.example"}), 421, "misdirected-request", "evil.example")


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "http://127.0.0.1:9999", "http://localhost", ""])
def test_another_origin_can_change_nothing(client: TestClient, clip: Path, origin: str) -> None:
    client.headers["origin"] = origin
    try:
        for answer in (client.post(REINDEX), upload(client, SEARCH, clip, from_="audio"), client.delete(DEMO)):
            refused(answer, 403, "forbidden", f"found Origin: {origin}", "expected that of 127.0.0.1")
    finally:
        del client.headers["origin"]
    assert client.get(DEMO).json()["generation"] == 1


def test_our_own_page_may_send_clips(client: TestClient, behind: TestClient, clip: Path) -> None:
    for each, origin in ((client, "http://127.0.0.1"), (behind, "https://search.example")):
        files = {"file": (clip.name, clip.read_bytes(), "video/mp4")}
        answer = each.post(SEARCH, data={"from": "audio"}, files=files, headers={"origin": origin})
        assert answer.status_code == 200

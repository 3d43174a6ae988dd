"""A service whose galleries lie in Milvus: moved there, away from it for a while, and checked by the command."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import SecretStr
from starlette.testclient import TestClient

from index.vectors.milvus_address import Address
from models.errors import InvalidInput
from service.app import create_app
from service.settings import Settings
from sightsound.cli import run
from tests.tiny.clips import tiny_clip
from tests.tiny.milvus import lite
from tests.unit.service.asking import DEMO, OWN, SEARCH, refused, upload

NOWHERE = "http://someone:password@127.0.0.1:1"
"""Where nobody listens."""
BELL = {"text": "bell"}


@pytest.fixture(scope="module")
def milvus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Address]:
    """A milvus-lite of this module's own."""
    yield from lite(tmp_path_factory.mktemp("milvus"))


def served(data: Path, milvus: str | None) -> TestClient:
    """A service of a data folder that has this Milvus."""
    return TestClient(
        create_app(Settings(data=data, job_workers=0, milvus_uri=milvus, milvus_token=SecretStr("secret"))), OWN
    )


def hits(client: TestClient, gallery: str = DEMO) -> list[tuple[str, float]]:
    found = client.get(f"{gallery}/search", params=BELL).json()["hits"]
    return [(each["clip"]["id"], round(each["score"], 3)) for each in found]


def test_a_reindexing_moves_a_gallery_to_milvus_and_a_rollback_back(own_library: Path, milvus: Address) -> None:
    with served(own_library, milvus.uri) as client:
        before = hits(client)
        assert client.post(f"{DEMO}/reindex").json()["generation"] == 2
        assert hits(client) == before
        report = client.get(f"{DEMO}/generations").json()["generations"][-1]["report"]
        assert report["tables"]["av"] == {"kind": "milvus-flat"}
        assert set(report["agreement"].values()) == {1.0}
        assert client.post(f"{DEMO}/rollback").json()["generation"] == 1
        assert hits(client) == before


def test_a_milvus_that_is_away_is_a_503_of_the_galleries_that_need_it_and_of_no_others(
    own_library: Path, milvus: Address, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with served(own_library, milvus.uri) as client:
        client.post(f"{DEMO}/reindex")
    monkeypatch.setenv("SIGHTSOUND_MILVUS_URI", "")
    assert run(["gallery", "export", "demo", str(tmp_path / "demo.tar"), "--data", str(own_library)]) == 2
    monkeypatch.delenv("SIGHTSOUND_MILVUS_URI")
    for arguments in (["export", "demo", str(tmp_path / "demo.tar")], ["import", str(tmp_path / "demo.tar")]):
        named = ["--name", "own"] if arguments[0] == "import" else []
        assert run(["gallery", *arguments, *named, "--data", str(own_library)]) == 0

    with served(own_library, NOWHERE) as client:
        assert {each["name"] for each in client.get("/v1/galleries").json()["galleries"]} == {"demo", "own"}
        assert len(hits(client, "/v1/galleries/own")) == 6
        refused(client.get(SEARCH, params=BELL), 503, "vectors-unavailable", "Milvus at http://127.0.0.1:1")
        assert "password" not in client.get(SEARCH, params=BELL).text
        refused(client.get("/readyz"), 503, "unavailable", "'demo'", "Milvus")
        added = upload(client, f"{DEMO}/clips", tiny_clip(tmp_path / "new.mp4"), labels="bell ringing")
        assert added.status_code == 201
        assert len(client.get(f"{DEMO}/clips").json()["clips"]) == 7
    with served(own_library, milvus.uri) as client:
        assert added.json()["id"] in {clip for clip, _ in hits(client)}
        assert client.get("/readyz").status_code == 200


def test_the_command_verifies_and_deletes_what_lies_in_milvus(
    own_library: Path, milvus: Address, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with served(own_library, milvus.uri) as client:
        client.post(f"{DEMO}/reindex")
    folder = ["--data", str(own_library)]
    assert run(["gallery", "verify", "--json", *folder]) == 1
    found = json.loads(capsys.readouterr().out)
    assert {"milvus_uri" in each["found"] for each in found} == {True}
    monkeypatch.setenv("SIGHTSOUND_MILVUS_URI", milvus.uri)
    assert run(["gallery", "verify", *folder]) == 0
    assert run(["gallery", "delete", "demo", "--yes", *folder]) == 0


@pytest.mark.parametrize("uri", ["milvus:19530", "vectors"])
def test_a_uri_that_is_none_ends_the_start(own_library: Path, uri: str) -> None:
    with pytest.raises(InvalidInput, match="Milvus must be at http"):
        create_app(Settings(data=own_library, milvus_uri=uri))


def test_the_token_is_not_printed() -> None:
    settings = Settings(data=Path(), milvus_uri=NOWHERE, milvus_token=SecretStr("open sesame"))
    assert "open sesame" not in f"{settings!r} {settings.vectors!r}"

"""What holds for every answer, and what the service needs to start."""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from shutil import rmtree
from tempfile import TemporaryDirectory

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from index.galleries import Galleries
from models.errors import BundleInvalid, DependencyMissing, SettingsInvalid, SightsoundError
from service.app import create_app
from service.resources import check_folder
from service.settings import Settings
from tests.tiny.bundles import narrowed
from tests.unit.service.asking import OWN, SEARCH, refused


def test_the_service_lives_without_touching_anything(own_library: Path) -> None:
    with TestClient(create_app(Settings(data=own_library)), OWN) as client:
        rmtree(own_library)
        assert client.get("/livez").json() == {"status": "alive"}


def test_the_service_is_ready_when_it_can_search(client: TestClient) -> None:
    assert client.get("/readyz").json()["status"] == "ready"


def test_the_service_is_not_ready_when_a_gallery_cannot_be_searched(own_library: Path) -> None:
    with TestClient(create_app(Settings(data=own_library)), OWN) as client:
        galleries = Galleries.open(own_library)
        galleries.create("second", "other")
        galleries.close()
        rmtree(own_library / "bundles" / "other")
        refused(client.get("/readyz"), 503, "unavailable", "'second'", "'other'")


def test_a_gallery_that_no_words_can_search_is_tried_too(own_library: Path) -> None:
    narrowed(own_library / "bundles" / "tiny", "clips", routes=["audio->video"])
    with TestClient(create_app(Settings(data=own_library)), OWN) as client:
        galleries = Galleries.open(own_library)
        galleries.create("second", "clips")
        galleries.close()
        assert client.get("/readyz").json()["status"] == "ready"
        assert client.get("/v1/galleries/second").json()["routes"] == ["audio->video"]


@pytest.mark.parametrize("table", ["labels", "galleries"])
def test_a_failing_database_is_not_ready_and_unavailable(own_library: Path, table: str) -> None:
    with TestClient(create_app(Settings(data=own_library)), OWN) as client:
        assert client.get(f"{SEARCH}?text=bell").status_code == 200
        with closing(sqlite3.connect(own_library / "catalog.sqlite")) as database:
            database.execute(f"DROP TABLE {table}")
        refused(client.get("/v1/galleries"), 503, "unavailable", "database", table)
        # Where windows are is known of those that were found before; that nothing has changed since is asked each time.
        for address in ("/readyz", f"{SEARCH}?text=bell"):
            assert client.get(address).status_code == (200 if table == "labels" else 503)
        assert client.get("/livez").status_code == 200


def test_the_service_does_not_start_with_a_gallery_that_cannot_be_searched(own_library: Path) -> None:
    rmtree(own_library / "bundles" / "tiny")
    with pytest.raises(SightsoundError, match="'tiny'"):
        create_app(Settings(data=own_library))


@pytest.mark.parametrize(
    "address", ["/", "/web/modules/api.js", "/v1/galleries", "/nothing", "/web/nothing.js", SEARCH]
)
def test_every_answer_has_the_security_headers(client: TestClient, address: str) -> None:
    headers = client.get(address, headers={"origin": "https://example.org"}).headers
    assert "default-src 'self'" in headers["content-security-policy"]
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert not [name for name in headers if name.startswith("access-control")]


def test_an_address_that_is_not_there_is_refused(client: TestClient) -> None:
    refused(client.get("/v2/galleries"), 404, "not-found", "/v2/galleries", "/openapi.json")
    refused(client.get("/docs"), 404, "not-found", "/docs")


def test_a_method_that_is_not_there_is_refused_naming_those_that_are(client: TestClient) -> None:
    answer = client.delete("/v1/galleries")
    refused(answer, 405, "method-not-allowed", "DELETE", "GET, HEAD, POST")
    assert answer.headers["allow"] == "GET, HEAD, POST"


def broken(app: FastAPI) -> None:
    """Give an application a route that fails in a way nobody foresaw."""

    @app.get("/broken")
    def fail() -> None:
        raise ZeroDivisionError("the secret is 42")


def test_the_unforeseen_is_a_problem_that_tells_no_secret(library: Path) -> None:
    app = create_app(Settings(data=library))
    broken(app)
    with TestClient(app, OWN, raise_server_exceptions=False) as client:
        answer = client.get("/broken")
    refused(answer, 500, "internal-error")
    assert "42" not in answer.text
    assert "ZeroDivision" not in answer.text
    assert "default-src 'self'" in answer.headers["content-security-policy"]


def test_a_folder_without_a_catalog_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SettingsInvalid, match=r"holds no catalog\.sqlite"):
        create_app(Settings(data=tmp_path / "none"))
    assert list(tmp_path.iterdir()) == []


@contextmanager
def without_privileges() -> Iterator[None]:
    """As who may not write everywhere, which root may."""
    own = os.geteuid()
    os.seteuid(own or 65534)
    try:
        yield
    finally:
        os.seteuid(own)


def test_a_folder_that_cannot_be_written_is_refused_before_anything_is_opened() -> None:
    with TemporaryDirectory() as place:
        data = Path(place)
        (data / "catalog.sqlite").touch()
        data.chmod(0o555)
        with without_privileges(), pytest.raises(SettingsInvalid, match="is read-only; expected a data folder that"):
            check_folder(Settings(data=data))
        data.chmod(0o755)
        check_folder(Settings(data=data))


@pytest.mark.parametrize("name", ["tiny-audio@1", "tiny-text@1"])
def test_a_missing_encoder_is_one_error_naming_what_was_looked_for(own_library: Path, name: str) -> None:
    rmtree(own_library / "backbones" / name)
    with pytest.raises(DependencyMissing, match=f"{name} is missing: looked in .*found .*tiny-video@1"):
        create_app(Settings(data=own_library))


def test_an_encoder_of_the_same_name_but_other_bytes_is_refused(own_library: Path) -> None:
    graph = own_library / "backbones" / "tiny-video@1" / "backbone.onnx"
    graph.write_bytes(graph.read_bytes() + b"\0")
    with pytest.raises(BundleInvalid, match="sha256"):
        create_app(Settings(data=own_library))

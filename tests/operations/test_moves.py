"""From a laptop to more than that and back, by the document's own commands: what was found before is found after."""

import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from shutil import which
from typing import Any

import httpx
import pytest

from index.media.address import MediaAddress
from tests.docker.files import services
from tests.documents import anchors
from tests.operations.place import DATA, Place, add, hits, server_variables
from tests.operations.recipes import OPERATIONS, recipe
from tests.tiny.milvus import served_lite
from tests.tiny.postgres import Cluster
from tests.tiny.s3 import REGION, make_bucket, s3_server, settings_of
from tests.unit.service.asking import DEMO, SEARCH, refused
from tests.unit.service.waiting import until_true

LISTENS = "http://127.0.0.1:8765"
"""Where the document's service is."""
CONTAINS = """#!{python}
import os, sys
from argparse import ArgumentParser
compose = ArgumentParser()
commands = compose.add_subparsers(dest="does", required=True)
run = commands.add_parser("run")
run.add_argument("--rm", action="store_true", required=True)
run.add_argument("--no-TTY", action="store_true")
run.add_argument("--entrypoint", default="{python} -m sightsound")
commands.add_parser("restart")
given, (service, *rest) = compose.parse_known_args(sys.argv[2:])
assert sys.argv[1] == "compose" and service in {services}
if given.does == "run":
    rest = [{volume!r} + each.removeprefix("/data") if each.startswith("/data") else each for each in rest]
    command = given.entrypoint.split() + rest
    os.execvp(command[0], command)
"""
"""A program that takes what is said to Docker, and runs what would run in a container here, over its volume."""


def said(name: str, lines: list[str]) -> list[str]:
    """Of the commands those that set variables of a topic."""
    return [each for each in lines if each.startswith(f"export {name}")]


def in_place_of(lines: list[str], names: dict[str, str]) -> list[str]:
    """The commands, with what is here in place of what the document calls it."""
    for each, here in names.items():
        assert any(each in line for line in lines), each
        lines = [line.replace(each, here) for line in lines]
    return lines


@pytest.fixture
def server(cluster: Cluster) -> Iterator[Cluster]:
    """One that knows neither the user nor the database that the document makes."""
    undo = ("DROP DATABASE IF EXISTS sightsound WITH (FORCE)", "DROP ROLE IF EXISTS sightsound")
    for each in undo:
        cluster.execute(each)
    yield cluster
    for each in undo:
        cluster.execute(each)


def test_a_gallery_moves_to_postgresql(sqlite_place: Place, server: Cluster) -> None:
    with sqlite_place.serving() as client:
        before = hits(client)
    there = server_variables(server)
    address = f"sightsound:password@{there['PGHOST']}:{there['PGPORT']}/sightsound"
    sqlite_place.told(*recipe("createuser"), typed="password\npassword\n", variables=there)
    moving = in_place_of(recipe("import moved.tar"), {"sightsound:password@host/sightsound": address})
    again = ("sightsound gallery export demo again.tar --data new", "cmp moved.tar again.tar")
    sqlite_place.told(*moving, *again, variables=there)
    catalog = f"postgresql://{address}"
    with sqlite_place.serving("new", catalog=catalog) as client:
        assert hits(client) == before
        add(client, sqlite_place.folder, 0)
        assert len(hits(client)) > len(before)
    with sqlite_place.serving() as client:
        assert hits(client) == before  # what is left behind is as it was


@pytest.fixture(scope="module")
def s3() -> Iterator[str]:
    with s3_server() as address:
        yield address


def test_media_move_to_s3_and_back(sqlite_place: Place, s3: str) -> None:
    if which("aws") is None:
        pytest.skip("needs the program aws: pip install awscli")
    make_bucket(s3, "clips")
    settings = in_place_of(
        said("SIGHTSOUND_MEDIA", recipe("SIGHTSOUND_MEDIA_ENDPOINT=")), {"https://minio.example.org:9000": s3}
    )
    moving = recipe("aws s3 sync")
    at = MediaAddress("s3://clips/sightsound", s3, REGION, key="name", secret="secret")
    media, kept = sqlite_place.folder / DATA / "media", sqlite_place.folder / "kept"
    with sqlite_place.serving() as client:
        before, clips = hits(client), contents(client)
    sqlite_place.told(*settings, *moving)
    media.rename(kept)
    with sqlite_place.serving(**settings_of(at)) as client:
        assert (hits(client), contents(client)) == (before, clips)
        late = add(client, sqlite_place.folder, 0)
        with_late = contents(client)
    assert late in with_late
    assert not any(media.glob("??"))

    (sync,) = (each for each in moving if each.startswith("aws"))
    there, place = '"$SIGHTSOUND_MEDIA_URL"', "sightsound-data/media"
    back = sync.replace(f"{place} {there}", f"{there} {place}")
    assert back != sync
    sqlite_place.told(*settings, *said("AWS", moving), back)
    sqlite_place.told("sightsound gallery verify")
    with sqlite_place.serving() as client:
        assert contents(client) == with_late


def contents(client: httpx.Client) -> dict[str, bytes]:
    """The files of all clips."""
    clips = client.get(f"{DEMO}/clips").json()["clips"]
    return {each["id"]: client.get(f"{DEMO}/clips/{each['id']}/media").content for each in clips}


@contextmanager
def variables(lines: list[str]) -> Iterator[None]:
    """What commands set, for a service that starts in the block."""
    with pytest.MonkeyPatch.context() as patched:
        for line in lines:
            name, _, value = line.removeprefix("export ").partition("=")
            patched.setenv(name, value)
        yield


def reindexed(place: Place, client: httpx.Client) -> dict[str, Any]:
    """The generation that answers once the document's commands are done."""
    reindex, look = in_place_of(recipe("jobs/reindex"), {LISTENS: str(client.base_url).rstrip("/")})
    job = json.loads(place.told(reindex))["id"]
    until_true(lambda: client.get(f"/v1/jobs/{job}").json()["state"] in ("done", "failed"))
    assert client.get(f"/v1/jobs/{job}").json()["state"] == "done", client.get(f"/v1/jobs/{job}").text
    *_, newest = json.loads(place.told(look))["generations"]
    assert newest["active"], newest
    found: dict[str, Any] = newest["report"]
    return found


def test_a_gallery_moves_to_milvus_and_back(sqlite_place: Place, tmp_path_factory: pytest.TempPathFactory) -> None:
    with served_lite(tmp_path_factory.mktemp("milvus")) as (_, milvus):
        settings = in_place_of(
            said("SIGHTSOUND_MILVUS", recipe("MILVUS_URI=http")), {"http://milvus:19530": milvus.uri}
        )
        with sqlite_place.serving() as client:
            before = hits(client)
        with variables(settings), sqlite_place.serving(job_workers=1) as client:
            assert hits(client) == before  # nothing has changed yet
            report = reindexed(sqlite_place, client)
            assert {each["kind"] for each in report["tables"].values()} == {"milvus-autoindex"}
            assert set(report["agreement"].values()) == {1.0}
            assert hits(client) == pytest.approx(before, abs=1e-4)
            add(client, sqlite_place.folder, 0)
            after = hits(client)
            assert before.keys() < after.keys()
    with sqlite_place.serving(job_workers=1) as client:
        refused(client.get(SEARCH, params={"text": "bell"}), 503, "vectors-unavailable")
        report = reindexed(sqlite_place, client)
        assert not any(each["kind"].startswith("milvus") for each in report["tables"].values())
        assert hits(client) == pytest.approx(after, abs=1e-4)


def test_the_setting_for_a_gpu_changes_nothing_that_is_found_where_there_is_none(sqlite_place: Place) -> None:
    with sqlite_place.serving() as client:
        before = hits(client)
    with variables(said("SIGHTSOUND_DEVICE", recipe("SIGHTSOUND_DEVICE=gpu"))), sqlite_place.serving() as client:
        assert hits(client) == pytest.approx(before, abs=1e-4)


def test_a_gallery_moves_into_a_volume(sqlite_place: Place, tmp_path: Path) -> None:
    (volume := tmp_path / "volume").mkdir()
    (docker := tmp_path / "bin" / "docker").parent.mkdir()
    docker.write_text(CONTAINS.format(python=sys.executable, volume=str(volume), services=set(services())))
    docker.chmod(0o755)
    with sqlite_place.serving() as client:
        before = hits(client)
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("PATH", os.pathsep.join([str(docker.parent), os.environ["PATH"]]))
        patched.setenv("SIGHTSOUND_DATA", str(volume))
        (export, *rest) = recipe("docker compose run")
        sqlite_place.told(export, variables={"SIGHTSOUND_DATA": DATA})
        sqlite_place.told(*rest)
    with sqlite_place.serving(str(volume)) as client:
        assert hits(client) == before


def test_each_move_of_the_table_is_a_section() -> None:
    text = OPERATIONS.read_text()
    table = text.split("## From a laptop to many machines")[1].split("\n## ")[0]
    named = {line.split("](#")[1].split(")")[0] for line in table.splitlines() if "](#" in line}
    assert len(named) == 6
    assert named <= anchors(text)

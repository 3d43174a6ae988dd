"""Where an operator stands: a folder with a data folder in it, a catalog, and the documents' commands at hand."""

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from shutil import rmtree
from types import MappingProxyType
from typing import Any

import httpx
from sqlalchemy import make_url

from index.galleries import Galleries
from index.stores import Stores
from index.verifying import verify
from service.app import create_app
from service.settings import Settings
from tests.operations.recipes import recipe
from tests.tiny.bundles import tiny_library
from tests.tiny.clips import tiny_clip
from tests.tiny.postgres import Cluster, programs
from tests.unit.service.asking import DEMO, SEARCH
from tests.unit.service.running import running

DATA, RESTORED = "sightsound-data", "restored"
WRITTEN = "postgresql://sightsound:password@host/restored"
"""The address of the restored catalog, as the document writes it."""
ROUTES = ("audio", "video")
ODD, REFUSED = 1, 2
"""The statuses of verifications that find something, and of commands that say in a line why they cannot."""


@dataclass(frozen=True, slots=True)
class Place:
    """A folder to stand in; `cluster` has the catalogs where they are not in the data folders."""

    folder: Path
    cluster: Cluster | None = None

    def catalog(self, name: str = "sightsound") -> str | None:
        """The address of one in PostgreSQL."""
        return self.cluster.url(name).replace("postgres@", "sightsound@") if self.cluster else None

    def fill(self) -> None:
        """A data folder with a gallery "demo": on SQLite with three clips, in PostgreSQL with none yet."""
        data = tiny_library(self.folder / DATA, clips_per_label=1)
        if self.cluster:
            (data / "catalog.sqlite").unlink()
            rmtree(data / "media")
            galleries = Galleries.open(data, self.catalog())
            galleries.create("demo", "tiny")
            galleries.close()

    def back_up(self) -> Iterator[str]:
        """Do what the document says, and tell of each command once it is done."""
        for command in recipe("pg_dump" if self.cluster else "VACUUM"):
            self.told(command)
            yield command

    def restoring(self) -> list[str]:
        """The document's commands, of which the last is the verification."""
        (*commands, verify) = recipe("pg_restore" if self.cluster else "restored\nsightsound gallery verify")
        return [*commands, verify.replace(WRITTEN, self.catalog(RESTORED) or "")]

    def told(
        self, *commands: str, status: int = 0, typed: str = "", variables: Mapping[str, str] = MappingProxyType({})
    ) -> str:
        """What commands print of which the last ends with this status; where it is refused, why.

        One shell runs them, which has these variables, and to which this is typed.
        """
        environment = {**os.environ, "PATH": os.pathsep.join([*self._programs(), os.environ["PATH"]]), **variables}
        if self.cluster:
            environment |= {**server_variables(self.cluster), "SIGHTSOUND_CATALOG": str(self.catalog())}
        command = "\n".join(commands)
        done = subprocess.run(
            ["sh", "-e", "-c", command],
            cwd=self.folder,
            env=environment,
            input=typed,
            capture_output=True,
            text=True,
            check=False,
            start_new_session=True,  # or who asks for a password would ask at the terminal
        )
        assert done.returncode == status, f"{command}\n{done.stdout}{done.stderr}"
        return done.stderr if status == REFUSED else done.stdout

    def findings(self) -> dict[str, str]:
        """What a verification of what was restored names: the kinds, each with the last place where."""
        stores = Stores.open(self.folder / RESTORED, self.catalog(RESTORED))
        try:
            return {each.what: each.where for each in verify(stores, Galleries(stores))}
        finally:
            stores.close()

    @contextmanager
    def serving(self, data: str = DATA, **settings: Any) -> Iterator[httpx.Client]:
        """The service over one of its data folders, with these settings besides."""
        catalog = self.catalog(RESTORED if data == RESTORED else "sightsound")
        said = {"data": self.folder / data, "catalog": catalog, "job_workers": 0, "probe_share": 0, **settings}
        with running(create_app(Settings(**said))) as address, httpx.Client(base_url=address, timeout=60) as client:
            yield client

    def _programs(self) -> list[str]:
        found = programs()
        return [str(Path(sys.executable).parent), *([str(found)] if found else [])]


def server_variables(cluster: Cluster) -> dict[str, str]:
    """What tells PostgreSQL's own programs where a server is."""
    server = make_url(cluster.url("postgres"))
    return {"PGHOST": str(server.host), "PGPORT": str(server.port), "PGUSER": str(server.username)}


def add(client: httpx.Client, folder: Path, number: int) -> str:
    """Put another clip into the gallery; its id."""
    clip = tiny_clip(folder / f"clip {number}.mp4", seconds=0.5, tone_hz=200.0 + 37 * number)
    answer = client.post(f"{DEMO}/clips", files={"file": (clip.name, clip.read_bytes(), "video/mp4")})
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


def hits(client: httpx.Client) -> dict[tuple[str, str], float]:
    """What is found by words, by route and clip, with its score."""
    asked = {to: client.get(SEARCH, params={"text": "bell ringing", "to": to, "k": 100}) for to in ROUTES}
    assert {each.status_code for each in asked.values()} == {200}
    return {(to, hit["clip"]["id"]): hit["score"] for to, each in asked.items() for hit in each.json()["hits"]}

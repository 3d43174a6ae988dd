"""A service on several machines: a PostgreSQL, replicas that answer, workers that do jobs, a folder that all see."""

import json
import os
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from shutil import rmtree
from subprocess import Popen, run
from tempfile import TemporaryDirectory
from typing import Any

import httpx
import psycopg

from tests.hosts.network import Machine, network
from tests.tiny.clips import tiny_clip
from tests.tiny.postgres import Cluster
from tests.unit.service.waiting import ROOT

PATIENCE_S = 120.0
REPLICAS, WORKERS = 2, 3
DRAIN_S, READY_S = 1.0, 20.0
MAKES = "import sys, pathlib, tests.tiny.bundles as made; made.tiny_library(pathlib.Path(sys.argv[1]))"
EXECUTORS = "SELECT workflow_uuid, executor_id FROM dbos.workflow_status WHERE executor_id IS NOT NULL"


@dataclass
class Ground:
    """Machines of one network, and a PostgreSQL on another one of it."""

    cluster: Cluster
    answering: list[Machine]
    working: list[Machine]


@contextmanager
def ground(programs: Path) -> Iterator[Ground]:
    """Two machines to answer and three to work, with nothing on them yet."""
    with ExitStack() as closing:
        own = closing.enter_context(TemporaryDirectory(prefix="postgres-", ignore_cleanup_errors=True))
        database, *others = closing.enter_context(network(1 + REPLICAS + WORKERS))
        cluster = Cluster(Path(own), programs, address=database.address, within=database.within)
        closing.callback(cluster.stop)
        yield Ground(cluster, others[:REPLICAS], others[REPLICAS:])


@dataclass
class Replica:
    """One that answers, on a machine of its own."""

    machine: Machine
    port: int
    client: httpx.Client
    process: "Popen[bytes] | None" = None

    def is_ready(self) -> bool:
        """Whether whoever spreads requests may send it some."""
        try:
            return self.client.get("/readyz", timeout=READY_S).status_code == 200
        except httpx.TransportError:
            return False


@dataclass
class Site:
    """A service; `data` stands for a folder that each machine mounts at the same place, `code` is what runs."""

    folder: Path
    catalog: str
    replicas: list[Replica]
    workers: list[Machine]
    code: Path = ROOT

    @property
    def data(self) -> Path:
        """The data folder."""
        return self.folder / "data"

    def serve(self, *replicas: Replica) -> None:
        """Start them, and wait until they are ready."""
        for each in replicas:
            where = ["--host", each.machine.address, "--port", str(each.port)]
            each.process = self._start(each.machine, "serve", *where)
        for each in replicas:
            until(each.is_ready, self.said(each.machine))

    def replace(self, replica: Replica) -> None:
        """Tell it to end, and start it again once it has, as an upgrade of it does."""
        assert replica.process is not None, "it was started"
        replica.process.send_signal(signal.SIGTERM)
        assert replica.process.wait(PATIENCE_S) == 0
        self.serve(replica)

    def work(self, machine: Machine) -> None:
        """Start a worker there, which does one job at a time."""
        self._start(machine, "worker", "--jobs", "1")

    def said(self, machine: Machine) -> Path:
        """What the processes of a machine have said."""
        return self.folder / f"{machine.namespace}.log"

    def executors(self) -> dict[str, str]:
        """Who has, or had, each job that was begun."""
        with psycopg.connect(self.catalog) as connection:
            return {str(job): str(name) for job, name in connection.execute(EXECUTORS)}

    def _start(self, machine: Machine, *command: str) -> "Popen[bytes]":
        settings = {
            "CATALOG": self.catalog,
            "INGEST_ROOT": str(self.folder / "clips"),
            "SPOOL": str(self.folder / f"spool of {machine.namespace}"),
            "BEHIND_TLS_PROXY": "true",
            "JOB_WORKERS": "0",
            "DRAIN_S": str(DRAIN_S),
            "DECODE_WORKERS": "1",
            "RATE_LIMIT": "100000/minute",
        }
        command = (sys.executable, "-m", "sightsound", *command, "--data", str(self.data))
        named = {f"SIGHTSOUND_{name}": value for name, value in settings.items()}
        return machine.start(list(command), self.said(machine), named, code=self.code)


@contextmanager
def opened_site(found: Ground, folder: Path, catalog: str, *, port: int, code: Path = ROOT) -> Iterator[Site]:
    """A service by that code over an empty gallery "demo", its replicas ready; no worker yet."""
    with ExitStack() as closing:
        key = _filled(folder / "data", catalog, code)
        replicas = [Replica(each, port, closing.enter_context(_client(each, port, key))) for each in found.answering]
        site = Site(folder, catalog, replicas, found.working, code)
        site.serve(*replicas)
        yield site


def _filled(data: Path, catalog: str, code: Path) -> str:
    """A data folder, its bundle and its catalog made by that code; returns a key that may do anything."""
    _told(code, data, "-c", MAKES, str(data))
    (data / "catalog.sqlite").unlink()
    rmtree(data / "media")
    where = ["--data", str(data), "--catalog", catalog]
    _told(code, data, "-m", "sightsound", "gallery", "create", "demo", "--bundle", "tiny", *where)
    command = ["keys", "create", "tests", "--scope", "admin", "--json"]
    return str(json.loads(_told(code, data, "-m", "sightsound", *command, *where))["key"])


def _told(code: Path, data: Path, *command: str) -> str:
    """What Python prints, run on that code; what it leaves in the way of temporary files is beside the data."""
    data.mkdir(exist_ok=True)
    environment = {**os.environ, "TMPDIR": str(data.parent)}
    done = run([sys.executable, *command], cwd=code, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def _client(machine: Machine, port: int, key: str) -> httpx.Client:
    return httpx.Client(
        base_url=f"http://{machine.address}:{port}",
        timeout=PATIENCE_S,
        headers={"Authorization": f"Bearer {key}", "X-Forwarded-For": "192.0.2.1"},
    )


def until(holds: Any, said: Path | None = None, *, every_s: float = 0.05) -> None:
    """Wait for it."""
    end = time.monotonic() + PATIENCE_S
    while not holds():
        assert time.monotonic() < end, said.read_text()[-4000:] if said else "it never held"
        time.sleep(every_s)


def make_clips(folder: Path, parts: int, clips: int) -> None:
    """Folders of so many clips each, all of another pitch."""
    for number in range(parts * clips):
        part, name = f"part {number // clips}", f"{number % clips:02}.mp4"
        tiny_clip(folder / part / name, seconds=0.5, tone_hz=200.0 + 7 * number)

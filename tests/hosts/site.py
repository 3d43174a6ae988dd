"""A service on several machines: a PostgreSQL, replicas that answer, workers that do jobs, a folder that all see."""

import os
import shlex
import signal
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from subprocess import Popen, run
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import quote

import httpx
import psycopg

from tests.hosts.network import Machine, network
from tests.operations.recipes import recipe
from tests.tiny.clips import tiny_clip
from tests.tiny.postgres import Cluster
from tests.unit.service.waiting import ROOT

PATIENCE_S = 120.0
REPLICAS, WORKERS = 2, 3
DRAIN_S, READY_S = 5.0, 20.0
"""A proxy may have begun to look before, and a busy machine takes seconds to answer it: it must look again by then."""
LOST_S = 5
"""After how long PostgreSQL gives up a machine that it hears nothing from, in place of 25 s."""
SOON = {"tcp_user_timeout": f"{LOST_S}000", "tcp_keepalives_idle": "2", "tcp_keepalives_interval": "1"}
MAKES = """
import sys
from pathlib import Path
from shutil import rmtree
from sightsound.cli import run
from tests.tiny.bundles import tiny_library

data, catalog = Path(sys.argv[1]), sys.argv[2]
tiny_library(data)
(data / "catalog.sqlite").unlink()
rmtree(data / "media")
where = ["--data", str(data), "--catalog", catalog]
assert run(["gallery", "create", "demo", "--bundle", "tiny", *where]) == 0
assert run(["keys", "create", "tests", "--scope", "admin", *where]) == 0
"""
"""Fills a data folder, and makes its catalog, by whichever code runs it; it ends with a key that may do anything."""
EXECUTORS = "SELECT workflow_uuid, executor_id FROM dbos.workflow_status WHERE executor_id IS NOT NULL"


@dataclass
class Ground:
    """Machines of one network, and a PostgreSQL on another one of it, where there is room for other stores."""

    cluster: Cluster
    storing: Machine
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
        yield Ground(cluster, database, others[:REPLICAS], others[REPLICAS:])


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
    """A service; `data` stands for a folder that each machine mounts at the same place, `code` is what runs.

    `settings` are those of all machines, besides what the document says.
    """

    folder: Path
    catalog: str
    replicas: list[Replica]
    workers: list[Machine]
    code: Path = ROOT
    settings: Mapping[str, str] = field(default_factory=dict)

    @property
    def data(self) -> Path:
        """The data folder."""
        return self.folder / "data"

    def serve(self, *replicas: Replica) -> None:
        """Start them, and wait until they are ready."""
        for each in replicas:
            each.process = self._start(each.machine, "serve", "--port", str(each.port))
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
        self._start(machine, "worker", "--jobs", "1")  # the last of two counts

    def said(self, machine: Machine) -> Path:
        """What the processes of a machine have said."""
        return self.folder / f"{machine.namespace}.log"

    def executors(self) -> dict[str, str]:
        """Who has, or had, each job that was begun."""
        with psycopg.connect(self.catalog) as connection:
            return {str(job): str(name) for job, name in connection.execute(EXECUTORS)}

    def _start(self, machine: Machine, kind: str, *more: str) -> "Popen[bytes]":
        """What the document has typed on a machine of this kind, with what is here in place of what it names."""
        here = {
            "postgresql://sightsound:password@database/sightsound": self.catalog,
            "/mnt/sightsound": str(self.data),
            "/mnt/clips": str(self.folder / "clips"),
            "/var/tmp/sightsound": str(self.folder / f"spool-{machine.namespace}"),
            "10.0.0.11": machine.address,
        }
        settings, (_, *command) = told_on_machines(kind, here)
        settings |= {"SIGHTSOUND_DECODE_WORKERS": "1", "SIGHTSOUND_RATE_LIMIT": "100000/minute", **self.settings}
        if kind == "serve":
            settings["SIGHTSOUND_DRAIN_S"] = str(DRAIN_S)
        command = [sys.executable, "-m", "sightsound", *command, *more]
        return machine.start(command, self.said(machine), settings, code=self.code)


def soon_given_up(catalog: str) -> str:
    """The address of a catalog whose server does not wait long for machines that are lost."""
    return f"{catalog}?options={quote(' '.join(f'-c {name}={value}' for name, value in SOON.items()))}"


def told_on_machines(kind: str, here: Mapping[str, str]) -> tuple[dict[str, str], list[str]]:
    """What is set on a machine of a kind, and the command that is given there, with other names for some things."""
    (everywhere, *kinds) = "\n".join(recipe("sightsound serve --host")).split("\n#")
    (own,) = (each for each in kinds if f"\nsightsound {kind} " in each)
    lines = [line for line in f"{everywhere}\n#{own}".splitlines() if not line.startswith("#")]
    for name, place in here.items():
        lines = [line.replace(name, place) for line in lines]
    *exports, command = map(shlex.split, lines)
    return dict(each.split("=", 1) for line in exports for each in line[1:]), command


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
    data.mkdir()
    command = [sys.executable, "-c", MAKES, str(data), catalog]
    with TemporaryDirectory() as left:  # in the way of temporary files
        done = run(command, cwd=code, env={**os.environ, "TMPDIR": left}, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.split()[-1]


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

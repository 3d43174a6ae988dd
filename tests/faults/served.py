"""The service in a process of its own, what it holds, and bad files sent to it while others ask."""

import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event, Thread

import httpx

from tests.faults import processes
from tests.faults.corpus.mutants import Mutant
from tests.unit.service.asking import DEMO, SEARCH
from tests.unit.service.waiting import ROOT

LIMITS = {
    "SIGHTSOUND_DECODE_WALL_S": "5",
    "SIGHTSOUND_DECODE_CPU_S": "4",
    "SIGHTSOUND_DECODE_MEMORY_BYTES": str(384 * 2**20),
    "SIGHTSOUND_CLIP_LIMIT_S": "60",
    "SIGHTSOUND_JOB_WORKERS": "0",
}
EXPECTED = {
    "media-invalid": 422,
    "sense-missing": 422,
    "too-large": 413,
    "decode-overrun": 503,
    "sense-not-found": 404,
}
"""The problems that a bad file may be, and their statuses."""
WAYS = {
    "searched by its sound": (SEARCH, {"from": "audio"}),
    "searched by its pictures": (SEARCH, {"from": "video"}),
    "classified": ("/v1/classify", {}),
    "added": (f"{DEMO}/clips", {"labels": "odd"}),
}
"""What is done with a bad file: the address that it is sent to, and the fields beside it."""
LOOKS = ("media", "thumbnail", "waveform", "waveform.svg", "preview")
"""What can be asked of a clip that was added."""
PATIENCE_S = 120.0


GROWN_BYTES, GROWN_THREADS = 64 * 2**20, 40
"""How much more a server may hold for having been sent bad files: six hands and a searcher may have several threads
each, which the web server's pool keeps until it is used again; a thread left behind by each file would be hundreds."""
CONNECTED = 45
"""Open files of databases: 33 of the catalog, and as many of the jobs as were asked for at once."""


@dataclass(frozen=True, slots=True)
class Census:
    """What a process holds: children, threads, open files, those of databases apart, and bytes of memory."""

    children: int
    threads: int
    open_files: Counter[str]
    connected: int
    held_bytes: int

    @classmethod
    def of(cls, process: int) -> "Census":
        """As it is now, but for the connections of clients."""
        opened = [each for each in processes.open_files(process) if not each.startswith("socket")]
        return cls(
            children=len(processes.descendants(process)),
            threads=processes.threads(process),
            open_files=Counter(each for each in opened if ".sqlite" not in each),
            connected=sum(".sqlite" in each for each in opened),
            held_bytes=processes.held_bytes(process),
        )

    def excesses(self, before: "Census") -> list[str]:
        """In what it is more than it was before and ought to be."""
        odd = {
            f"{self.children} children, {before.children} before": self.children != before.children,
            f"{self.threads} threads, {before.threads} before": self.threads > before.threads + GROWN_THREADS,
            f"open: {self.open_files - before.open_files}": not self.open_files <= before.open_files,
            f"{self.connected} files of databases": self.connected > CONNECTED,
            f"{self.held_bytes} bytes, {before.held_bytes} before": self.held_bytes > before.held_bytes + GROWN_BYTES,
        }
        return [what for what, found in odd.items() if found]


@dataclass(frozen=True, slots=True)
class Served:
    """A service in a process of its own."""

    process: int
    client: httpx.Client
    said: Path

    def send(self, way: str, name: str, content: bytes) -> httpx.Response:
        """The answer to a file that is dealt with in one of WAYS."""
        address, form = WAYS[way]
        return self.client.post(address, data=form, files={"file": (name, content, "video/mp4")})


@contextmanager
def served(data: Path, spool: Path) -> Iterator[Served]:
    """`sightsound serve` on a data folder; killed at the end of the block."""
    environment = {**os.environ, **LIMITS, "SIGHTSOUND_SPOOL": str(spool), "PYTHONUNBUFFERED": "1"}
    environment["SIGHTSOUND_LOG_LEVEL"] = "error"  # so that whatever it says is a fault of its own
    command = [sys.executable, "-m", "sightsound", "serve", "--data", str(data), "--port", "0"]
    said = data.parent / "said"
    with (
        said.open("w") as errors,
        subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=errors, text=True, cwd=ROOT, env=environment
        ) as process,
    ):
        try:
            assert process.stdout is not None
            address = process.stdout.readline().split()[3]
            with httpx.Client(base_url=address, timeout=PATIENCE_S) as client:
                yield Served(process.pid, client, said)
        finally:
            process.kill()


def faults(answer: httpx.Response, hidden: Path) -> list[str]:
    """What is wrong with the answer to a bad file; `hidden` is a place of this machine that nobody may be told of."""
    if answer.status_code in (200, 201):
        return []
    problem = answer.json()
    code, detail = problem["type"].removeprefix("/problems/"), problem["detail"]
    odd = {
        f"an unexpected problem: {problem}": EXPECTED.get(code) != answer.status_code,
        "no problem document": answer.headers["content-type"] != "application/problem+json",
        f"an odd detail: {detail}": not detail.strip() or "Traceback" in detail or str(hidden) in detail,
    }
    return [what for what, found in odd.items() if found]


@dataclass
class Watch:
    """Somebody who searches by words all the while, and how it went."""

    served: Served
    waited_s: list[float] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)

    @contextmanager
    def asking(self) -> Iterator[None]:
        """One search after another, until the block ends."""
        ended = Event()
        asker = Thread(target=self._ask, args=(ended,))
        asker.start()
        try:
            yield
        finally:
            ended.set()
            asker.join()

    def _ask(self, ended: Event) -> None:
        while not ended.wait(0.02):
            start = time.monotonic()
            answer = self.served.client.get(SEARCH, params={"text": "dog barking", "to": "video", "k": 3})
            self.waited_s.append(time.monotonic() - start)
            if answer.status_code != 200 or len(answer.json()["hits"]) != 3:
                self.refused.append(answer.text)


def names(mutants: list[Mutant]) -> Iterator[tuple[str, str, bytes]]:
    """Each of them with one of WAYS, in turn, and what it is called when it is sent."""
    ways = list(WAYS)
    for number, mutant in enumerate(mutants):
        yield ways[number % len(ways)], f"{mutant.group}, {mutant.name}.mp4", mutant.content

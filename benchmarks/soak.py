"""The command `python -m benchmarks.soak`: very many requests of all kinds, and what the service holds by then."""

import os
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import cycle, islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated

import httpx
import typer

from tests.faults import processes
from tests.tiny.bundles import CLASSES, tiny_library
from tests.tiny.clips import tiny_clip

DEMO = "/v1/galleries/demo"
MOST_GROWN_MIB = 50
Ask = Callable[[httpx.Client, int], httpx.Response]


@dataclass(frozen=True, slots=True)
class Held:
    """What a process holds: bytes of memory, open files other than connections, and threads."""

    held_bytes: int
    files: int
    threads: int

    @classmethod
    def of(cls, process: int) -> "Held":
        """As it is now."""
        opened = [each for each in processes.open_files(process) if not each.startswith("socket")]
        return cls(processes.held_bytes(process), len(opened), processes.threads(process))

    def __str__(self) -> str:
        return f"{self.held_bytes / 2**20:.0f} MiB, {self.files} files, {self.threads} threads"


def kinds(clip: bytes, noise: bytes) -> tuple[tuple[int, Ask], ...]:
    """What is asked, and the status that it is answered with: most of it is quick, a little of it takes long."""
    file, odd = {"file": ("clip.mp4", clip)}, {"file": ("odd.mp4", noise)}
    batch = {"route": "text->video", "queries": [{"text": "one"}, {"text": "two"}]}
    words: tuple[int, Ask] = (200, lambda to, i: to.get(f"{DEMO}/search", params={"text": CLASSES[i % len(CLASSES)]}))
    quick: tuple[tuple[int, Ask], ...] = (
        (200, lambda to, i: to.get(f"{DEMO}/search", params={"text": f"never asked {i}", "to": "audio"})),
        (422, lambda to, i: to.get(f"{DEMO}/search", params={"text": "x", "k": "many"})),
        (404, lambda to, i: to.get(f"/v1/galleries/none-{i}/search", params={"text": "x"})),
        (404, lambda to, i: to.get(f"/nothing/{i}")),
        (200, lambda to, i: to.get(f"{DEMO}/clips", params={"limit": 3})),
        (200, lambda to, i: to.get(DEMO)),
        (200, lambda to, i: to.get("/livez")),
        (200, lambda to, i: to.get("/readyz")),
        (200, lambda to, i: to.post(f"{DEMO}/search/batch", json=batch)),
        (422, lambda to, i: to.post(f"{DEMO}/search/batch", json={"route": "text->video", "queries": []})),
    )
    slow: tuple[tuple[int, Ask], ...] = (
        (200, lambda to, i: to.post(f"{DEMO}/search", data={"from": "video"}, files=file)),
        (200, lambda to, i: to.post("/v1/classify", files=file)),
        (422, lambda to, i: to.post(f"{DEMO}/search", data={"from": "audio"}, files=odd)),
    )
    return (*(each for one in quick for each in (words, words, one)), *slow)


def asked(address: str, kinds: tuple[tuple[int, Ask], ...], *, requests: int, clients: int) -> Counter[str]:
    """How often each kind was answered otherwise than it should be, by so many clients at once."""

    def ask(first: int) -> Counter[str]:
        odd: Counter[str] = Counter()
        with httpx.Client(base_url=address, timeout=120) as client:
            for i, (expected, kind) in islice(enumerate(cycle(kinds)), first, requests, clients):
                if (found := kind(client, i)).status_code != expected:
                    odd[f"{found.request.method} {found.request.url.path}: {found.status_code}"] += 1
        return odd

    with ThreadPoolExecutor(clients) as threads:
        return sum(threads.map(ask, range(clients)), Counter())


@contextmanager
def served(data: Path) -> Iterator[tuple[int, str]]:
    """The service in a process of its own: its number and address; ended with the block."""
    command = [sys.executable, "-m", "sightsound", "serve", "--data", str(data), "--port", "0"]
    environment = {**os.environ, "SIGHTSOUND_JOB_WORKERS": "0", "PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=environment
    ) as process:
        try:
            assert process.stdout is not None
            yield process.pid, process.stdout.readline().split()[3]
        finally:
            process.terminate()


def main(
    requests: Annotated[int, typer.Option(min=1000, help="How many in all.")] = 500_000,
    clients: Annotated[int, typer.Option(min=1, help="How many ask at once.")] = 4,
) -> None:
    """Print what the service holds after a tenth of the requests and after all; fail if it has grown by too much."""
    with TemporaryDirectory() as folder:
        clip = tiny_clip(Path(folder) / "clip.mp4", seconds=1.0).read_bytes()
        all_kinds = kinds(clip, b"no clip" * 100)
        with served(tiny_library(Path(folder) / "data")) as (process, address):
            odd = asked(address, all_kinds, requests=requests // 10, clients=clients)
            before = Held.of(process)
            typer.echo(f"after {requests // 10:,} requests: {before}")
            odd += asked(address, all_kinds, requests=requests - requests // 10, clients=clients)
            after = Held.of(process)
            typer.echo(f"after {requests:,}: {after}; answered otherwise than expected: {dict(odd) or 'none'}")
    grown_mib = (after.held_bytes - before.held_bytes) / 2**20
    if odd or grown_mib > MOST_GROWN_MIB or after.files > before.files:
        raise typer.Exit(1)


if __name__ == "__main__":
    typer.run(main)

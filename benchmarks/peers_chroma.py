"""Chroma's server, asked over HTTP by its own client on the same machine."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from socket import socket
from typing import Any

import chromadb
from chromadb.config import Settings

from benchmarks.peers_store import LINKS, LOOKED_AT, WALKS, Ask, K, Step, Store
from models.types import F32

START_S = 60.0
NAME = "vectors"
SERVE = "from chromadb.cli.cli import app; app()"


class Chroma:
    """A collection without an embedding function; its server runs until `running` is closed."""

    def __init__(self, folder: Path, running: ExitStack) -> None:
        self._folder, self._running = folder, running
        self._client = self._start()
        configuration = {"hnsw": {"space": "l2", "ef_construction": LOOKED_AT, "max_neighbors": LINKS}}
        self._collection = self._client.create_collection(NAME, embedding_function=None, configuration=configuration)

    def build(self, vectors: F32) -> None:
        """In batches as large as it takes; the first query waits for what is not indexed yet."""
        most = self._client.get_max_batch_size()
        for start in range(0, len(vectors), most):
            rows = vectors[start : start + most]
            self._collection.add(ids=[str(start + i) for i in range(len(rows))], embeddings=rows)
        self.asking({})(vectors[0])

    def steps(self) -> Sequence[Step]:
        """Lengths of the list that a walk keeps."""
        return [{"ef_search": walk} for walk in WALKS]

    def asking(self, step: Step) -> Ask:
        """Only ids are asked for. A server is started anew: a graph in its memory keeps the length it was read with."""
        if step:
            self._collection.modify(configuration={"hnsw": dict(step)})
            self._running.close()
            self._client = self._start()
            self._collection = self._client.get_collection(NAME, embedding_function=None)

        def ask(query: F32) -> Sequence[int]:
            found = self._collection.query(query_embeddings=[query], n_results=K, include=[])
            return [int(each) for each in found["ids"][0]]

        return ask

    def _start(self) -> Any:
        port = _free_port()
        return _client(port, self._running.enter_context(_serving(self._folder, port)))


@contextmanager
def server(folder: Path) -> Iterator[Store]:
    """On a free port, with its telemetry off; stopped in the end."""
    with ExitStack() as running:
        yield Chroma(folder, running)


@contextmanager
def _serving(folder: Path, port: int) -> Iterator["subprocess.Popen[bytes]"]:
    command = [sys.executable, "-c", SERVE, "run", "--path", str(folder), "--host", "127.0.0.1", "--port", str(port)]
    quiet, silent = {**os.environ, "ANONYMIZED_TELEMETRY": "False"}, subprocess.DEVNULL
    with subprocess.Popen(command, env=quiet, stdin=silent, stdout=silent, stderr=silent) as process:
        try:
            yield process
        finally:
            process.terminate()


def _client(port: int, process: "subprocess.Popen[bytes]") -> Any:
    """A client once the server answers; raises TimeoutError where it does not."""
    until = time.monotonic() + START_S
    while time.monotonic() < until and process.poll() is None:
        with suppress(ValueError):  # as its client says that nobody listens
            quiet = Settings(anonymized_telemetry=False)  # a new one each time: the client writes its port into it
            return chromadb.HttpClient("127.0.0.1", port, settings=quiet)
        time.sleep(0.1)
    raise TimeoutError(f"Chroma's server does not answer on port {port}")


def _free_port() -> int:
    with socket() as listening:
        listening.bind(("127.0.0.1", 0))
        port: int = listening.getsockname()[1]
        return port

"""A hub on this machine: what huggingface_hub asks one for, over HTTP, and everything that can go wrong."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import sha1, sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

LARGE = ".onnx"
"""What a hub keeps apart: it answers with another address, its sha256 and its size."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A request as it came."""

    method: str
    path: str
    start: int
    token: str | None


@dataclass
class HubServer:
    """Repositories by name, their commits by hash, the files of each; `branches` are of every repository.

    Args:
        status: answered to everything instead of a file.
        breaks: so many answers with a body end in the middle of it.
        lies: the sha256 that it says of large files.
    """

    address: str
    repositories: dict[str, dict[str, dict[str, bytes]]] = field(default_factory=dict)
    branches: dict[str, str] = field(default_factory=dict)
    asked: list[Asked] = field(default_factory=list)
    status: int | None = None
    breaks: int = 0
    lies: str | None = None

    @property
    def fetched(self) -> list[str]:
        """The files whose bytes were asked for, in order."""
        return [each.path.partition("/cdn/")[2].split("/", 3)[-1] for each in self.asked if "/cdn/" in each.path]


class _Handler(BaseHTTPRequestHandler):
    hub: HubServer

    def do_HEAD(self) -> None:
        self._answer(body=False)

    def do_GET(self) -> None:
        self._answer(body=True)

    def log_message(self, format: str, *args: object) -> None:
        """Nothing on the screen."""

    def _answer(self, *, body: bool) -> None:
        start = int(self.headers.get("Range", "bytes=0-").removeprefix("bytes=").rstrip("-"))
        self.hub.asked.append(Asked(self.command, self.path, start, self.headers.get("Authorization")))
        if self.hub.status is not None:
            self._refuse(self.hub.status, "")
        elif self.path.startswith("/cdn/"):
            owner, name, commit, file = self.path.removeprefix("/cdn/").split("/", 3)
            self._send(self.hub.repositories[f"{owner}/{name}"][commit][file], start, body=body)
        else:
            self._resolve(body=body)

    def _resolve(self, *, body: bool) -> None:
        repository, _, rest = self.path.lstrip("/").partition("/resolve/")
        revision, _, file = rest.partition("/")
        if repository not in self.hub.repositories:
            return self._refuse(401, "RepoNotFound")
        commit = self.hub.branches.get(revision, revision)
        files = self.hub.repositories[repository].get(commit)
        if files is None:
            return self._refuse(404, "RevisionNotFound")
        if file not in files:
            return self._refuse(404, "EntryNotFound")
        self._lead(f"{repository}/{commit}/{file}", files[file], commit)
        return None

    def _lead(self, path: str, content: bytes, commit: str) -> None:
        """To the bytes, with what a hub says of them."""
        self.send_response(302)
        self.send_header("X-Repo-Commit", commit)
        self.send_header("X-Linked-Size", str(len(content)))
        digest = sha256(content).hexdigest() if path.endswith(LARGE) else sha1(content).hexdigest()
        self.send_header("X-Linked-Etag", f'"{self.hub.lies or digest}"')
        # Another host: what a client is told of a file it hears before it is led away.
        self.send_header("Location", f"{self.hub.address.replace('127.0.0.1', 'localhost')}/cdn/{path}")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def _send(self, content: bytes, start: int, *, body: bool) -> None:
        self.send_response(206 if start else 200)
        if start:
            self.send_header("Content-Range", f"bytes {start}-{len(content) - 1}/{len(content)}")
        self.send_header("Content-Length", str(len(content) - start))
        self.end_headers()
        if not body:
            return
        if self.hub.breaks > 0:
            self.hub.breaks -= 1
            self.wfile.write(content[start : start + (len(content) - start) // 2])
            self.close_connection = True
            return
        self.wfile.write(content[start:])

    def _refuse(self, status: int, code: str) -> None:
        self.send_response(status)
        self.send_header("X-Error-Code", code)
        self.send_header("Content-Length", "0")
        self.end_headers()


@contextmanager
def hub_server() -> Iterator[HubServer]:
    """A hub that listens until the block ends."""
    handler = type("Handler", (_Handler,), {})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        host, port = server.server_address[:2]
        hub = HubServer(f"http://{host!s}:{port}")
        handler.hub = hub  # type: ignore[attr-defined]
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield hub
        finally:
            server.shutdown()
            thread.join()

"""From a call to requests of httpx, and from what comes back to answers or refusals."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from io import BufferedReader
from pathlib import Path
from typing import Any, Self, TypeVar

import httpx
from pydantic import ValidationError

from sightsound.answers import Problem
from sightsound.client.call import Call, Told
from sightsound.client.reaching import lost
from sightsound.client.saving import Landing

A = TypeVar("A")
UNTYPED = "application/octet-stream"
"""What files are sent as: their content says what they are; a guess by the name takes an MPEG stream for a text."""


class ServiceRefused(Exception):
    """The service refused a request; `problem` says why."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(f"{problem.title} {problem.detail}")
        self.problem = problem

    def __reduce__(self) -> tuple[type[Self], tuple[Problem]]:
        """Made anew of the problem where it is unpickled, as in the process that asked for it."""
        return type(self), (self.problem,)


@contextmanager
def request_of(http: httpx.Client | httpx.AsyncClient, call: Call[A], place: Landing | None) -> Iterator[httpx.Request]:
    """The request of a call, with its files open until the block ends; made anew for each attempt."""
    once = {"Idempotency-Key": call.once} if call.once else {}
    headers = {**once, **(call.headers or {}), **(place.headers() if place else {})}
    with ExitStack() as opened:
        yield http.build_request(
            call.method,
            call.address,
            params=call.query,
            json=call.json,
            data=None if call.form is None else dict(call.form),
            files=None if call.files is None else list(_parts(call, opened)),
            headers=headers,
        )


def outcome(call: Call[A], answer: httpx.Response | None, error: httpx.TransportError | None) -> A:
    """What the last attempt brought; raises ServiceRefused, or the error where no answer came."""
    if answer is None:
        assert error is not None, "either came"
        raise lost(error) from error
    if not answer.is_success:
        raise ServiceRefused(problem_of(answer) or _strange(answer))
    try:
        return call.read(answer)
    except ValidationError as strange:
        raise ServiceRefused(_strange(answer)) from strange


def _strange(answer: httpx.Response) -> Problem:
    """What something else than the service said, such as a proxy before it."""
    to = f", to {answer.headers['location']}" if "location" in answer.headers else ""
    return Problem(
        type="about:blank",
        title="The service could not answer.",
        status=answer.status_code,
        detail=f"{answer.url} said {answer.status_code}{to}, in other words than those of a Sightsound service",
        instance=answer.url.path,
    )


def problem_of(answer: httpx.Response) -> Problem | None:
    """What a refusal says of itself; None where it is not the service that refused, but something before it."""
    if "json" not in answer.headers.get("content-type", ""):
        return None
    try:
        return Problem.model_validate_json(answer.content)
    except ValidationError:
        return None


def _parts(call: Call[A], opened: ExitStack) -> Iterator[tuple[str, tuple[str, Any, str]]]:
    assert call.files is not None
    paths = [Path(each) for each in call.files.paths]
    progress = None if call.files.told is None else _Progress(sum(map(_size_bytes, paths)), call.files.told)
    for path in paths:
        file = opened.enter_context(path.open("rb"))
        yield call.files.field, (path.name, file if progress is None else _Watched(file, progress), UNTYPED)


def _size_bytes(path: Path) -> int:
    return path.stat().st_size


class _Progress:
    """How much of all files of one request was sent."""

    def __init__(self, total: int, told: Told) -> None:
        self._sent, self._total, self._told = 0, total, told

    def sent(self, count: int) -> None:
        self._sent += count
        self._told(self._sent, self._total)


class _Watched:
    """A file whose reading is told; httpx asks for its length by its descriptor."""

    def __init__(self, file: BufferedReader, progress: _Progress) -> None:
        self._file, self._progress = file, progress

    def fileno(self) -> int:
        return self._file.fileno()

    def read(self, count: int = -1) -> bytes:
        found = self._file.read(count)
        if found:
            self._progress.sent(len(found))
        return found

"""From a call to requests of httpx, and from what comes back to answers or refusals."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from io import BufferedReader
from pathlib import Path
from typing import Any, TypeVar

import httpx
from pydantic import ValidationError

from sightsound.answers import Problem
from sightsound.client.call import Call, Told

A = TypeVar("A")
UNTYPED = "application/octet-stream"
"""What files are sent as: their content says what they are; a guess by the name takes an MPEG stream for a text."""


class ServiceRefused(Exception):
    """The service refused a request; `problem` says why."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(f"{problem.title} {problem.detail}")
        self.problem = problem


@contextmanager
def request_of(http: httpx.Client | httpx.AsyncClient, call: Call[A]) -> Iterator[httpx.Request]:
    """The request of a call, with its files open until the block ends; made anew for each attempt."""
    headers = {**({"Idempotency-Key": call.once} if call.once else {}), **(call.headers or {})}
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


def accepted(answer: httpx.Response) -> httpx.Response:
    """The answer, if it is no refusal; raises ServiceRefused."""
    if answer.is_success:
        return answer
    problem = problem_of(answer) or Problem(
        type="about:blank",
        title="The service could not answer.",
        status=answer.status_code,
        detail=f"{answer.url} said {answer.status_code}, without a problem document",
        instance=answer.url.path,
    )
    raise ServiceRefused(problem)


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

"""How the client reaches the service: requests out, checked answers back."""

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any, TypeVar

import httpx

from sightsound.answers import Answer, Problem
from sightsound.asking import Fields

A = TypeVar("A", bound=Answer)
UNTYPED = "application/octet-stream"
"""What files are sent as: their content says what they are; a guess by the name takes an MPEG stream for a text."""


class ServiceRefused(Exception):
    """The service refused a request; `problem` says why."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(f"{problem.title} {problem.detail}")
        self.problem = problem


class Transport:
    """Connections to the service at `base_url`; close it.

    Every method raises ServiceRefused for a refusal, and httpx.TransportError when the service cannot be reached.
    """

    def __init__(self, base_url: str, *, timeout_s: float) -> None:
        self._http = httpx.Client(base_url=base_url, timeout=timeout_s)

    def close(self) -> None:
        """Let the connections go."""
        self._http.close()

    def ask(
        self,
        kind: type[A],
        method: str,
        address: str,
        *,
        query: Fields | None = None,
        json: Mapping[str, Any] | None = None,
    ) -> A:
        """The answer to a request that has parameters, or a JSON body."""
        return kind.model_validate_json(_accepted(self._http.request(method, address, params=query, json=json)).content)

    def send(self, kind: type[A], address: str, *, form: Fields, field: str, paths: Sequence[Path | str]) -> A:
        """The answer to a form with files, each under its own name."""
        with ExitStack() as opened:
            files = [(field, (Path(each).name, opened.enter_context(Path(each).open("rb")), UNTYPED)) for each in paths]
            answer = self._http.post(address, data=form, files=files)
        return kind.model_validate_json(_accepted(answer).content)

    def delete(self, address: str) -> None:
        """Have something deleted."""
        _accepted(self._http.delete(address))

    def content(self, address: str, *, query: Fields | None = None) -> bytes:
        """The bytes at an address."""
        return _accepted(self._http.get(address, params=query)).content


def _accepted(answer: httpx.Response) -> httpx.Response:
    if answer.is_success:
        return answer
    if "json" in answer.headers.get("content-type", ""):
        raise ServiceRefused(Problem.model_validate_json(answer.content))
    raise ServiceRefused(
        Problem(
            type="about:blank",
            title="The service could not answer.",
            status=answer.status_code,
            detail=f"{answer.url} said {answer.status_code}, without a problem document",
            instance=answer.url.path,
        )
    )

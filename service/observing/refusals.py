"""Which kind of problem the request at hand was answered with."""

from contextvars import ContextVar

_code: ContextVar[str | None] = ContextVar("problem", default=None)


def note(code: str | None) -> None:
    """The request of this context is answered with a problem of this kind; None: a new request begins."""
    _code.set(code)


def noted() -> str | None:
    """The kind that was noted, if any."""
    return _code.get()

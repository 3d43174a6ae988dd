"""What a command says, in one line, when it cannot do what it was asked."""

import typer
from pydantic import ValidationError

from models.errors import DependencyMissing, SightsoundError
from models.faults import said
from sightsound.client.exchange import ServiceRefused

EXTRA = "pip install 'sightsound[cpu]'"
UNAUTHORIZED = 401
FAILURES = (
    SightsoundError,
    ServiceRefused,
    typer.TyperException,
    ValidationError,
    ModuleNotFoundError,
    OSError,
)


def line_of(error: Exception) -> str:
    """What went wrong, in one line."""
    if isinstance(error, ModuleNotFoundError):
        error = _missing(error)
    if isinstance(error, ValidationError):
        return said(error)
    if isinstance(error, ServiceRefused) and error.problem.status == UNAUTHORIZED:
        return f"{error}; --key or the variable SIGHTSOUND_KEY gives one"
    if isinstance(error, typer.TyperException):
        return " ".join(error.format_message().split())
    if isinstance(error, OSError) and error.filename is not None:
        return f"{error.filename}: {error.strerror}"
    return " ".join(str(error).split()) or type(error).__name__


def _missing(error: ModuleNotFoundError) -> DependencyMissing:
    return DependencyMissing(f"the module {error.name!r} is not installed; {EXTRA} brings it")

"""When the network of this machine may change, which browsers are told of: then they give up what they are loading."""

from collections.abc import Iterator
from contextlib import contextmanager
from fcntl import LOCK_EX, LOCK_SH, flock
from pathlib import Path
from tempfile import gettempdir

GATE, INSIDE = "sightsound-networks-gate", "sightsound-networks"


@contextmanager
def staying() -> Iterator[None]:
    """It stays as it is until the block ends; who wants to change it goes first."""
    with _locked(GATE, LOCK_EX):
        inside = (Path(gettempdir()) / INSIDE).open("w")
        flock(inside, LOCK_SH)
    with inside:
        yield


@contextmanager
def changing() -> Iterator[None]:
    """It may be changed within the block, as no test needs it to stay."""
    with _locked(GATE, LOCK_EX), _locked(INSIDE, LOCK_EX):
        yield


@contextmanager
def _locked(name: str, kind: int) -> Iterator[None]:
    with (Path(gettempdir()) / name).open("w") as file:
        flock(file, kind)
        yield

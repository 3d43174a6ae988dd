"""Where clips' files lie: the port that whatever reads or writes them goes through."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

PARTS = tuple(f"{number:02x}" for number in range(256))
"""The folders that media are in: of each its first two digits."""


def place_of(digest: str) -> str:
    """The name of the file that has the bytes of this sha256."""
    return f"{digest[:2]}/{digest}"


@dataclass(frozen=True, slots=True)
class Found:
    """A file that is there: how large, since when, and its path where it is one of this machine's."""

    size_bytes: int
    modified_s: float
    path: Path | None


class Files(Protocol):
    """Files by their names; each is there whole or not at all. `root` says where, as people write it."""

    root: str

    def put(self, source: Path | str, name: str) -> bool:
        """Give it a place that outlives a loss of power: a file of this machine, or one that is here by its name.

        Says whether it is new, False where there was one of that name. The source stays. Raises FileNotFoundError
        where there is no source, Unavailable where nothing can be written.
        """
        ...

    def find(self, name: str) -> Found | None:
        """What there is of that name; raises Unavailable where that cannot be told."""
        ...

    def read(self, name: str, start: int, end: int) -> bytes:
        """The bytes from start up to end, fewer only where it ends before; raises FileNotFoundError, Unavailable."""
        ...

    def remove(self, name: str) -> None:
        """Forget it, if it is there; raises Unavailable."""
        ...

    def listed(self, folder: str) -> Iterator[str]:
        """The names of the files in a folder, which need not be there; "" is that of no folder. Raises Unavailable."""
        ...

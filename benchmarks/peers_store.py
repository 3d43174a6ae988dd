"""What a peer is: a store of vectors that one client asks, one query after the other."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Protocol

from models.types import F32

K = 10
"""Hits a query."""

LINKS, LOOKED_AT = 16, 200
"""Of every graph but our own and LanceDB's: links a node, and candidates looked at when one is added."""

WALKS = (10, 16, 24, 32, 48, 64, 96, 128, 192, 256, 384, 512)
"""Lengths of the list that a walk through those graphs keeps, from quick to thorough."""

Ask = Callable[[F32], Sequence[int]]
"""The rows of the nearest to a query [64], at most ten."""

Step = Mapping[str, int]
"""How hard a search looks, in the store's own words; empty where nothing can be set."""


class Store(Protocol):
    """A store that is open and empty until `build`, which files vectors [n, 64] under the numbers of their rows.

    `steps` go from quick to thorough; `asking` gives the search of one of them, and spoils that of the one before.
    """

    def build(self, vectors: F32) -> None: ...
    def steps(self) -> Sequence[Step]: ...
    def asking(self, step: Step) -> Ask: ...


@dataclass(frozen=True, slots=True)
class Peer:
    """A system under a name that says what it is built with.

    Args:
        package: what its version is asked of.
        modules: what must be installed.
        opened: an empty store in a folder.
        most: how many vectors it is given at most, by what its makers say or as more take too long.
    """

    name: str
    package: str
    modules: tuple[str, ...]
    opened: Callable[[Path], AbstractContextManager[Store]]
    most: int = field(default=10_000_000)

    def __str__(self) -> str:
        return f"{self.name} ({self.package} {version(self.package)})"

    def missing(self, vectors: int) -> str | None:
        """Why it cannot be measured with so many vectors here, None where it can."""
        if odd := [each for each in self.modules if find_spec(each) is None]:
            return f"{', '.join(odd)} is not installed"
        return f"it is for at most {self.most:,} vectors" if vectors > self.most else None

"""What a benchmark is: ways to do the same piece of work, and which of them are compared."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import ClassVar, Protocol

Way = Callable[[], object]
"""Does one piece of work."""


@dataclass(frozen=True, slots=True)
class Contest:
    """Ways that can be tried now, while what they need is open.

    Args:
        ways: by a name that says what is done.
        pairs: names of two ways each: ours, and what it is measured against.
        skipped: what could not be tried on this machine, and why.
        most_calls: of each way, in all rounds together.
        shares: of the work that a way does a call, in (0, 1], where all of it would take too long; its time is scaled
            up. Ways that are not named do all.
    """

    ways: Mapping[str, Way]
    pairs: Sequence[tuple[str, str]]
    skipped: Mapping[str, str] = field(default_factory=dict)
    most_calls: int = 10_000
    shares: Mapping[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if odd := {name for pair in self.pairs for name in pair} ^ self.ways.keys():
            raise ValueError(f"pairs and ways disagree on {sorted(odd)}")


class Benchmark(Protocol):
    """A frozen dataclass whose fields are how much work there is; docs/performance.md explains it under its name."""

    name: ClassVar[str]

    def contest(self) -> AbstractContextManager[Contest]:
        """Prepare the work, and check that all ways give the same answer."""

"""How much of a long piece of work is done."""

from collections.abc import Callable
from dataclasses import dataclass

Progress = Callable[[int, int], None]
"""Is told how many units are done, of how many."""


def unwatched(done: int, total: int) -> None:
    """Nobody looks."""


@dataclass
class Tally:
    """Counts units that are done and tells of each."""

    total: int
    progress: Progress
    done: int = 0

    def advance(self, units: int = 1) -> None:
        """So many more are done."""
        self.done += units
        self.progress(self.done, self.total)

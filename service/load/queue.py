"""Those who wait for a turn, by who asked: what one of them asks for many times waits behind their own."""

import asyncio
from collections import deque
from collections.abc import Callable

Waiting = asyncio.Future[None]


class Queue:
    """Turns that are waited for, first come first of each caller."""

    def __init__(self) -> None:
        self._by: dict[str, deque[Waiting]] = {}

    def __len__(self) -> int:
        return sum(map(len, self._by.values()))

    def add(self, who: str, turn: Waiting) -> None:
        """To the end of a caller's own."""
        self._by.setdefault(who, deque()).append(turn)

    def remove(self, who: str, turn: Waiting) -> None:
        """One that is waited for no more."""
        self._by[who].remove(turn)
        self._tidied(who)

    def first(self, held: Callable[[str], int], may: Callable[[str], bool]) -> tuple[str, Waiting] | None:
        """Out of it, the first of the caller who may have one and holds the fewest; of several, who had none longest.

        None where nobody who waits may.
        """
        if (who := min(filter(may, self._by), key=held, default=None)) is None:
            return None
        own = self._by.pop(who)
        turn = own.popleft()
        if own:
            self._by[who] = own  # behind the others
        return who, turn

    def last_of_most(self, who: str) -> Waiting | None:
        """Out of it, the last of the caller who waits most often; None where that is hardly more often than `who`."""
        most = max(self._by, key=lambda each: len(self._by[each]), default=who)
        if len(self._by.get(most, ())) <= len(self._by.get(who, ())) + 1:
            return None
        turn = self._by[most].pop()
        self._tidied(most)
        return turn

    def _tidied(self, who: str) -> None:
        if not self._by[who]:
            del self._by[who]

"""A simulation of queues: what goes through parts that are busy, and waits where they are.

The few lines that SimPy would have saved: with it the same model took three to six times as long, and found the same.
"""

import heapq
from collections import deque
from collections.abc import Iterator
from typing import Union

Steps = Iterator[Union[float, "Part"]]
"""What something that goes through the parts does next: stay for so many seconds, or wait for a turn of a part."""


class Clock:
    """The time, and what is due when."""

    def __init__(self) -> None:
        self.now = 0.0
        self._due: list[tuple[float, int, Steps]] = []
        self._number = 0

    def begin(self, steps: Steps, *, after_s: float = 0.0) -> None:
        """Something goes on its way, now or later; of those due at once the first to be begun is first."""
        self._number += 1
        heapq.heappush(self._due, (self.now + after_s, self._number, steps))

    def run(self) -> None:
        """Until nothing is under way."""
        while self._due:
            self.now, _, steps = heapq.heappop(self._due)
            self._go_on(steps)

    def _go_on(self, steps: Steps) -> None:
        """As far as it comes without waiting."""
        for asked in steps:
            if isinstance(asked, Part):
                if not asked.enter(steps):
                    return
            else:
                self.begin(steps, after_s=asked)
                return


class Part:
    """So many turns at once, first come first served; who has had a turn must `leave`."""

    def __init__(self, clock: Clock, at_once: int) -> None:
        self._clock, self._free = clock, at_once
        self._queue = deque[Steps]()

    @property
    def waiting(self) -> int:
        return len(self._queue)

    def enter(self, steps: Steps) -> bool:
        """Whether there is a turn now; else it comes when it is theirs."""
        if self._free:
            self._free -= 1
            return True
        self._queue.append(steps)
        return False

    def leave(self) -> None:
        """The turn is that of who is next."""
        if self._queue:
            self._clock.begin(self._queue.popleft())
        else:
            self._free += 1


class Shards:
    """Parts that each get a piece of everything, one piece after the other; all is done when the last piece is.

    As every part gets its pieces in the same order, when each is free is all there is to remember.
    """

    def __init__(self, count: int) -> None:
        self._free_at = [0.0] * count

    def stay(self, now: float, pieces: Iterator[float]) -> float:
        """For how long one stays whose pieces take so many seconds."""
        last = now
        for shard, piece in enumerate(pieces):
            free_at = self._free_at[shard]
            done = (free_at if free_at > now else now) + piece
            self._free_at[shard] = done
            if done > last:
                last = done
        return last - now

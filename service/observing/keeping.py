"""What takes a while to find out, found out at most every so often."""

from collections.abc import Callable
from threading import Lock
from time import monotonic
from typing import Generic, TypeVar

T = TypeVar("T")


class Kept(Generic[T]):
    """What `find` returned, for `for_s` seconds; whoever asks meanwhile is given the same. A failure is not kept."""

    def __init__(self, find: Callable[[], T], *, for_s: float) -> None:
        self._find, self._for_s = find, for_s
        self._lock = Lock()
        self._found: tuple[T, float] | None = None

    def get(self) -> T:
        """As `find`, or as it was a little while ago; raises as `find` does."""
        with self._lock:
            if self._found is None or monotonic() >= self._found[1]:
                found = self._find()
                self._found = found, monotonic() + self._for_s
            return self._found[0]

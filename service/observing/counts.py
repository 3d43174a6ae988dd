"""Counts of what happened, kept where it happens and read when somebody looks."""

from collections import Counter
from threading import Lock


class Counts:
    """How often each of a few things happened; safe to use from several threads."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._counts: Counter[str] = Counter()

    def add(self, name: str, times: int = 1) -> None:
        """It happened, so many times."""
        with self._lock:
            self._counts[name] += times

    def read(self) -> dict[str, int]:
        """All of them, as of now."""
        with self._lock:
            return dict(self._counts)

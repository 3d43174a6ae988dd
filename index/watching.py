"""Who watches long work."""

from typing import Protocol


class Watch(Protocol):
    """Told how the vectors of a generation are coming: how many more windows have one, and what is being done now."""

    def did(self, items: int = 1) -> None: ...
    def stage(self, name: str) -> None: ...


class Unwatched:
    """Nobody."""

    def did(self, items: int = 1) -> None:
        """Nobody wants to know."""

    def stage(self, name: str) -> None:
        """Nobody wants to know."""


UNWATCHED = Unwatched()

"""Files that are whole or not there: what was written last survives a kill at any moment."""

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import current_thread, main_thread
from typing import BinaryIO

from models.disk import sync


def write_whole(path: Path, fill: Callable[[BinaryIO], object]) -> None:
    """Replace a file by what `fill` writes, all at once; it is on the disk before this returns.

    Ctrl+C waits until then: torch's writer makes another error of it.
    """
    fresh = path.with_name(f".{path.name}.fresh")
    with _undisturbed():
        with fresh.open("wb") as file:
            fill(file)
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(path)
        sync(path.parent)


@contextmanager
def _undisturbed() -> Iterator[None]:
    """A block after whose end Ctrl+C comes that was pressed in it; only the main thread hears of it at all."""
    if current_thread() is not main_thread():
        yield
        return
    pressed: list[int] = []
    before = signal.signal(signal.SIGINT, lambda number, _: pressed.append(number))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
    if pressed:
        signal.raise_signal(signal.SIGINT)

"""Folders of backbones that are whole or not there."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from models.errors import Conflict


def check_free(folder: Path) -> None:
    """Raise Conflict where there is a backbone of that name: it is never replaced."""
    if folder.exists():
        raise Conflict(f"there is {folder.name} in {folder.parent} already")


@contextmanager
def building(folder: Path) -> Iterator[Path]:
    """A place beside, to write a backbone's folder to, that becomes `folder` on success and disappears on failure.

    Raises:
        Conflict: as `check_free`.
    """
    check_free(folder)
    folder.parent.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=folder.parent, prefix=".backbone-") as scratch:
        draft = Path(scratch) / "whole"
        yield draft
        draft.rename(folder)

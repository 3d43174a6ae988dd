"""Data folders that are filled once a process and copied: to fill one takes half a second, a copy a tenth of that."""

import atexit
from collections.abc import Callable
from functools import cache
from pathlib import Path
from shutil import copytree, rmtree
from tempfile import mkdtemp

from tests.tiny.postgres import copy_database

Fill = Callable[[Path, str | None], None]
"""Fills an empty data folder, and an empty catalog at that address or in the folder, and leaves both closed."""

MADE: list[Path] = []
"""The folders of this process."""


def lay(fill: Fill, folder: Path, catalog: str | None = None) -> None:
    """Make `folder`, and the PostgreSQL database `catalog` if one is named, what `fill` makes of empty ones."""
    if catalog is None:
        copytree(_filled(fill), folder, dirs_exist_ok=True)
        return
    server, _, name = catalog.rpartition("/")
    made, database = _filled_on(fill, server)
    copytree(made, folder, dirs_exist_ok=True)
    copy_database(server, database, name)


@cache
def _filled(fill: Fill) -> Path:
    folder = temporary()
    fill(folder, None)
    return folder


@cache
def _filled_on(fill: Fill, server: str) -> tuple[Path, str]:
    """The same with its catalog on a server: the folder, and the database that is never opened again."""
    folder, database = temporary(), f"filled_{len(MADE)}"
    copy_database(server, "migrated", database)
    fill(folder, f"{server}/{database}")
    return folder, database


def temporary() -> Path:
    """A folder for as long as this process lives."""
    folder = Path(mkdtemp(prefix="copied-"))
    MADE.append(folder)
    return folder


@atexit.register
def forget() -> None:
    """Remove those folders; the tests' workers end without `atexit` and call it themselves."""
    while MADE:
        rmtree(MADE.pop(), ignore_errors=True)

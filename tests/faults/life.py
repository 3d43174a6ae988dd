"""What a process does to a gallery until it is killed, or kills itself; it tells of each deed on a pipe."""

import os
import shutil
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.connection import Connection
from random import Random
from typing import Any, Literal

from sqlalchemy.engine.default import DefaultDialect

from index import generations
from index.catalog.database import Database
from index.deleting import delete
from index.galleries import Galleries
from index.gallery import Gallery
from index.reindexing import Rules
from index.stores import Stores
from tests.faults.home import BUNDLES, Home

RULES = Rules(tolerance=None, kept=1)
What = Literal["commits", "files"]
Touch = tuple[Any, str]
TOUCHES: tuple[Touch, ...] = (
    *((os, name) for name in ("rename", "replace", "link", "unlink", "fsync")),
    (shutil, "rmtree"),
)
"""Where a process touches the disk, beside the commits of what it writes."""


@dataclass(frozen=True)
class Told:
    """A deed, done to a clip or not to one, as begun or done."""

    deed: str
    clip: int
    is_done: bool


@dataclass
class Death:
    """A process that kills itself at a commit, or a touch of a file, of this number: right before or right after."""

    at: int
    count: int = 0
    is_writing: bool = False

    def watch_files(self) -> None:
        """Count touches from now on."""
        for owner, name in TOUCHES:
            setattr(owner, name, self._watched(getattr(owner, name)))

    def watch_commits(self) -> None:
        """Count commits from now on, but not those of who only read."""
        writing, commit = Database.writing, DefaultDialect.do_commit
        watched = self._watched(commit)

        @contextmanager
        def noted(database: Database) -> Iterator[Any]:
            with writing(database) as connection:
                self.is_writing = True
                yield connection
            self.is_writing = False

        def committed(dialect: Any, connection: Any) -> None:
            (watched if self.is_writing else commit)(dialect, connection)

        setattr(Database, "writing", noted)  # noqa: B010 - a type checker minds the plain way
        setattr(DefaultDialect, "do_commit", committed)  # noqa: B010

    def _watched(self, touch: Callable[..., Any]) -> Callable[..., Any]:
        def touched(*arguments: Any, **named: Any) -> Any:
            self._pass()
            found = touch(*arguments, **named)
            self._pass()
            return found

        return touched

    def _pass(self) -> None:
        if self.count == self.at:
            os.kill(os.getpid(), signal.SIGKILL)
        self.count += 1


class Life:
    """One process on a data folder, with every vector worth a snapshot."""

    def __init__(self, home: Home, teller: Connection, *, seed: int) -> None:
        vars(generations)["WORTH"] = 1
        self._home, self._teller, self._random = home, teller, Random(seed)
        self._next = 1000 + 1000 * seed
        self._stores = Stores.open(home.folder, home.catalog)
        self._galleries = Galleries(self._stores)
        self._gallery: Gallery = self._galleries.get("demo")

    def go(self, deed: str) -> None:
        """Do it, and tell before and after."""
        clip = self._chosen(deed)
        self._teller.send(Told(deed, clip, is_done=False))
        DEEDS[deed](self, clip)
        self._teller.send(Told(deed, clip, is_done=True))

    def add(self, clip: int) -> None:
        self._home.add(self._gallery, clip)

    def remove(self, clip: int) -> None:
        found = next(each for each in self._gallery.clips() if each.metadata["seed"] == clip)
        self._gallery.remove(found.id)

    def reindex(self, _: int) -> None:
        now = self._gallery.active.bundle.name
        self._gallery.reindex(next(each for each in BUNDLES if each != now), rules=RULES)

    def roll_back(self, _: int) -> None:
        ready = [each.number for each in self._gallery.generations() if each.state == "ready"]
        others = [each for each in ready if each != self._gallery.active.number]
        if others:
            self._gallery.roll_back(others[0])

    def keep(self, _: int) -> None:
        self._gallery.keep()

    def compact(self, _: int) -> None:
        self._gallery.compact()

    def delete(self, _: int) -> None:
        delete(self._stores, "doomed")

    def make_doomed(self) -> None:
        """A second gallery, with a clip that "demo" has and one that it has not."""
        if "doomed" not in self._galleries.names():
            self._galleries.create("doomed", "tiny")
        for clip in (*sorted(self._home.seeds(self._gallery))[:1], 777):
            self._home.add(self._galleries.get("doomed"), clip)

    def _chosen(self, deed: str) -> int:
        if deed == "add":
            self._next += 1
            return self._next
        if deed == "remove":
            return self._random.choice(sorted(self._home.seeds(self._gallery)))
        return -1


DEEDS: dict[str, Callable[[Life, int], None]] = {
    "add": Life.add,
    "remove": Life.remove,
    "reindex": Life.reindex,
    "roll_back": Life.roll_back,
    "keep": Life.keep,
    "compact": Life.compact,
    "delete": Life.delete,
}


BEFORE = {"keep": ("add", "add"), "remove": ("add",), "roll_back": ("reindex",)}
"""What must be done so that there is something to do."""


def live(home: Home, teller: Connection, *, seed: int) -> None:
    """Go on with whatever comes, until killed from outside; deeds that need clips wait for some."""
    life, random = Life(home, teller, seed=seed), Random(seed)
    usual = ("add", "add", "add", "remove", "remove", "reindex", "roll_back", "keep", "compact")
    while True:
        life.go(random.choice(usual))


def die(home: Home, teller: Connection, *, seed: int, deed: str, what: What, at: int) -> None:
    """One deed, at a moment of which the process kills itself; it tells -2 as the clip when it has lived through it."""
    life, death = Life(home, teller, seed=seed), Death(at)
    if deed == "delete":
        life.make_doomed()
    for each in BEFORE.get(deed, ()):
        life.go(each)
    if what == "commits":
        death.watch_commits()
    else:
        death.watch_files()
    life.go(deed)
    teller.send(Told("survived", -2, is_done=True))
    teller.close()
    os._exit(0)  # nothing more is touched

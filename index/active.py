"""Which generation answers for a gallery, in step with the catalog."""

import logging
from collections.abc import Callable, Collection
from threading import Lock, Thread
from time import monotonic

from index import generations
from index.catalog import changes, features, galleries
from index.catalog.database import Connection
from index.catalog.galleries import BundleRow, GalleryState
from index.corrections import stored
from index.generations import Generation
from index.searching import Searcher
from index.shelf import Shelf
from index.stores import Stores
from index.watching import UNWATCHED, Watch
from index.whereabouts import Whereabouts
from models.bundle.runtime import Bundle
from models.errors import Conflict, GenerationNotFound, SightsoundError, SpaceMismatch

RETRY_S = 10.0
"""After a failure to open what another process made: each search would try again otherwise."""
TRIES = 10
"""How often a switch is tried while clips come."""
Complete = Callable[[], Collection[str]]
"""Completes the clips that lack features, and says which of them are to be left out."""

log = logging.getLogger(__name__)


class Active:
    """The generation that answers. What another process adds or deletes it takes in before it answers; what another
    process switches to, or builds anew, it opens beside and then answers with.

    Args:
        built: how often the gallery's vectors had been built anew before these were opened.
    """

    def __init__(self, stores: Stores, gallery: int, generation: Generation, *, built: int) -> None:
        self.gallery = gallery
        self._stores = stores
        self._generation = generation
        self._built = built
        self._whereabouts = Whereabouts(stores.database, gallery)
        self._refreshing = Lock()
        self._thread: Thread | None = None
        self._again_at = 0.0

    @property
    def generation(self) -> Generation:
        """As it is now; hold it for more than one thing."""
        return self._generation

    def searcher(self, held: Generation | None = None) -> Searcher:
        """Of the generation that answers, or of the one that is held."""
        chosen = held or self._generation
        return Searcher(self._stores.database, chosen, whereabouts=self._whereabouts, notice=self.notice)

    def open(self, number: int) -> Generation:
        """A generation of the gallery, with its tables.

        Raises:
            GenerationNotFound: there is none of that number, or it was never finished.
            BundleNotFound, SpaceMismatch: its bundle is gone, or another one has its name.
        """
        with self._stores.database.reading() as connection:
            known = {each.number: each for each in galleries.generations_of(connection, self.gallery)}
        row = known.get(number)
        if row is None or row.state != "ready":
            there = ", ".join(str(each.number) for each in known.values() if each.state == "ready")
            raise GenerationNotFound(f"the gallery has no generation {number}; there are: {there}")
        bundle = checked(self._stores.shelf, number, row.bundle)
        corrections = stored(row.biases)
        return generations.opened(self._stores, self.gallery, number, bundle, corrections=corrections)

    def switch(self, fresh: Generation, *, expected: int, left_out: Collection[str] = ()) -> None:
        """Take in what came meanwhile, count, and answer with it if `expected` still is the active one.

        Nobody writes to the gallery meanwhile. Raises Conflict where another is active, the counts differ, or clips
        would be lost that lack the features of its backbones, other than those that are to be left out.
        """
        fresh.follow(self._stores.database)
        with self._refreshing, self._stores.writing:
            with self._stores.database.writing() as connection:
                changes.lock(connection, self.gallery)
                fresh.follow_in(connection)
                fresh.verify(connection)
                self._check_complete(connection, fresh, left_out)
                galleries.activate(connection, self.gallery, fresh.number, expected=expected)
            self._generation = fresh

    def switch_complete(self, fresh: Generation, *, expected: int, complete: Complete) -> None:
        """As `switch`, once what came meanwhile is complete; where more comes before it is done, that too."""
        for _ in range(TRIES - 1):
            left_out = complete()
            try:
                return self.switch(fresh, expected=expected, left_out=left_out)
            except Conflict:
                with self._stores.database.reading() as connection:
                    if not self._late(connection, fresh, left_out):
                        raise
        self.switch(fresh, expected=expected, left_out=complete())

    def _check_complete(self, connection: Connection, fresh: Generation, left_out: Collection[str]) -> None:
        if late := self._late(connection, fresh, left_out):
            raise Conflict(
                f"{len(late)} clips lack the features that generation {fresh.number} is made from, such as "
                f"{min(late)!r}: they came meanwhile; try again"
            )

    def _late(self, connection: Connection, fresh: Generation, left_out: Collection[str]) -> set[str]:
        """Clips that would be lost; where the backbones stay the same, whatever is found now will be."""
        wanted = fresh.bundle.manifest.backbones
        if wanted == self._generation.bundle.manifest.backbones:
            return set()
        sources = {sense: ref.sha256 for sense, ref in wanted.items()}
        return set(features.lacking(connection, self.gallery, sources)) - set(left_out)

    def rebuild(self, watch: Watch = UNWATCHED) -> Generation:
        """Make the vectors of the generation anew, beside, so that what came since they were made is indexed too.

        Other processes are told, and open what was written. Raises GalleryNotFound where the gallery went meanwhile.
        """
        before = self._generation
        fresh = generations.rebuilt(self._stores, before, watch)
        fresh.follow(self._stores.database)
        with self._refreshing, self._stores.writing:
            if self._generation is before:
                with self._stores.database.writing() as connection:
                    built = galleries.record_built(connection, self.gallery)
                self._generation, self._built = fresh, built
        return self._generation

    def keep(self) -> None:
        """Write the tables that have changed much since they were written."""
        generations.keep(self._stores, self._generation)

    def close(self) -> None:
        """Wait for what is being opened beside."""
        if self._thread is not None:
            self._thread.join()

    def notice(self, now: GalleryState) -> None:
        """Open what another process has switched to or built; until that is done, the one there is answers on."""
        if self._has(now) or monotonic() < self._again_at:
            return
        if self._refreshing.acquire(blocking=False):
            self._thread = Thread(target=self._do_as_others_did, daemon=True)
            self._thread.start()

    def _do_as_others_did(self) -> None:
        try:
            now = self._state()  # before anything is opened: what is built later than that, a later search notices
            if not self._has(now):  # else it was done just now, and the search that noticed was an earlier one
                self._take(now)
        except SightsoundError as error:
            log.error("what another process switched to or built cannot be opened here: %s", error)
            self._again_at = monotonic() + RETRY_S
        finally:
            self._refreshing.release()

    def _take(self, now: GalleryState) -> None:
        fresh = self.open(now.generation)
        with self._stores.writing:
            if self._state().generation == now.generation:
                self._generation, self._built = fresh, now.built

    def _has(self, now: GalleryState) -> bool:
        return (now.generation, now.built) == (self._generation.number, self._built)

    def _state(self) -> GalleryState:
        with self._stores.database.reading() as connection:
            return galleries.state(connection, self.gallery)


def checked(shelf: Shelf, number: int, wanted: BundleRow) -> Bundle:
    """The bundle that a generation was embedded by; raises BundleNotFound, or SpaceMismatch for another of its name."""
    bundle = shelf.bundle(wanted.name)
    if bundle.sha256 != wanted.sha256:
        raise SpaceMismatch(
            f"generation {number} was embedded by the bundle {bundle.name!r} of sha256 {wanted.sha256[:12]}, the one "
            f"there now is {bundle.sha256[:12]}: save it under another name and reindex"
        )
    return bundle

"""Which generation answers for a gallery, in step with the catalog."""

import logging
from threading import Lock, Thread

from index import generations
from index.catalog import changes, galleries
from index.catalog.galleries import BundleRow
from index.generations import Generation
from index.shelf import Shelf
from index.stores import Stores
from models.bundle.runtime import Bundle
from models.errors import GenerationNotFound, SightsoundError, SpaceMismatch

log = logging.getLogger(__name__)


class Active:
    """The generation that answers. What another process adds or deletes it takes in before it answers; what another
    process switches to, it opens beside and then answers with.
    """

    def __init__(self, stores: Stores, gallery: int, generation: Generation) -> None:
        self.gallery = gallery
        self._stores = stores
        self._generation = generation
        self._following = Lock()

    @property
    def generation(self) -> Generation:
        """As it is now; hold it for more than one thing."""
        return self._generation

    def followed(self, held: Generation | None = None) -> Generation:
        """The generation that answers, or the one that is held, with all that the catalog has now."""
        chosen = held or self._generation
        with self._stores.database.reading() as connection:
            now = galleries.state(connection, self.gallery)
            if chosen.position < now.position:
                chosen.follow_in(connection)
        if now.generation != self._generation.number and self._following.acquire(blocking=False):
            Thread(target=self._switch_as_others_did, args=[now.generation], daemon=True).start()
        return chosen

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
        return generations.opened(self._stores, self.gallery, number, bundle)

    def switch(self, fresh: Generation, *, expected: int) -> None:
        """Take in what came meanwhile, count, and answer with it if `expected` still is the active one.

        Nobody writes to the gallery meanwhile. Raises Conflict where another is active, or the counts differ.
        """
        fresh.follow(self._stores.database)
        with self._stores.writing:
            with self._stores.database.writing() as connection:
                changes.lock(connection, self.gallery)
                fresh.follow_in(connection)
                fresh.verify(connection)
                galleries.activate(connection, self.gallery, fresh.number, expected=expected)
            self._generation = fresh

    def rebuild(self) -> Generation:
        """Make the vectors of the generation anew, beside, so that what came since they were made is indexed too."""
        before = self._generation
        fresh = generations.rebuilt(self._stores, before)
        fresh.follow(self._stores.database)
        with self._stores.writing:
            if self._generation is before:
                self._generation = fresh
        return self._generation

    def keep(self) -> None:
        """Write the tables that have changed much since they were written."""
        generations.keep(self._stores, self._generation)

    def _switch_as_others_did(self, number: int) -> None:
        try:
            self._generation = self.open(number)
        except SightsoundError as error:
            log.error("another process switched to generation %d, which cannot be opened here: %s", number, error)
        finally:
            self._following.release()


def checked(shelf: Shelf, number: int, wanted: BundleRow) -> Bundle:
    """The bundle that a generation was embedded by; raises BundleNotFound, or SpaceMismatch for another of its name."""
    bundle = shelf.bundle(wanted.name)
    if bundle.sha256 != wanted.sha256:
        raise SpaceMismatch(
            f"generation {number} was embedded by the bundle {bundle.name!r} of sha256 {wanted.sha256[:12]}, the one "
            f"there now is {bundle.sha256[:12]}: save it under another name and reindex"
        )
    return bundle

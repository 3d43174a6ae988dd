"""A gallery changed to another bundle in steps that another process can go on with: what was done is found done."""

from dataclasses import dataclass

from index import generations, reindexing
from index.active import Active
from index.catalog import changes, clips, galleries
from index.catalog import features as stored
from index.catalog.database import Connection
from index.catalog.galleries import BundleRow, GenerationRow
from index.clips import Clip
from index.embedding import Watch, embeddings
from index.generations import Generation
from index.reindexing import Extract, Rules
from index.snapshots import Snapshots
from index.stores import Stores
from models.bundle.runtime import Bundle
from models.errors import (
    ClipNotFound,
    Conflict,
    DecodeOverrun,
    InvalidInput,
    MediaInvalid,
    SightsoundError,
    SpaceMismatch,
    TooLarge,
)

MARK = "mark"


@dataclass(frozen=True, slots=True)
class Stepwise:
    """One reindexing; its generation carries its mark in the catalog, and so is found again after a kill."""

    stores: Stores
    active: Active
    bundle: Bundle
    mark: str

    @property
    def tables(self) -> int:
        """How many vectors a window will have."""
        return len(embeddings(self.bundle))

    @property
    def is_done(self) -> bool:
        """Whether its generation is the one that answers."""
        with self.stores.database.reading() as connection:
            row = self._row(connection)
            now = galleries.state(connection, self.active.gallery).generation
        return row is not None and row.number == now

    def lacking(self) -> list[str]:
        """The ids of the clips that have a sense, but not its features by the bundle's backbone."""
        wanted = {sense: ref.sha256 for sense, ref in self.bundle.manifest.backbones.items()}
        with self.stores.database.reading() as connection:
            return stored.lacking(connection, self.active.gallery, wanted)

    def complete(self, clip_id: str, extract: Extract) -> SightsoundError | None:
        """Extract a clip's features from its media, or say why they cannot be; nothing of a clip that is gone."""
        try:
            clip = self._clip(clip_id)
            reindexing.complete(self.stores, self.active.gallery, clip, bundle=self.bundle, extract=extract)
        except ClipNotFound:
            return None
        except (InvalidInput, TooLarge, DecodeOverrun) as error:
            return error
        except OSError as error:
            return MediaInvalid(f"the file of the clip {clip_id!r} cannot be read: {error.strerror or error}")
        return None

    def build(self, watch: Watch = lambda count: None) -> Generation:
        """The generation with its tables, begun if it was not; raises Conflict where it is given up meanwhile."""
        number = self._begun()
        fresh = generations.opened(self.stores, self.active.gallery, number, self.bundle, watch=watch)
        with self.stores.database.reading() as connection:
            if self._row(connection) is None:
                Snapshots(self.stores.vectors).drop(self.active.gallery, number)
                raise Conflict(f"generation {number} was given up while it was built")
        return fresh

    def settle(self, extract: Extract, rules: Rules) -> None:
        """Complete what came meanwhile; raises SpaceMismatch for a clip that cannot be read, if the rules mind."""
        found = {each: self.complete(each, extract) for each in self.lacking()}
        odd = [f"{each!r}: {error}" for each, error in found.items() if error is not None]
        if odd and rules.tolerance is not None:
            raise SpaceMismatch(
                f"{len(odd)} clips would not be found by {self.bundle.name!r}, as they cannot be read any more, such "
                f"as {odd[0]}"
            )

    def switch(self, fresh: Generation, *, expected: int, rules: Rules) -> None:
        """Verify the generation and answer with it; raises GenerationWorse, or Conflict if `expected` is not active."""
        reindexing.verify(self.stores, self.active.generation, fresh, rules)
        left_out = [] if rules.tolerance is not None else self.lacking()
        self.active.switch(fresh, expected=expected, left_out=left_out)
        reindexing.prune(self.stores, self.active.gallery, rules)

    def catch_up(self, extract: Extract) -> None:
        """Once it answers: complete clips that came while it was switched to, by the backbones of the one before."""
        if any([self.complete(each, extract) is None for each in self.lacking()]):
            self.active.generation.follow(self.stores.database)

    def forget(self) -> None:
        """Give up its generation, unless that answers or has answered."""
        with self.stores.database.reading() as connection:
            row = self._row(connection)
            now = galleries.state(connection, self.active.gallery).generation
        if row is not None and row.number > now:
            reindexing.forget(self.stores, self.active.gallery, row.number)

    def _begun(self) -> int:
        with self.stores.database.writing() as connection:
            changes.lock(connection, self.active.gallery)
            if (row := self._row(connection)) is not None:
                return row.number
            bundle = BundleRow(self.bundle.name, self.bundle.sha256)
            return galleries.add_generation(connection, self.active.gallery, bundle, report={MARK: self.mark})

    def _row(self, connection: Connection) -> GenerationRow | None:
        rows = galleries.generations_of(connection, self.active.gallery)
        return next((each for each in rows if each.report.get(MARK) == self.mark), None)

    def _clip(self, clip_id: str) -> Clip:
        with self.stores.database.reading() as connection:
            return clips.get(connection, self.active.gallery, clip_id)

"""A gallery changed to another bundle in steps that another process can go on with: what was done is found done."""

from dataclasses import dataclass
from functools import partial

from index import generations, placement, reindexing
from index.active import Active, Complete
from index.catalog import changes, clips, features, galleries
from index.catalog.database import Connection
from index.catalog.galleries import BundleRow, GenerationRow
from index.choosing import Wanted, settled
from index.clips import Clip
from index.corrections import Corrections, stored
from index.embedding import embeddings
from index.generations import Generation
from index.reindexing import Extract, Rules
from index.snapshots import Snapshots
from index.stores import Stores
from index.watching import UNWATCHED, Watch
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
    biases: Wanted | None = None

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
            return features.lacking(connection, self.active.gallery, wanted)

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

    def build(self, watch: Watch = UNWATCHED) -> Generation:
        """The generation with its tables, begun if it was not; raises Conflict where it is given up meanwhile."""
        number, corrections = self._begun()
        fresh = generations.opened(
            self.stores, self.active.gallery, number, self.bundle, corrections=corrections, watch=watch
        )
        with self.stores.database.reading() as connection:
            if self._row(connection) is None:
                Snapshots(self.stores.vectors).drop(self.active.gallery, number)
                placement.sweep(self.stores.database, self.stores.options.milvus)
                raise Conflict(f"generation {number} was given up while it was built")
        return fresh

    def settle(self, extract: Extract, rules: Rules) -> list[str]:
        """Complete what came meanwhile; returns what cannot be read, or raises SpaceMismatch if the rules mind."""
        odd = {each: error for each in self.lacking() if (error := self.complete(each, extract)) is not None}
        if odd and rules.tolerance is not None:
            first, why = next(iter(odd.items()))
            raise SpaceMismatch(
                f"{len(odd)} clips would not be found by {self.bundle.name!r}, as they cannot be read any more, such "
                f"as {first!r}: {why}"
            )
        return list(odd)

    def switch(self, fresh: Generation, *, expected: int, rules: Rules, extract: Extract | None = None) -> None:
        """Verify the generation, complete what came meanwhile, and answer with it.

        Raises GenerationWorse, SpaceMismatch as `settle` does, or Conflict if `expected` is not active.
        """
        reindexing.verify(self.stores, self.active.generation, fresh, rules)
        complete: Complete = (lambda: ()) if extract is None else partial(self.settle, extract, rules)
        self.active.switch_complete(fresh, expected=expected, complete=complete)
        reindexing.prune(self.stores, self.active.gallery, rules)

    def forget(self) -> None:
        """Give up its generation, unless that answers or has answered."""
        with self.stores.database.reading() as connection:
            row = self._row(connection)
            now = galleries.state(connection, self.active.gallery).generation
        if row is not None and row.number > now:
            reindexing.forget(self.stores, self.active.gallery, row.number)

    def _begun(self) -> tuple[int, Corrections]:
        with self.stores.database.reading() as connection:
            if (row := self._row(connection)) is not None:
                return row.number, stored(row.biases)
            corrections = settled(connection, self.active.generation, self.bundle, self.biases)
        bundle, told = BundleRow(self.bundle.name, self.bundle.sha256), corrections.model_dump(mode="json")
        with self.stores.database.writing() as connection:
            changes.lock(connection, self.active.gallery)
            if (row := self._row(connection)) is not None:
                return row.number, stored(row.biases)
            number = galleries.add_generation(
                connection, self.active.gallery, bundle, report={MARK: self.mark}, biases=told
            )
            placement.begin(
                connection,
                self.active.gallery,
                number,
                bundle=self.bundle,
                milvus=self.stores.options.milvus,
                corrections=corrections,
            )
        return number, corrections

    def _row(self, connection: Connection) -> GenerationRow | None:
        rows = galleries.generations_of(connection, self.active.gallery)
        return next((each for each in rows if each.report.get(MARK) == self.mark), None)

    def _clip(self, clip_id: str) -> Clip:
        with self.stores.database.reading() as connection:
            return clips.get(connection, self.active.gallery, clip_id)

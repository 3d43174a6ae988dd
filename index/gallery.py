"""A named set of clips, searched by the vectors of one bundle at a time."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType

import numpy as np

from index import adding, generations, reindexing, searching
from index.active import Active, checked
from index.catalog import clips, galleries
from index.catalog import features as stored
from index.catalog.galleries import BundleRow, GalleryRow, GenerationRow
from index.clips import Clip, GallerySummary, Hit, StoredFeatures
from index.embedding import backbones_of
from index.filters import Filter
from index.generations import Generation
from index.metadata import Json
from index.reindexing import Extract, Rules
from index.searching import Counted, Search
from index.shelf import NAME
from index.stores import Stores
from models.bundle.runtime import Bundle
from models.errors import InvalidInput
from models.features.extract import ClipFeatures
from models.types import F32, Modality, Sense

NOTHING: Mapping[str, Json] = MappingProxyType({})
RULES = Rules()


class Gallery:
    """A named set of clips. The catalog is the truth, the vectors of the active generation follow it.

    Safe to use from several threads, and beside other processes that have the same data folder open: what one adds,
    deletes or switches to, the others find, miss or follow.
    """

    def __init__(self, stores: Stores, row: GalleryRow, active: Active) -> None:
        self.name = row.name
        self._key = row.key
        self._stores = stores
        self._active = active

    @property
    def active(self) -> Generation:
        """The generation that answers now; hold it to use its bundle for more than one thing."""
        return self._active.generation

    def add(
        self,
        path: Path,
        *,
        name: str,
        labels: Sequence[str],
        features: ClipFeatures,
        metadata: Mapping[str, Json] = NOTHING,
    ) -> Clip:
        """Store a clip with its media; the same bytes are the same clip, which then is returned as it was stored.

        `metadata` is a JSON object of at most 16 KiB.

        Raises:
            InvalidInput: an empty or long name or label, no features, features of another width, or odd metadata.
        """
        with self._stores.media.draft(path) as draft, self._stores.writing:
            clip = adding.described(draft, name=name, labels=labels, features=features, metadata=metadata)
            if (known := self._find(clip.id)) is not None:
                return known
            manifest = self.active.bundle.manifest
            rounded = adding.stored_features(features, manifest)
            there = adding.store(self._stores, self._key, manifest, clip=clip, features=rounded, draft=draft)
            self.active.follow(self._stores.database)
            return there

    def search(
        self,
        route: str,
        features: Mapping[Modality, F32],
        *,
        k: int,
        among: Filter | None = None,
        by: Counted = "window",
        generation: Generation | None = None,
    ) -> list[Hit]:
        """The `k` best windows, or clips, for one query [width] of each modality the route needs; best first.

        `generation` is the one that was asked how to make the features, None the active one: a reindexing between
        the two then does not matter.

        Raises:
            QueryInvalid: `k` is not in 1..1000.
            RouteMissing: no such route to clips; names those there are.
            InvalidInput: features that are missing or do not fit the bundle.
        """
        asked = Search(route, k, among, by)
        chosen = self._active.followed(generation)
        queries = chosen.query_vectors(route, {each: np.atleast_2d(rows) for each, rows in features.items()})
        if len(queries) != 1:
            raise InvalidInput(f"a search takes one query, found {len(queries)}")
        return searching.search(self._stores.database, chosen, queries, asked)[0]

    def search_vectors(self, queries: F32, asked: Search, *, generation: Generation | None = None) -> list[list[Hit]]:
        """The hits of each query vector [q, dim] of the route's space; raises as `search` does."""
        return searching.search(self._stores.database, self._active.followed(generation), queries, asked)

    def search_window(self, window: int, asked: Search, *, generation: Generation | None = None) -> list[Hit]:
        """What is like a window of this gallery, which is not among its own hits.

        Raises:
            WindowNotFound: there is none of that id.
            SenseMissing: it lacks what the route's query head reads.
        """
        chosen = self._active.followed(generation)
        query = chosen.window_vector(self._stores.database, asked.route, window)
        found = searching.search(self._stores.database, chosen, query, replace(asked, k=asked.k + 1))[0]
        return [each for each in found if each.window_id != window][: asked.k]

    def clip(self, clip_id: str) -> Clip:
        """The clip of that id; raises ClipNotFound."""
        with self._stores.database.reading() as connection:
            return clips.get(connection, self._key, clip_id)

    def clips(self) -> list[Clip]:
        """All the clips, in the order they were added."""
        with self._stores.database.reading() as connection:
            return clips.listed(connection, self._key)

    def media(self, clip_id: str) -> Path:
        """The file of a clip; raises ClipNotFound."""
        return self._stores.media.path(self.clip(clip_id).sha256)

    def remove(self, clip_id: str) -> None:
        """Delete a clip; from the moment this returns no answer of any process has it. Raises ClipNotFound."""
        with self._stores.writing:
            clip = self.clip(clip_id)
            with self._stores.database.writing() as connection:
                clips.remove(connection, self._key, clip_id)
            self.active.follow(self._stores.database)
            self._stores.drop_unused(clip.sha256)

    def summary(self) -> GallerySummary:
        """The gallery in numbers."""
        active = self.active
        with self._stores.database.reading() as connection:
            return GallerySummary(
                name=self.name,
                bundle=active.bundle.name,
                generation=active.number,
                clips=clips.count(connection, self._key),
                windows=clips.window_count(connection, self._key),
                labels=clips.label_counts(connection, self._key),
                routes=active.routes,
                channels=active.bundle.manifest.channels,
            )

    def features(self, *senses: Sense) -> StoredFeatures:
        """What is stored of the windows that have all of these senses, for the active bundle's backbones."""
        backbones = backbones_of(self.active.bundle.manifest, senses)
        with self._stores.database.reading() as connection:
            ids = stored.having(connection, self._key, backbones)
            places = clips.by_window(connection, self._key, ids.tolist())
            batches = [features for _, features in stored.batches(connection, ids, backbones)]
        found = [places[each] for each in ids.tolist()]
        return StoredFeatures(
            clip_ids=tuple(place.clip_id for place in found),
            labels=tuple(place.labels for place in found),
            features={sense: np.concatenate([each[sense] for each in batches]) for sense in senses if batches},
        )

    def reindex(self, bundle: str, *, rules: Rules = RULES, extract: Extract | None = None) -> Generation:
        """Embed the gallery anew with another bundle, beside the old, and switch to it once it is whole.

        Vectors come from stored features; of other backbones than these, from the media, by `extract`. Searches go on
        meanwhile, with the old bundle.

        Raises:
            BundleNotFound, BundleInvalid: no such bundle, or a damaged one.
            SpaceMismatch: the bundle expects features of other backbones, and there is no `extract`.
            GenerationWorse: it would find worse than the rules allow.
            Conflict: somebody else reindexed the gallery meanwhile.
        """
        chosen = self._stores.shelf.bundle(bundle)
        return reindexing.reindex(self._stores, self._active, chosen, rules=rules, extract=extract)

    def roll_back(self, number: int | None = None) -> Generation:
        """Answer with an earlier generation again, the last one before by default.

        Raises:
            GenerationNotFound: there is none of that number, or none before.
            SpaceMismatch: clips came since that lack the features of its bundle's backbones.
            Conflict: somebody else switched meanwhile.
        """
        return reindexing.roll_back(self._stores, self._active, number)

    def generations(self) -> list[GenerationRow]:
        """The generations that are kept, oldest first, with how each was built and verified."""
        with self._stores.database.reading() as connection:
            return galleries.generations_of(connection, self._key)

    def compact(self) -> None:
        """Build the vectors of the active generation anew, so that what came and went since is indexed too."""
        self._active.rebuild()

    def keep(self) -> None:
        """Write vectors that have changed much, so that the next start need not make them."""
        self._active.keep()

    def _find(self, clip_id: str) -> Clip | None:
        with self._stores.database.reading() as connection:
            return clips.find(connection, self._key, clip_id)


class Galleries:
    """The galleries of one data folder: `catalog.sqlite`, `media/` and `bundles/<name>/`."""

    def __init__(self, stores: Stores) -> None:
        self._stores = stores
        self._open: dict[str, Gallery] = {}

    @classmethod
    def open(cls, folder: Path, catalog: str | None = None) -> "Galleries":
        """The galleries in a folder, which is made where there is none.

        `catalog` is the address of a PostgreSQL database, None for SQLite in the folder. Raises CatalogInvalid, or
        Unavailable where the database's server is not.
        """
        return cls(Stores.open(folder, catalog))

    def close(self) -> None:
        """Close the catalog."""
        self._stores.database.close()

    def names(self) -> list[str]:
        """The galleries there are."""
        with self._stores.database.reading() as connection:
            return galleries.names(connection)

    def bundle_names(self) -> list[str]:
        """The bundles there are."""
        return self._stores.shelf.names()

    def bundle(self, name: str) -> Bundle:
        """The bundle of that name; raises BundleNotFound, naming those there are."""
        return self._stores.shelf.bundle(name)

    def create(self, name: str, bundle: str) -> Gallery:
        """A new gallery; raises Conflict when there is one of that name, BundleNotFound, or InvalidInput."""
        if not NAME.fullmatch(name):
            raise InvalidInput(f"a gallery's name is 1 to 64 letters, digits, '.', '_' and '-', found {name!r}")
        chosen = self.bundle(bundle)
        with self._stores.writing, self._stores.database.writing() as connection:
            galleries.create(connection, name, BundleRow(chosen.name, chosen.sha256))
        return self.get(name)

    def get(self, name: str) -> Gallery:
        """The gallery of that name, with its vectors; raises GalleryNotFound, naming those there are."""
        with self._stores.writing:
            if name not in self._open:
                self._open[name] = self._opened(name)
            return self._open[name]

    def _opened(self, name: str) -> Gallery:
        with self._stores.database.reading() as connection:
            row = galleries.get(connection, name)
        bundle = checked(self._stores.shelf, row.generation, row.bundle)
        generation = generations.opened(self._stores, row.key, row.generation, bundle)
        return Gallery(self._stores, row, Active(self._stores, row.key, generation))

"""Galleries: named sets of clips, searched by the vectors of one bundle at a time."""

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from types import MappingProxyType

import numpy as np

from index import adding, reindexing
from index.catalog import clips, galleries
from index.catalog import features as stored
from index.catalog.galleries import BundleRow, GalleryRow
from index.clips import Clip, GallerySummary, Hit, StoredFeatures
from index.generations import Generation, backbones_of, catch_up, empty
from index.metadata import Json
from index.shelf import NAME
from index.stores import Stores
from models.bundle.runtime import Bundle
from models.errors import InvalidInput, QueryInvalid, SpaceMismatch
from models.features.extract import ClipFeatures
from models.types import F32, Modality, Sense

MOST_HITS = 1000
NOTHING: Mapping[str, Json] = MappingProxyType({})


class Gallery:
    """A named set of clips. The catalog is the truth, the vectors of the active generation follow it.

    Safe to use from several threads of the one process that has the data folder open.
    """

    def __init__(self, stores: Stores, row: GalleryRow, active: Generation) -> None:
        self.name = row.name
        self._key = row.key
        self._stores = stores
        self._active = active

    @property
    def active(self) -> Generation:
        """The generation that answers now; hold it to use its bundle for more than one thing."""
        return self._active

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
            rounded = adding.stored_features(features, self._active.bundle.manifest)
            return adding.store(self._stores, self._key, self._active, clip=clip, features=rounded, draft=draft)

    def search(
        self, route: str, features: Mapping[Modality, F32], *, k: int, generation: Generation | None = None
    ) -> list[Hit]:
        """The `k` best windows for one query [width] of each modality the route needs, best first.

        `generation` is the one that was asked how to make the features, None the active one: a reindexing between
        the two then does not matter.

        Raises:
            QueryInvalid: `k` is not in 1..1000.
            RouteMissing: no such route to clips; names those there are.
            InvalidInput: features that are missing or do not fit the bundle.
        """
        if not 1 <= k <= MOST_HITS:
            raise QueryInvalid(f"k must be from 1 to {MOST_HITS}, found {k}")
        found = (generation or self._active).search(route, features, k)
        ids, scores = found.ids[0].tolist(), found.scores[0].tolist()
        with self._stores.database.reading() as connection:
            places = clips.by_window(connection, self._key, [each for each in ids if each >= 0])
        return [
            Hit(place.clip_id, place.name, place.labels, place.window, score, place.media_type)
            for each, score in zip(ids, scores, strict=True)
            if (place := places.get(each)) is not None
        ]

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
        """Delete a clip; from the moment this returns no answer has it. Raises ClipNotFound."""
        with self._stores.writing:
            clip = self.clip(clip_id)
            with self._stores.database.writing() as connection:
                gone = clips.remove(connection, self._key, clip_id)
                used = clips.is_media_used(connection, clip.sha256)
            self._active.remove(np.array(gone, np.int64))
            if not used:
                self._stores.media.drop(clip.sha256)

    def summary(self) -> GallerySummary:
        """The gallery in numbers."""
        active = self._active
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
        backbones = backbones_of(self._active.bundle.manifest, senses)
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

    def reindex(self, bundle: str) -> Generation:
        """Embed the gallery anew with another bundle, beside the old, and switch to it once it is whole.

        Nothing is decoded: vectors come from stored features. Searches go on meanwhile, with the old bundle.

        Raises:
            BundleNotFound, BundleInvalid: no such bundle, or a damaged one.
            SpaceMismatch: the stored features come from other backbones than the bundle expects.
            Conflict: somebody else reindexed the gallery meanwhile.
        """
        expected, chosen = self._active.number, self._stores.shelf.bundle(bundle)
        reindexing.check_backbones(self._stores, self._key, chosen.manifest)
        with ExitStack() as undo:
            fresh = reindexing.build(self._stores, self._key, chosen, undo=undo)
            with self._stores.writing:
                reindexing.switch(self._stores, self._key, fresh, expected=expected)
                self._active = fresh
            undo.pop_all()
        return fresh

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
        bundle = self.bundle(row.bundle.name)
        if bundle.sha256 != row.bundle.sha256:
            raise SpaceMismatch(
                f"the gallery {name!r} was indexed by the bundle {bundle.name!r} of sha256 {row.bundle.sha256[:12]}, "
                f"the one there now is {bundle.sha256[:12]}: save it under another name and reindex"
            )
        active = empty(row.generation, bundle)
        catch_up(active, self._stores.database, row.key)
        return Gallery(self._stores, row, active)

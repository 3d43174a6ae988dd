"""What a gallery stores of its windows: features, and what these lack."""

from collections.abc import Collection

import numpy as np

from index.catalog import extracted
from index.catalog import features as stored
from index.catalog.places import by_window
from index.clips import StoredFeatures
from index.embedding import backbones_of
from index.generations import Generation
from index.open_gallery import OpenGallery
from models.features.extract import WindowFeatures
from models.types import F32, Sense


class Stored(OpenGallery):
    """Features by windows, of which any generation over the same backbones makes its vectors."""

    def features(self, *senses: Sense, generation: Generation | None = None) -> StoredFeatures:
        """What is stored of the windows that have all of these senses, for a generation's or the active backbones."""
        backbones = backbones_of((generation or self.active).bundle.manifest, senses)
        with self._stores.database.reading() as connection:
            ids = stored.having(connection, self.key, backbones)
            found = by_window(connection, self.key, ids.tolist())
            batches = [features for _, features in stored.batches(connection, ids, backbones)]
        places = [found[each] for each in ids.tolist()]
        return StoredFeatures(
            windows=ids,
            clip_ids=tuple(place.clip_id for place in places),
            labels=tuple(place.labels for place in places),
            features={sense: np.concatenate([each[sense] for each in batches]) for sense in senses if batches},
        )

    def windows(self, of: int | str, *, generation: Generation | None = None) -> list[WindowFeatures]:
        """What is stored, for a generation's or the active backbones, of a window by its number or a clip's by its id.

        Raises WindowNotFound, ClipNotFound.
        """
        manifest = (generation or self.active).bundle.manifest
        backbones = backbones_of(manifest, tuple(manifest.backbones))
        with self._stores.database.reading() as connection:
            if isinstance(of, str):
                return extracted.of_clip(connection, self.key, of, backbones)
            return [extracted.of_window(connection, self.key, of, backbones)]

    def still_there(self, windows: Collection[int], generation: Generation) -> dict[int, WindowFeatures]:
        """Those of the windows that are, by their numbers, with what is stored for a generation's backbones."""
        ids, manifest = np.array(sorted(windows), np.int64), generation.bundle.manifest
        found: dict[int, dict[Sense, F32]] = {each: {} for each in ids.tolist()}
        with self._stores.database.reading() as connection:
            places = by_window(connection, self.key, ids.tolist())
            for sense in manifest.backbones:
                backbones = backbones_of(manifest, (sense,))
                there = stored.having(connection, self.key, backbones, among=ids)
                for some, rows in stored.batches(connection, there, backbones):
                    for each, row in zip(some.tolist(), rows[sense], strict=True):
                        found[each][sense] = row
        return {each: WindowFeatures(place.window, found[each], place.absent) for each, place in places.items()}

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
from index.recalling import Recalled, recalled
from models.types import Sense


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

    def windows(self, of: int | str, *, generation: Generation | None = None) -> list[extracted.Cut]:
        """A window of this gallery, by its number, or those of a clip, by its id, with what is stored for a
        generation's or the active backbones; raises WindowNotFound, ClipNotFound.
        """
        manifest = (generation or self.active).bundle.manifest
        backbones = backbones_of(manifest, tuple(manifest.backbones))
        with self._stores.database.reading() as connection:
            if isinstance(of, str):
                return extracted.of_clip(connection, self.key, of, backbones)
            return [extracted.of_window(connection, self.key, of, backbones)]

    def recalled(self, windows: Collection[int], generation: Generation) -> dict[int, Recalled]:
        """What is stored of windows, by the backbones of a generation: those that are still there."""
        return recalled(self._stores.database, generation, windows)

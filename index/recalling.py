"""What is stored of windows that were found, for whoever asks why."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

import numpy as np

from index.catalog import features as stored
from index.catalog.database import Database
from index.catalog.places import by_window
from index.embedding import backbones_of
from index.generations import Generation
from models.types import F32, Sense, Window


@dataclass(frozen=True, slots=True)
class Recalled:
    """A window, and its features [width] by the backbones of a generation's bundle, of each sense that it has."""

    window: Window
    features: Mapping[Sense, F32]


def recalled(database: Database, generation: Generation, windows: Collection[int]) -> dict[int, Recalled]:
    """Those that are still there, by their numbers."""
    ids = np.array(sorted(windows), np.int64)
    found: dict[int, dict[Sense, F32]] = {each: {} for each in ids.tolist()}
    with database.reading() as connection:
        places = by_window(connection, generation.gallery, ids.tolist())
        for sense in generation.bundle.manifest.backbones:
            backbones = backbones_of(generation.bundle.manifest, (sense,))
            there = stored.having(connection, generation.gallery, backbones, among=ids)
            for some, rows in stored.batches(connection, there, backbones):
                for each, row in zip(some.tolist(), rows[sense], strict=True):
                    found[each][sense] = row
    return {each: Recalled(place.window, found[each]) for each, place in places.items()}

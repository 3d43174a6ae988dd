"""What is in the gallery as a query: a clip of it, or a window."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from index.catalog import features as stored
from index.catalog.clips import windows_of
from index.catalog.database import Connection, Database
from index.catalog.places import by_window
from index.embedding import backbones_of
from index.generations import Generation
from models.bundle.senses import said
from models.errors import SenseMissing, WindowNotFound
from models.types import F32, I64, Modality, Sense

Rows = dict[Modality, F32]


@dataclass(frozen=True, slots=True)
class Example:
    """The features [1, width] by which a clip or a window asks, and the windows that it is itself."""

    features: Rows
    windows: frozenset[int]


def of_window(database: Database, generation: Generation, route: str, window: int) -> Example:
    """A window of the gallery as a query of a route; raises WindowNotFound, SenseMissing."""
    with database.reading() as connection:
        if not by_window(connection, generation.gallery, [window]):
            raise WindowNotFound(f"there is no window {window} in this gallery")
        return _example(connection, generation, route, windows=[window], what=f"the window {window}")


def of_clip(database: Database, generation: Generation, route: str, clip_id: str) -> Example:
    """A clip of the gallery as a query of a route, by the mean of its windows; raises ClipNotFound, SenseMissing."""
    with database.reading() as connection:
        windows = windows_of(connection, generation.gallery, clip_id)
        return _example(connection, generation, route, windows=windows, what=f"the clip {clip_id!r}")


def _example(connection: Connection, generation: Generation, route: str, *, windows: list[int], what: str) -> Example:
    """Of each sense the mean over those windows that have it, as of a clip that is uploaded."""
    if not (senses := generation.reads(route)):
        raise SenseMissing(f"{what} lacks what {route!r} asks with: words")
    found = {sense: _mean(connection, generation, sense, windows=np.array(windows, np.int64)) for sense in senses}
    if missing := [sense for sense, mean in found.items() if mean is None]:
        raise SenseMissing(f"{what} lacks what {route!r} asks with: it has no {said(missing)}")
    return Example({sense: mean for sense, mean in found.items() if mean is not None}, frozenset(windows))


def _mean(connection: Connection, generation: Generation, sense: Sense, *, windows: I64) -> F32 | None:
    """[1, width], None where no window has it."""
    backbones = backbones_of(generation.bundle.manifest, (sense,))
    ids = stored.having(connection, generation.gallery, backbones, among=windows)
    rows: Iterator[F32] = (each[sense] for _, each in stored.batches(connection, ids, backbones))
    found = list(rows)
    return np.concatenate(found).mean(axis=0, dtype=np.float32, keepdims=True) if found else None

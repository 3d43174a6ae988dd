"""Whether features are those of their backbones, and vectors those of the features."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from index.archive_format import finite_rows
from index.catalog import features as stored
from index.catalog import walking
from index.catalog.galleries import GalleryRow
from index.catalog.walking import Kept, Source
from index.finding import Finding
from index.galleries import Galleries
from index.stores import Stores
from index.tables import Table
from index.tally import Tally
from index.verifying_biases import biases
from models.bundle.manifest import Manifest
from models.bundle.runtime import Bundle
from models.errors import SightsoundError, VectorsUnavailable
from models.scoring import normalised
from models.types import F32, I64, Metric, Sense

SAMPLED = 1000
"""Vectors that are embedded anew, of each table."""
TOLERANCE = 1e-4
"""Of a vector's length: heads answer a little differently when they embed more at once."""


@dataclass(frozen=True, slots=True)
class Space:
    """What the vectors of one space are made of: a head of a bundle, and the windows that have all it reads."""

    head: str
    metric: Metric
    backbones: stored.Backbones

    def windows(self, stores: Stores, gallery: int) -> I64:
        """[n] the windows that the catalog says have a vector, ascending."""
        with stores.database.reading() as connection:
            return stored.having(connection, gallery, self.backbones)

    def vectors(self, stores: Stores, bundle: Bundle, windows: I64) -> F32:
        """[n, dim] of windows, embedded now, as an index keeps them."""
        with stores.database.reading() as connection:
            batches = [
                bundle.embed(self.head, dict(features.items()))
                for _, features in stored.batches(connection, windows, self.backbones)
            ]
        found = np.concatenate(batches)
        return normalised(found) if self.metric is Metric.COSINE else found


def missing(stores: Stores, row: GalleryRow, bundle: Bundle) -> Iterator[Finding]:
    """Windows that have no features, or not those of the bundle's backbones."""
    with stores.database.reading() as connection:
        for held in walking.walk(connection, row.key):
            for window, sources in zip(held.windows, held.sources, strict=True):
                if (found := _missing(sources, bundle.manifest)) is not None:
                    where = f"gallery {row.name}: clip {held.clip.id}, window {window}"
                    yield Finding("features", where, found, f"features for the bundle {bundle.name}")


def damaged(stores: Stores, row: GalleryRow, bundle: Bundle, tally: Tally) -> Iterator[Finding]:
    """Features of another width than their backbone's, or that are not finite."""
    with stores.database.reading() as connection:
        for kept in walking.kept(connection, row.key):
            width = _width(kept, bundle.manifest)
            for ids, blocks in walking.vectors(connection, row.key, kept.source):
                tally.advance(len(ids))
                for window, block in zip(ids.tolist(), blocks, strict=True):
                    if (found := _odd(block, width)) is not None:
                        where = f"gallery {row.name}: window {window}, {kept.source[0]}"
                        yield Finding("features", where, found, f"{width} finite numbers")


def indexes(stores: Stores, opened: Galleries, row: GalleryRow, bundle: Bundle) -> Iterator[Finding]:
    """Vectors of windows that there are not, windows without one, and vectors that are not what their features give."""
    spaces = _spaces(bundle.manifest)
    before = {name: space.windows(stores, row.key) for name, space in spaces.items()}
    try:
        active = opened.get(row.name).active
    except SightsoundError as error:
        yield Finding("index", f"gallery {row.name}", str(error), "a gallery that can be opened")
        return
    if active.bundle.sha256 != bundle.sha256:
        return  # somebody reindexed the gallery just now
    for name, space in spaces.items():
        where, table = f"gallery {row.name}: vectors of {space.head}", active.tables[name]
        try:
            ids = table.ids()
        except VectorsUnavailable as error:
            yield Finding("index", where, str(error), "vectors that can be compared with the catalog")
            continue
        after = space.windows(stores, row.key)
        yield from _misplaced(where, ids, before[name], after)
        sample = _sample(np.intersect1d(ids, after))
        if len(sample):
            yield from _stale(where, table, sample, space.vectors(stores, bundle, sample))
            corrections = active.corrections
            yield from biases(where, stores, row.key, table=table, corrections=corrections, sample=sample)


def _width(kept: Kept, manifest: Manifest) -> int:
    """As the bundle says, or, of a backbone that is not the bundle's, as wide as the widest."""
    sense, backbone = kept.source
    ref = manifest.backbones.get(sense)
    return ref.width if ref is not None and ref.sha256 == backbone else kept.longest // stored.HALF.itemsize


def _odd(block: bytes, width: int) -> str | None:
    if len(block) != width * stored.HALF.itemsize:
        return f"{len(block)} bytes"
    return None if finite_rows(block, width)[0] else "NaN or infinity"


def _missing(sources: tuple[Source, ...], manifest: Manifest) -> str | None:
    """The senses that were extracted, but not by the backbone that the bundle expects."""
    if not sources:
        return "no features at all"
    expected = {(sense, ref.sha256) for sense, ref in manifest.backbones.items()}
    senses = {sense for sense, _ in sources} & set(manifest.backbones)
    odd = sorted(senses - {sense for sense, _ in expected & set(sources)})
    return f"{' and '.join(odd)} features of other backbones only" if odd else None


def _spaces(manifest: Manifest) -> dict[str, Space]:
    """Those that a route searches clips in."""
    found: dict[str, Space] = {}
    for route in manifest.routes.values():
        senses: list[Sense] = [each for each in manifest.heads[route.gallery].inputs if each != "text"]
        if len(senses) == len(manifest.heads[route.gallery].inputs):
            backbones = {sense: manifest.backbones[sense].sha256 for sense in senses}
            found[manifest.space(route)] = Space(route.gallery, route.metric, backbones)
    return found


def _misplaced(where: str, ids: I64, before: I64, after: I64) -> Iterator[Finding]:
    """What came or went while the index was looked at may be in it or not."""
    extra = np.setdiff1d(ids, np.union1d(before, after))
    missing = np.setdiff1d(np.intersect1d(before, after), ids)
    if len(extra):
        yield Finding(
            "index", where, f"{len(extra)} of no window, such as {extra[0]}", f"those of {len(after)} windows"
        )
    if len(missing):
        yield Finding("index", where, f"none of {len(missing)} windows, such as {missing[0]}", f"{len(after)} in all")


def _stale(where: str, table: Table, sample: I64, expected: F32) -> Iterator[Finding]:
    try:
        found = table.vectors(sample)
    except SightsoundError:  # one of them was removed just now
        return
    lengths = np.maximum(np.linalg.norm(expected, axis=1), 1)
    odd = sample[np.abs(found - expected).max(axis=1) > TOLERANCE * lengths]
    if len(odd):
        wanted = "what the bundle makes of the stored features"
        yield Finding("index", where, f"{len(odd)} of {len(sample)} differ, such as {odd[0]}", wanted)


def _sample(ids: I64) -> I64:
    """Evenly from first to last."""
    if len(ids) <= SAMPLED:
        return ids
    return ids[np.linspace(0, len(ids) - 1, SAMPLED).astype(np.int64)]

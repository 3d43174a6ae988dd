"""Whether features are those of their backbones, and vectors those of the features."""

from collections.abc import Iterator

import numpy as np

from index.archive_format import finite_rows
from index.catalog import features as stored
from index.catalog import walking
from index.catalog.galleries import GalleryRow
from index.catalog.walking import Kept, Source
from index.embedding import Embedding, embeddings, spread
from index.galleries import Galleries
from index.generations import Generation
from index.stores import Stores
from index.tables import Table
from index.tally import Tally
from index.verifying_biases import biases
from index.verifying_findings import Finding
from models.bundle.manifest import Manifest
from models.bundle.runtime import Bundle
from models.errors import SightsoundError, VectorsUnavailable
from models.scoring import normalised
from models.types import F32, I64, Metric

SAMPLED = 1000
"""Vectors that are embedded anew, of each table."""
TOLERANCE = 1e-4
"""Of a vector's length: heads answer a little differently when they embed more at once."""


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
    spaces = embeddings(bundle)
    with stores.database.reading() as connection:
        before = {name: space.windows(connection, row.key) for name, space in spaces.items()}
    try:
        active = opened.get(row.name).active
    except SightsoundError as error:
        yield Finding("index", f"gallery {row.name}", str(error), "a gallery that can be opened")
        return
    if active.bundle.sha256 != bundle.sha256:
        return  # somebody reindexed the gallery just now
    for name, space in spaces.items():
        yield from _index(stores, row, active, space=space, before=before[name])


def _index(stores: Stores, row: GalleryRow, active: Generation, *, space: Embedding, before: I64) -> Iterator[Finding]:
    """Of one table, which had these windows before it was opened."""
    where, table = f"gallery {row.name}: vectors of {space.head}", active.tables[space.space]
    try:
        ids = table.ids()
    except VectorsUnavailable as error:
        yield Finding("index", where, str(error), "vectors that can be compared with the catalog")
        return
    with stores.database.reading() as connection:  # as of one moment: windows that are there keep their features
        after = space.windows(connection, row.key)
        sample = spread(np.intersect1d(ids, after), SAMPLED)
        expected = space.all_vectors(connection, sample)
    yield from _misplaced(where, ids, before, after)
    if len(sample):
        yield from _stale(where, table, sample, normalised(expected) if space.metric is Metric.COSINE else expected)
        yield from biases(where, stores, row.key, table=table, corrections=active.corrections, sample=sample)


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

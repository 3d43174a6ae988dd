"""Rows of stored features: float16, keyed by window and by the backbone they came from."""

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
from sqlalchemy import Connection, func, insert, select

from index.catalog.schema import clips, features, windows
from models.errors import InvalidInput
from models.types import F32, I64, Sense

OF_CLIPS = features.join(windows).join(clips)
HALF = np.dtype("<f2")
Backbones = Mapping[Sense, str]
"""The sha256 of the backbone of each sense."""


def add(connection: Connection, window: int, vectors: Mapping[Sense, F32], backbones: Backbones) -> None:
    """Write the features [width] of a window."""
    rows = [
        {"window": window, "backbone_sha256": backbones[sense], "sense": sense, "vector": to_half(sense, vector)}
        for sense, vector in vectors.items()
    ]
    if rows:
        connection.execute(insert(features), rows)


def to_half(sense: Sense, vector: F32) -> bytes:
    """A feature as it is stored; raises InvalidInput when a number is not finite or too large for float16."""
    with np.errstate(over="ignore"):
        half = vector.astype(HALF)
    if not np.isfinite(half).all():
        raise InvalidInput(f"a {sense} feature holds NaN, infinity or a number beyond 65504")
    return half.tobytes()


def from_half(blobs: Sequence[bytes]) -> F32:
    """[n, width] features as they were stored."""
    return np.frombuffer(b"".join(blobs), HALF).astype(np.float32).reshape(len(blobs), -1)


def stored_backbones(connection: Connection, gallery: int) -> dict[Sense, set[str]]:
    """Of each sense: the backbones that the gallery has features of."""
    query = select(features.c.sense, features.c.backbone_sha256).distinct().select_from(OF_CLIPS)
    found: dict[Sense, set[str]] = {}
    for sense, sha256 in connection.execute(query.where(clips.c.gallery_id == gallery)):
        found.setdefault(sense, set()).add(sha256)
    return found


def having(connection: Connection, gallery: int, backbones: Backbones) -> I64:
    """[n] the windows, ascending, that have features of all these backbones."""
    hashes = sorted(backbones.values())
    query = select(features.c.window).select_from(OF_CLIPS).where(clips.c.gallery_id == gallery)
    query = query.where(features.c.backbone_sha256.in_(hashes)).group_by(features.c.window)
    query = query.having(func.count() == len(hashes)).order_by(features.c.window)
    return np.array(connection.execute(query).scalars().all(), np.int64)


def batches(
    connection: Connection, ids: I64, backbones: Backbones, *, size: int = 512
) -> Iterator[tuple[I64, dict[Sense, F32]]]:
    """The features [b, width] of each sense of these windows, which have them all, `size` windows at a time."""
    for start in range(0, len(ids), size):
        part = ids[start : start + size]
        yield part, {sense: _features(connection, part.tolist(), sense, sha256) for sense, sha256 in backbones.items()}


def _features(connection: Connection, ids: Sequence[int], sense: Sense, sha256: str) -> F32:
    those = features.c.window.in_(ids) & (features.c.sense == sense) & (features.c.backbone_sha256 == sha256)
    blobs = connection.execute(select(features.c.vector).where(those).order_by(features.c.window)).scalars().all()
    return from_half(blobs)

"""Rows of stored features: float16, keyed by window and by the backbone they came from."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import compress

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import ColumnElement, Connection, exists, insert, select, update

from index.catalog.columns import integers
from index.catalog.schema import clips, features, windows
from index.clips import Absent
from models.errors import InvalidInput
from models.types import F32, I64, Sense

OF_WINDOWS = features.join(windows)
DENSE = 2
"""A range of ids is read whole where at most this many times those asked for are in it: cheaper than a list."""
HALF = np.dtype("<f2")
SHIFT, SIGN_AND_SHIFTED, BIAS = 13, np.int32(-0x70002000), np.float32(2.0**112)
"""From float16's bits to float32's: fractions have 10 and 23 of them, exponents begin at -15 and -127."""
BEYOND = 65536
"""Larger than every finite float16."""
Backbones = Mapping[Sense, str]
"""The sha256 of the backbone of each sense."""


def add(connection: Connection, stored: Iterable[tuple[int, Mapping[Sense, F32], Backbones]]) -> None:
    """Write the features [width] by sense of windows, with the backbones that they come from."""
    rows = [
        {"window": window, "backbone_sha256": backbones[sense], "sense": sense, "vector": to_half(sense, vector)}
        for window, vectors, backbones in stored
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
    return _widened(np.frombuffer(b"".join(blobs), HALF)).reshape(len(blobs), -1)


def _widened(halves: NDArray[np.float16]) -> F32:
    """[n] the same numbers in float32, several times as fast as numpy, which asks of each what kind it is.

    The bits go to where float32 has sign, exponent and fraction; what then lacks is the difference of the exponents'
    biases. That makes finite numbers of infinity and NaN, which nobody should have stored: those are left to numpy.
    """
    bits = halves.view("<i2").astype(np.int32)
    bits <<= SHIFT
    bits &= SIGN_AND_SHIFTED
    wide: F32 = bits.view(np.float32)
    wide *= BIAS
    return halves.astype(np.float32) if wide.size and max(wide.max(), -wide.min()) >= BEYOND else wide


def stored_backbones(connection: Connection, gallery: int) -> dict[Sense, set[str]]:
    """Of each sense: the backbones that the gallery has features of."""
    query = select(features.c.sense, features.c.backbone_sha256).distinct().select_from(OF_WINDOWS)
    found: dict[Sense, set[str]] = {}
    for sense, sha256 in connection.execute(query.where(windows.c.gallery_id == gallery)):
        found.setdefault(sense, set()).add(sha256)
    return found


def having(connection: Connection, gallery: int, backbones: Backbones, *, among: I64 | None = None) -> I64:
    """[n] the windows, ascending, that have features of all these backbones; of a few alone that are given `among`."""
    query = select(windows.c.id).where(windows.c.gallery_id == gallery).order_by(windows.c.id)
    if among is not None:
        query = query.where(windows.c.id.in_(among.tolist()))
    for sense, sha256 in backbones.items():
        each = features.alias()
        of_backbone = (each.c.sense == sense) & (each.c.backbone_sha256 == sha256)
        query = query.join(each, (each.c.window == windows.c.id) & of_backbone)
    return integers(connection, query)


def batches(
    connection: Connection, ids: I64, backbones: Backbones, *, size: int = 512
) -> Iterator[tuple[I64, dict[Sense, F32]]]:
    """The features [b, width] of each sense of ascending windows, which have them all, `size` windows at a time."""
    for start in range(0, len(ids), size):
        part = ids[start : start + size]
        yield part, {sense: _features(connection, part, sense, sha256) for sense, sha256 in backbones.items()}


def _features(connection: Connection, ids: I64, sense: Sense, sha256: str) -> F32:
    those = [_among(ids), features.c.sense == sense, features.c.backbone_sha256 == sha256]
    query = select(features.c.window, features.c.vector).where(*those).order_by(features.c.window)
    found, vectors = zip(*connection.execute(query), strict=True)
    if list(found) != ids.tolist():
        vectors = tuple(compress(vectors, np.isin(found, ids, assume_unique=True)))
    return from_half(vectors)


def lacking(connection: Connection, gallery: int, backbones: Backbones) -> list[str]:
    """The ids of clips with a window that has a sense, but no features of it by the backbone of that sense.

    Silence of which features were once made, but are made no more, is no sense.
    """
    wanted, there = features.alias(), features.alias()
    found: dict[str, None] = {}
    for sense, sha256 in backbones.items():
        same = (wanted.c.window == windows.c.id) & (wanted.c.sense == sense) & (wanted.c.backbone_sha256 == sha256)
        has = exists().where((there.c.window == windows.c.id) & (there.c.sense == sense))
        query = select(clips.c.clip_id).distinct().select_from(windows.join(clips))
        heard = windows.c.absent[sense].as_string().is_(None)
        query = query.where(windows.c.gallery_id == gallery, has, ~exists().where(same), heard)
        query = query.order_by(clips.c.clip_id)
        found |= dict.fromkeys(connection.execute(query).scalars())
    return list(found)


def complete(
    connection: Connection, windows_of: Sequence[int], found: Sequence[Mapping[Sense, F32]], backbones: Backbones
) -> None:
    """Write, for windows that are there, what is found by these backbones and not stored yet."""
    of_windows = features.c.window.in_(windows_of)
    query = select(features.c.window, features.c.sense, features.c.backbone_sha256).where(of_windows)
    known = {tuple(row) for row in connection.execute(query)}
    new = (
        (window, {sense: rows for sense, rows in each.items() if (window, sense, backbones[sense]) not in known})
        for window, each in zip(windows_of, found, strict=True)
    )
    add(connection, [(window, each, backbones) for window, each in new])


def note_absent(connection: Connection, found: Mapping[int, Absent]) -> None:
    """Write down what each window was found to lack; what was known of other senses stays."""
    query = select(windows.c.id, windows.c.absent).where(windows.c.id.in_(found))
    for row in connection.execute(query).all():
        if (now := {**row.absent, **found[row.id]}) != row.absent:
            connection.execute(update(windows).where(windows.c.id == row.id).values(absent=now))


def _among(ids: I64) -> ColumnElement[bool]:
    first, last = int(ids[0]), int(ids[-1])
    if last - first < DENSE * len(ids):
        return features.c.window.between(first, last)
    return features.c.window.in_(ids.tolist())

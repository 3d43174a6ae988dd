"""What was measured, as it is kept in scale_constants.json: every figure of docs/scale.md comes from it."""

from bisect import bisect_right
from collections.abc import Iterable
from pathlib import Path
from typing import Literal

import numpy as np

from models.bundle.manifest import Frozen

KEPT = Path(__file__).parent / "scale_constants.json"
SHARES = (*(each / 20 for each in range(20)), 0.99, 1.0)
"""Of all times, those that a spread keeps: every twentieth, the 99th percentile and the longest."""

TableKind = Literal["flat", "hnsw", "ivfpq"]


class Spread(Frozen):
    """How times are spread, in seconds: `times[i]` is what the share SHARES[i] of them took at most."""

    times: tuple[float, ...]

    @classmethod
    def of(cls, seconds: Iterable[float]) -> "Spread":
        """Of the seconds that each took."""
        return cls(times=tuple(short(float(each)) for each in np.quantile(list(seconds), SHARES)))

    def at(self, share: float) -> float:
        """What such a share took at most, in a straight line between those that are kept."""
        right = min(bisect_right(SHARES, share), len(SHARES) - 1)
        low, high = SHARES[right - 1], SHARES[right]
        part = (share - low) / (high - low)
        return self.times[right - 1] * (1 - part) + self.times[right] * part

    @property
    def mean(self) -> float:
        """Of times drawn by `at`."""
        pieces = zip(SHARES, SHARES[1:], self.times, self.times[1:], strict=False)
        return sum((high - low) * (first + last) / 2 for low, high, first, last in pieces)


class TableAt(Frozen):
    """A vector table of so many windows of 64 numbers, of one kind.

    `one` are single queries on one thread, `of_sixteen_s` is what each of sixteen that are asked together takes; these
    and `built_s` are seconds of processors, so that what else a machine does counts for little. `held_bytes` is what
    building took at most, the caller's vectors included; `disk_bytes` is the snapshot, which a process that answers
    maps. `recall` is that at 10 on held-out queries.
    """

    kind: TableKind
    windows: int
    built_s: float
    held_bytes: int
    written_s: float
    disk_bytes: int
    opened_s: float
    recall: float
    one: Spread
    of_sixteen_s: float


class CatalogAt(Frozen):
    """A gallery of so many windows, each a clip with a feature of 128 numbers, on SQLite.

    `inserted_s` is writing them 10,000 a transaction, `counted_s` counting what there is, `embedded_s` reading and
    embedding all features, `reindexed_s` a whole reindexing; `search` are single ones in process, with ten hits. All
    are seconds of processors.
    """

    windows: int
    inserted_s: float
    disk_bytes: int
    counted_s: float
    embedded_s: float
    reindexed_s: float
    search: Spread


class Rows(Frozen):
    """Bytes a clip of one window takes in the catalog: without features, and with one for each sense."""

    windows: int
    bare_bytes: float
    with_features_bytes: float
    widths: tuple[int, ...]


class Head(Frozen):
    """Windows a second from stored features of `widths[0]` numbers to vectors of `widths[-1]`, in a reindexing."""

    widths: tuple[int, ...]
    windows_a_second: float


class ClipWork(Frozen):
    """What a clip of so many seconds takes of one core: decoding and both networks, and decoding alone."""

    seconds: float
    core_s: float
    decoding_core_s: float
    media_bytes: int


class Adding(Frozen):
    """`Gallery.add` by so many writers at once, on a catalog; each waits for the others at the gallery's row."""

    catalog: Literal["SQLite", "PostgreSQL"]
    writers: int
    clips_a_second: float
    one: Spread


class Serving(Frozen):
    """The service over HTTP with so many windows, as docs/performance.md has it under "The service under load"."""

    windows: int
    inside_p50_s: float
    one_p50_s: float
    one_p99_s: float
    work_s: float
    clients: int
    a_second: float
    p99_s: float


class Constants(Frozen):
    """All of it, on one machine. `note` says what else that machine did."""

    machine: str
    note: str
    process_bytes: int
    tables: tuple[TableAt, ...]
    catalogs: tuple[CatalogAt, ...]
    rows: Rows
    head: Head
    clip: ClipWork
    adding: tuple[Adding, ...]
    serving: Serving
    skipped: tuple[str, ...] = ()

    def of_kind(self, kind: TableKind) -> list[TableAt]:
        """The tables of a kind, from small to large."""
        return sorted((each for each in self.tables if each.kind == kind), key=lambda each: each.windows)

    @property
    def commit_s(self) -> float:
        """What an addition to a gallery keeps the next one waiting for: by the best rate that writers came to."""
        return 1 / max(each.clips_a_second for each in self.adding)


def read(path: Path = KEPT) -> Constants:
    """The constants of a file."""
    return Constants.model_validate_json(path.read_text())


def short(value: float) -> float:
    """Four significant digits: no clock here tells more."""
    return float(f"{value:.4g}")

"""What so many windows cost: formulas over what was measured, each with what it assumes.

A window is a clip of its own here, so that rows, media and ingest are at their dearest.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

from benchmarks.scale_constants import CatalogAt, Constants, TableAt, TableKind
from benchmarks.scale_growth import Growth, HeldOut, Points, Terms, fitted, held_out
from index.vectors.kinds import IndexOptions

DIM = 64
HOURS_A_MONTH = 730
GIB = 1024**3
LEAST_S = 1e-3
Figure = Literal["search_s", "built_s", "held_bytes", "written_s", "disk_bytes", "opened_s"]

OF_TABLE: Mapping[Figure, Callable[[TableAt], float]] = {
    "search_s": lambda table: table.one.at(0.5),
    "built_s": lambda table: table.built_s,
    "held_bytes": lambda table: table.held_bytes,
    "written_s": lambda table: table.written_s,
    "disk_bytes": lambda table: table.disk_bytes,
    "opened_s": lambda table: table.opened_s,
}
ALIKE: Mapping[Figure, Terms] = {
    "held_bytes": ("1", "n"),
    "written_s": ("1", "n"),
    "disk_bytes": ("1", "n"),
    "opened_s": ("1", "n"),
}
TERMS: Mapping[TableKind, Mapping[Figure, Terms]] = {
    "flat": {**ALIKE, "search_s": ("1", "n"), "built_s": ("1", "n")},
    "ivfpq": {**ALIKE, "search_s": ("1", "√n"), "built_s": ("n", "n√n")},
    "hnsw": {**ALIKE, "search_s": ("1", "log n"), "built_s": ("n", "n log n")},
}
"""How each figure must grow, by what is done: every vector looked at; √n lists of √n; a walk through a graph."""


@dataclass(frozen=True, slots=True)
class Prices:
    """Dollars of a core and of a GiB of memory for an hour, and of a GiB on the disk for a month.

    By default AWS Fargate's, Linux on x86 in us-east-1: SOURCE. Media in an object store cost less.
    """

    core_hour: float = 0.04048
    memory_gib_hour: float = 0.004445
    disk_gib_month: float = 0.000111 * HOURS_A_MONTH


SOURCE = "https://www.vantage.sh/blog/fargate-pricing"


@dataclass(frozen=True, slots=True)
class Costs:
    """Of so many windows: the index that is chosen by itself, seconds of one core, bytes, and hours.

    `building_bytes` are what a reindexing holds beside the table that answers; `commits_h` is how long all additions to
    one gallery take one after the other, however many workers there are.
    """

    windows: int
    kind: TableKind
    search_s: float
    table_bytes: float
    building_bytes: float
    opened_s: float
    rows_bytes: float
    features_bytes: float
    media_bytes: float
    ingest_core_h: float
    commits_h: float
    reindex_h: float
    process_bytes: float
    is_extrapolated: bool

    @property
    def memory_bytes(self) -> float:
        """Of a process that answers: itself, and the table, which it maps and which must stay in memory."""
        return self.process_bytes + self.table_bytes

    @property
    def disk_bytes(self) -> float:
        """The catalog with its features, media, and the snapshots of two generations."""
        return self.rows_bytes + self.features_bytes + self.media_bytes + 2 * self.table_bytes

    def once(self, prices: Prices) -> float:
        """Of taking all clips in: cores' hours."""
        return self.ingest_core_h * prices.core_hour

    def monthly(self, prices: Prices) -> float:
        """Of one process with two cores that answers all month, and of the disk."""
        memory = self.memory_bytes / GIB * prices.memory_gib_hour
        hourly = 2 * prices.core_hour + memory
        return HOURS_A_MONTH * hourly + self.disk_bytes / GIB * prices.disk_gib_month


def kind_for(windows: int) -> TableKind:
    """The one that a gallery chooses by itself."""
    kind = IndexOptions().wanted(windows, DIM)
    assert kind != "hnsw", "that is only ever asked for"
    return kind


def growth(constants: Constants, kind: TableKind, figure: Figure) -> Growth:
    """How a figure of a kind grows."""
    return fitted(points(constants, kind, figure), TERMS[kind][figure])


def points(constants: Constants, kind: TableKind, figure: Figure) -> Points:
    """What was measured of it."""
    return [(each.windows, OF_TABLE[figure](each)) for each in constants.of_kind(kind)]


def table_figure(constants: Constants, kind: TableKind, figure: Figure, windows: float) -> float:
    """As it was measured with so many windows; else by its growth."""
    known = dict(points(constants, kind, figure))
    return known[int(windows)] if windows in known else growth(constants, kind, figure).at(windows)


def checks(constants: Constants) -> list[tuple[TableKind, Figure, HeldOut]]:
    """How far off each growth is at the largest size, fitted to the smaller ones."""
    found = [
        (kind, figure, held_out(points(constants, kind, figure), terms))
        for kind, figures in TERMS.items()
        for figure, terms in figures.items()
    ]
    return [(kind, figure, each) for kind, figure, each in found if each is not None]


def reindex_s(constants: Constants, windows: float, kind: TableKind) -> float:
    """Stored features embedded by one process, the table built beside, its snapshot written, and the rest of it."""
    embedded_s = windows / constants.head.windows_a_second
    built_s, written_s = (table_figure(constants, kind, each, windows) for each in ("built_s", "written_s"))
    return embedded_s + built_s + written_s + fitted(rests(constants), ("1", "n")).at(windows)


def rests(constants: Constants) -> Points:
    """What a reindexing takes beyond its parts: listing windows, measuring recall, counting, verifying, following."""
    return [(each.windows, max(each.reindexed_s - _parts_s(constants, each), LEAST_S)) for each in constants.catalogs]


def _parts_s(constants: Constants, catalog: CatalogAt) -> float:
    """Of that catalog's reindexing, by a head that is smaller than those of a network."""
    kind, windows = kind_for(catalog.windows), catalog.windows
    return catalog.embedded_s + table_figure(constants, kind, "built_s", windows)


def costs(constants: Constants, windows: int, *, clip_bytes: float | None = None) -> Costs:
    """What so many windows cost; a clip's file is as large as the one that was measured unless its size is given."""
    kind, rows = kind_for(windows), constants.rows
    table = {figure: table_figure(constants, kind, figure, windows) for figure in OF_TABLE}
    return Costs(
        windows=windows,
        kind=kind,
        search_s=table["search_s"],
        table_bytes=table["disk_bytes"],
        building_bytes=table["held_bytes"],
        opened_s=table["opened_s"],
        rows_bytes=windows * rows.bare_bytes,
        features_bytes=windows * (rows.with_features_bytes - rows.bare_bytes),
        media_bytes=windows * (clip_bytes or constants.clip.media_bytes),
        ingest_core_h=windows * constants.clip.core_s / 3600,
        commits_h=windows * constants.commit_s / 3600,
        reindex_h=reindex_s(constants, windows, kind) / 3600,
        process_bytes=constants.process_bytes,
        is_extrapolated=windows > max(each.windows for each in constants.of_kind(kind)),
    )

"""Where each part breaks: with how many windows, by which figure, what replaces it, and whether that is there."""

from collections.abc import Iterator
from dataclasses import dataclass

from benchmarks.scale_constants import Constants
from benchmarks.scale_costs import GIB, Costs, growth, reindex_s
from benchmarks.scale_growth import Growth, Points, fitted, reached

MACHINE_GIB, DISK_GIB = 64, 1024
MACHINE_CORES = 16
DAY_S = 86_400.0
MONTH_S = 30 * DAY_S
SLOW_SEARCH_S, SLOW_COUNT_S, SLOW_START_S, LONG_BUILD_S = 0.002, 1.0, 60.0, 3600.0
CHOSEN_UP_TO = 78_125
"""Windows of 64 numbers up to which a gallery looks at every vector: 5,000,000 numbers."""


@dataclass(frozen=True, slots=True)
class Limit:
    """A part, with how many windows it breaks and by which figure, and what replaces it: is that there?"""

    part: str
    windows: float
    figure: str
    instead: str
    is_there: str


def limits(constants: Constants) -> list[Limit]:
    """All of them, first what breaks first."""
    found = [*_searching(constants), *_catalog(constants), *_ingest(constants), *_machine(constants)]
    return sorted(found, key=lambda limit: limit.windows)


def today(found: Costs) -> str:
    """What of Sightsound so many windows take as it is, by the same limits."""
    catalog = "SQLite" if found.rows_bytes + found.features_bytes <= DISK_GIB * GIB else "PostgreSQL"
    media = "" if found.media_bytes <= DISK_GIB * GIB else ", media in S3"
    fits = found.memory_bytes + found.building_bytes <= MACHINE_GIB * GIB
    vectors = "" if fits else ", Milvus"
    if 3600 * found.commits_h > MONTH_S or 3600 * found.reindex_h > DAY_S:
        return f"several galleries; {catalog}{media}{vectors}"
    return f"{catalog}{media}{vectors}"


def _searching(constants: Constants) -> Iterator[Limit]:
    flat, graph = growth(constants, "flat", "search_s"), growth(constants, "hnsw", "built_s")
    yield Limit(
        "looking at every vector",
        reached(flat.at, SLOW_SEARCH_S),
        "a search takes a core 2 ms",
        f"`ivfpq`, chosen by itself from {CHOSEN_UP_TO:,} windows on",
        "yes",
    )
    yield Limit(
        "the graph (`hnsw`)",
        reached(graph.at, LONG_BUILD_S),
        "building takes an hour on one core",
        "`ivfpq`, which is chosen by itself",
        "yes",
    )


def _catalog(constants: Constants) -> Iterator[Limit]:
    rows, commit_s = constants.rows, constants.commit_s
    yield Limit(
        "counting a whole gallery, at first and after a deletion",
        reached(counting(constants).at, SLOW_COUNT_S),
        "`/v1/galleries` takes 1 s for it",
        "counting on from what was counted before",
        "for additions yes, for deletions no",
    )
    yield Limit(
        "the catalog with its features in SQLite",
        DISK_GIB * GIB / rows.with_features_bytes,
        f"{rows.with_features_bytes:,.0f} bytes a window fill 1 TiB",
        "PostgreSQL on a larger disk; features in files beside the catalog",
        "PostgreSQL yes; features beside it no",
    )
    yield Limit(
        "additions to one gallery, one after the other",
        MONTH_S / commit_s,
        f"{1 / commit_s:,.0f} a second take 30 days",
        "several galleries, with PostgreSQL; many clips in one commit",
        "galleries yes, each searched by itself; commits of many clips no",
    )


def _ingest(constants: Constants) -> Iterator[Limit]:
    clip = constants.clip
    yield Limit(
        f"decoding and networks on one machine of {MACHINE_CORES} cores",
        MONTH_S * MACHINE_CORES / clip.core_s,
        f"{clip.core_s:.2g} core-seconds a clip take 30 days",
        f"workers on more machines, up to {clip.core_s / constants.commit_s:,.0f} cores a gallery",
        "yes",
    )
    yield Limit(
        "media in a folder",
        DISK_GIB * GIB / clip.media_bytes,
        f"{clip.media_bytes / 1024**2:.1f} MiB a clip fill 1 TiB",
        "media in S3",
        "yes",
    )


def _machine(constants: Constants) -> Iterator[Limit]:
    table, held = (growth(constants, "ivfpq", each) for each in ("disk_bytes", "held_bytes"))
    most = MACHINE_GIB * GIB - constants.process_bytes
    where = f"memory of one machine of {MACHINE_GIB} GiB"
    milvus = "Milvus, or shards of our own"
    is_there = "Milvus yes, tried on milvus-lite only; shards no"
    yield Limit(f"{where}, answering", reached(table.at, most), "the table alone fills it", milvus, is_there)
    yield Limit(
        f"{where}, reindexing",
        reached(lambda n: table.at(n) + held.at(n), most),
        "the new table is built beside the one that answers",
        f"a worker on another machine; then {milvus}",
        f"a worker yes; {is_there}",
    )
    yield Limit(
        "reindexing by one process",
        reached(lambda n: reindex_s(constants, n, "ivfpq"), DAY_S),
        "it takes a day",
        "shards that are embedded and built side by side",
        "no",
    )
    yield Limit(
        "a start with a snapshot",
        reached(growth(constants, "ivfpq", "opened_s").at, SLOW_START_S),
        "checking every byte takes 60 s",
        "checking after the first answer",
        "no",
    )


def counting(constants: Constants) -> Growth:
    """How long it takes to count a gallery."""
    points: Points = [(each.windows, each.counted_s) for each in constants.catalogs]
    return fitted(points, ("1", "n"))

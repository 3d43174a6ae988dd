"""What the simulation says of setups: searches and clips a second, and how far off it is where that was measured."""

from collections.abc import Iterator

from benchmarks.scale_constants import Constants, TableKind
from benchmarks.scale_costs import GIB, growth, kind_for, rests, table_figure
from benchmarks.scale_growth import Points, held_out
from benchmarks.scale_service import (
    Setup,
    Times,
    asked_at,
    asked_by,
    clips_a_second,
    most_a_second,
    python_times,
)

BOUND_S = 0.05
"""What 99 of 100 searches may take."""
SEARCHES, ALONE = 20_000, 400
SIZES = (10_000, 10_000_000)
PROCESSES = (1, 4, 16)
SHARDED = ((100_000_000, (2, 4, 16)), (1_000_000_000, (8, 16, 64)))
ASKING = 8
WORKERS = (1, 4, 16, 64, 256)
CLIPS = 2000


def process_rows(constants: Constants) -> Iterator[tuple[str, ...]]:
    """Of each size: searches a second by so many processes, and which part is busy first."""
    for windows in SIZES:
        kind = kind_for(windows)
        setups = [_setup(constants, kind, windows, processes=each) for each in PROCESSES]
        rates = [most_a_second(each, p99_s=BOUND_S, searches=SEARCHES) for each in setups]
        yield f"{windows:,}", f"`{kind}`", *map(_rate, rates), setups[0].narrowest


def shard_rows(constants: Constants) -> Iterator[tuple[str, ...]]:
    """Of sizes beyond one machine, by shards."""
    for windows, counts in SHARDED:
        for shards in counts:
            setup = _setup(constants, "ivfpq", windows / shards, processes=ASKING, shards=shards)
            alone = asked_at(setup, setup.capacities[setup.narrowest] / 100, searches=ALONE)
            rate = most_a_second(setup, p99_s=BOUND_S, searches=SEARCHES // 4)
            memory = growth(constants, "ivfpq", "disk_bytes").at(windows / shards) / GIB
            cells = f"{memory:.2g} GiB", f"{1000 * alone.at(0.5):.2g} ms"
            yield f"{windows:,}", f"{shards}", *cells, _rate(rate), setup.narrowest


def ingest_rows(constants: Constants) -> Iterator[tuple[str, ...]]:
    """Of so many workers on one gallery."""
    clip_s, commit_s = constants.clip.core_s, constants.commit_s
    for workers in WORKERS:
        rate = clips_a_second(workers, clip_s=clip_s, commit_s=commit_s, clips=max(CLIPS, 20 * workers))
        share = rate * (clip_s + commit_s) / workers
        yield f"{workers}", f"{rate:,.1f}", f"{share:.0%}", f"{1e6 / rate / 3600:,.0f} h"


def model_rows(constants: Constants) -> Iterator[tuple[str, str, str]]:
    """What the model says as a multiple of what was measured: of the service over HTTP, and of reindexing."""
    serving = constants.serving
    seen = asked_by(_setup(constants, "flat", serving.windows), serving.clients, searches=20_000)
    where = f"{serving.clients} clients over HTTP, {serving.windows:,} windows"
    yield "searches a second, simulated", where, f"{seen.a_second / serving.a_second:.2f} x"
    yield "their p99, simulated", where, f"{seen.at(0.99) / serving.p99_s:.2f} x"
    counted: Points = [(each.windows, each.counted_s) for each in constants.catalogs]
    for what, points in (("reindexing, beyond its parts", rests(constants)), ("counting a gallery", counted)):
        if (found := held_out(points, ("1", "n"))) is not None:
            yield what, f"{found.windows:,} windows", f"{found.ratio:.2f} x"


def _setup(constants: Constants, kind: TableKind, windows: float, *, processes: int = 1, shards: int = 0) -> Setup:
    """With vectors spread in time as those of the next smaller table are."""
    known = [each for each in constants.of_kind(kind) if each.windows <= windows] or constants.of_kind(kind)[:1]
    median_s = table_figure(constants, kind, "search_s", windows)
    compared = Times.of(known[-1].one, median_s=median_s)
    python = python_times(constants, lambda n: table_figure(constants, "flat", "search_s", n))
    return Setup(python, compared, processes=processes, shards=shards)


def _rate(a_second: float) -> str:
    return f"{float(f'{a_second:.2g}'):,.0f}" if a_second else "none"

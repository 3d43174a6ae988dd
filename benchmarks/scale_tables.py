"""The tables of docs/scale.md, made of the constants: what is needed, what breaks, how many searches, how sure."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from benchmarks.report import write_into
from benchmarks.scale_constants import Constants
from benchmarks.scale_costs import GIB, Costs, Prices, checks, costs
from benchmarks.scale_limits import limits, today
from benchmarks.scale_simulated import PROCESSES, ingest_rows, model_rows, process_rows, shard_rows

SIZES = tuple(10**power for power in range(4, 10))
Row = Sequence[str]
FIGURES = {
    "search_s": "one search",
    "built_s": "building",
    "held_bytes": "memory while building",
    "opened_s": "opening the snapshot",
}
"""Whose growth is checked: the others are bytes written, or hardly count."""


def written(constants: Constants, document: Path) -> None:
    """Replace every table of the document."""
    for name, made in SECTIONS.items():
        write_into(document, "\n".join(made(constants)), markers(name))


def markers(name: str) -> tuple[str, str]:
    """Between which the document has a table."""
    return f"<!-- written by benchmarks.scale, {name}: begin -->", f"<!-- written by benchmarks.scale, {name}: end -->"


def needs(constants: Constants) -> Iterator[str]:
    """A row a power of ten."""
    head = ("windows", "index", "one search", "memory", "while reindexing", "reindexing", "disk")
    more = ("ingest, core-hours", "commits to one gallery", "what it takes today")
    yield from table((*head, *more), [_needed(costs(constants, each)) for each in SIZES])


def _needed(found: Costs) -> Row:
    return (
        f"{found.windows:,}{' *' if found.is_extrapolated else ''}",
        f"`{found.kind}`",
        duration(found.search_s),
        size(found.memory_bytes),
        size(found.memory_bytes + found.building_bytes),
        duration(3600 * found.reindex_h),
        size(found.disk_bytes),
        number(found.ingest_core_h),
        duration(3600 * found.commits_h),
        today(found),
    )


def money(constants: Constants) -> Iterator[str]:
    """By the default prices."""
    prices = Prices()
    rows = [
        (
            f"{each.windows:,}",
            *(size(part) for part in (each.rows_bytes, each.features_bytes, each.media_bytes, 2 * each.table_bytes)),
            dollars(each.disk_bytes / GIB * prices.disk_gib_month),
            dollars(each.monthly(prices)),
            dollars(each.once(prices)),
        )
        for each in (costs(constants, windows) for windows in SIZES)
    ]
    head = ("windows", "catalog", "its features", "media", "two snapshots", "that disk, a month")
    yield from table((*head, "with a process on two cores", "ingest, once"), rows)


def breaking(constants: Constants) -> Iterator[str]:
    """First what breaks first."""
    rows = [(count(each.windows), each.part, each.figure, each.instead, each.is_there) for each in limits(constants)]
    yield from table(("windows", "what breaks", "by which figure", "what replaces it", "is that there?"), rows, words=5)


def processes(constants: Constants) -> Iterator[str]:
    """Searches a second by processes that each hold all vectors."""
    head = ("windows", "index", *(f"{each} process{'es' if each > 1 else ''}" for each in PROCESSES), "busy first")
    yield from table(head, list(process_rows(constants)))
    yield ""
    by_clip = 2 / constants.clip.core_s
    yield (
        f"By an uploaded clip of {constants.clip.seconds:g} s, which is decoded and goes through both networks, two "
        f"cores answer {by_clip:.2g} searches a second."
    )


def shards(constants: Constants) -> Iterator[str]:
    """Searches a second by eight processes that ask shards."""
    head = ("windows", "shards", "memory of a shard", "one search, alone", "searches a second", "busy first")
    yield from table(head, list(shard_rows(constants)))


def ingest(constants: Constants) -> Iterator[str]:
    """Clips a second by so many workers."""
    head = ("workers, a core each", "clips a second", "of what they could", "a million clips")
    yield from table(head, list(ingest_rows(constants)))


def sure(constants: Constants) -> Iterator[str]:
    """The model beside what was measured, and each growth at a size that it was not shown."""
    fits = [
        (f"`{kind}`, {FIGURES[figure]}", f"{held.windows:,} windows", f"{held.ratio:.2f} x")
        for kind, figure, held in checks(constants)
        if figure in FIGURES
    ]
    yield from table(("what", "where", "the model says"), [*model_rows(constants), *fits], words=2)


def measured(constants: Constants) -> Iterator[str]:
    """The constants themselves."""
    yield f"On: {constants.machine}; {constants.note}."
    yield ""
    head = (
        "windows",
        "index",
        "recall at 10",
        "search p50",
        "p99",
        "of 16 together",
        "built",
        "held",
        "snapshot",
        "opened",
    )
    rows = [
        (
            f"{each.windows:,}",
            f"`{each.kind}`",
            f"{each.recall:.4f}",
            *(duration(one) for one in (each.one.at(0.5), each.one.at(0.99), each.of_sixteen_s, each.built_s)),
            size(each.held_bytes),
            size(each.disk_bytes),
            duration(each.opened_s),
        )
        for each in sorted(constants.tables, key=lambda each: (each.kind, each.windows))
    ]
    yield from table(head, rows)
    yield ""
    yield from table(
        ("windows", "catalog written", "size", "counted", "embedded anew", "reindexed", "search in process p50"),
        [
            (
                f"{each.windows:,}",
                duration(each.inserted_s),
                size(each.disk_bytes),
                *(duration(one) for one in (each.counted_s, each.embedded_s, each.reindexed_s, each.search.at(0.5))),
            )
            for each in constants.catalogs
        ],
    )
    yield ""
    yield from _sentences(constants)


def _sentences(constants: Constants) -> Iterator[str]:
    rows, head, clip = constants.rows, constants.head, constants.clip
    numbers = 2 * sum(rows.widths)
    features = rows.with_features_bytes - rows.bare_bytes
    yield (
        f"- A clip of one window takes {rows.bare_bytes:,.0f} bytes of SQLite without features; features of "
        f"{' and '.join(map(str, rows.widths))} numbers, {numbers:,} bytes, take {features:,.0f} more."
    )
    read = head.windows_a_second * features / len(rows.widths)
    yield (
        f"- A head {'-'.join(map(str, head.widths))} embeds {head.windows_a_second:,.0f} stored windows a second, for "
        f"which {size(read)} of the catalog are read: here from memory."
    )
    yield (
        f"- A clip of {clip.seconds:g} s takes {clip.core_s:.2g} core-seconds, {clip.decoding_core_s:.2g} of them "
        f"decoding; its file has {clip.media_bytes / 1024**2:.1f} MiB."
    )
    for each in constants.adding:
        yield (
            f"- {each.writers} at once add {each.clips_a_second:,.0f} clips a second to one gallery on {each.catalog}; "
            f"one addition takes {duration(each.one.at(0.5))}, p99 {duration(each.one.at(0.99))}."
        )
    for left_out in constants.skipped:
        yield f"- Left out, as it would not have ended in time: {left_out}."


SECTIONS: Mapping[str, Callable[[Constants], Iterator[str]]] = {
    "needs": needs,
    "money": money,
    "limits": breaking,
    "processes": processes,
    "shards": shards,
    "ingest": ingest,
    "checks": sure,
    "constants": measured,
}


def plan_lines(found: Costs, prices: Prices) -> Iterator[str]:
    """What so many windows need, line by line."""
    reindexing = size(found.memory_bytes + found.building_bytes)
    on_disk = ", ".join(map(size, (found.rows_bytes, found.features_bytes, found.media_bytes)))
    commits = f"commits to one gallery {duration(3600 * found.commits_h)}"
    yield f"{found.windows:,} windows, index {found.kind}{', extrapolated' if found.is_extrapolated else ''}"
    yield f"one search, one core     {duration(found.search_s)}"
    yield f"memory of a process      {size(found.memory_bytes)}, while reindexing {reindexing}"
    yield f"reindexing               {duration(3600 * found.reindex_h)}"
    yield f"catalog, features, media {on_disk}"
    yield f"ingest                   {number(found.ingest_core_h)} core-hours; {commits}"
    yield f"money                    {dollars(found.once(prices))} once, {dollars(found.monthly(prices))} a month"


def table(head: Row, rows: Sequence[Row], *, words: int = 1) -> Iterator[str]:
    """In Markdown; all columns but the first so many, and those of words, are numbers."""
    yield f"| {' | '.join(head)} |"
    yield f"| {' | '.join(['---'] * words + ['---:'] * (len(head) - words))} |"
    for row in rows:
        yield f"| {' | '.join(row)} |"


def duration(seconds: float) -> str:
    """In the unit that people would say."""
    for most, unit, each in ((1.0, "ms", 1e-3), (120.0, "s", 1.0), (7200.0, "min", 60.0), (172_800.0, "h", 3600.0)):
        if seconds < most:
            return f"{number(seconds / each)} {unit}"
    days = seconds / 86_400
    return f"{number(days)} days" if days < 730 else f"{number(days / 365)} years"


def size(size_bytes: float) -> str:
    """In the largest unit of which there is one."""
    value, unit = size_bytes / 1024**2, "MiB"
    for larger in ("GiB", "TiB", "PiB"):
        if value < 1000:
            break
        value, unit = value / 1024, larger
    return f"{number(value)} {unit}"


def dollars(value: float) -> str:
    """With two digits, as no price here is surer."""
    return f"${number(value)}"


def number(value: float) -> str:
    """Two significant digits; whole thousands."""
    rounded = float(f"{value:.2g}")
    return f"{rounded:,.0f}" if rounded >= 10 else f"{rounded:g}"


def count(windows: float) -> str:
    """As "8.3 million"."""
    for least, name in ((1e9, "billion"), (1e6, "million"), (1e3, "thousand")):
        if windows >= least:
            return f"{number(windows / least)} {name}"
    return number(windows)

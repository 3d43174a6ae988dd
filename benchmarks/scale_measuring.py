"""All that is measured for docs/scale.md, piece by piece, small before large, within a time."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import TypeVar

from benchmarks.machine import this_machine
from benchmarks.scale_catalogs import adding, catalog_at, head, rows_of_a_clip
from benchmarks.scale_clips import clip_work, served
from benchmarks.scale_constants import CatalogAt, Constants, TableAt, TableKind
from benchmarks.scale_costs import kind_for
from benchmarks.scale_vectors import alone, drawn, resident_bytes, table_at

SIZES = (10_000, 31_623, 100_000, 316_228, 1_000_000, 10_000_000)
MOST_CATALOG, MOST_GRAPH = 316_228, 100_000
"""A catalog of a million rows takes minutes to write, a graph of a million five to build."""
FLAT: TableKind = "flat"
GRAPH: TableKind = "hnsw"
WRITERS = (1, 2, 4)
STEEPEST = 1.1
"""With which power of the windows pieces grow, at their sizes here."""
Found = TypeVar("Found")


@dataclass
class Pieces:
    """What is measured in turn; a piece that would hardly end in time is left out and named."""

    minutes: float
    say: Callable[[str], None]
    began_s: float = field(default_factory=perf_counter)
    skipped: list[str] = field(default_factory=list)
    _last: dict[str, tuple[int, float]] = field(default_factory=dict)

    def measured(self, name: str, windows: int, work: Callable[[], Found]) -> Found | None:
        """What the work finds; None where the piece of that name with fewer windows says that it would take too long.

        The smallest is always measured.
        """
        expected_s, left_s = self._expected_s(name, windows), 60 * self.minutes - (perf_counter() - self.began_s)
        what = f"{name}, {windows:,} windows"
        if name in self._last and expected_s > left_s:
            self.skipped.append(what)
            self.say(f"{what}: left out, it may take {expected_s:.0f} s and {max(left_s, 0):.0f} s are left")
            return None
        self.say(f"{what} …")
        started = perf_counter()
        found = work()
        self._last[name] = windows, perf_counter() - started
        self.say(f"{what}: {self._last[name][1]:.1f} s")
        return found

    def _expected_s(self, name: str, windows: int) -> float:
        known, took_s = self._last.get(name, (windows, 0.0))
        return took_s * float((windows / known) ** STEEPEST)


def measured(
    *, most: int, minutes: float, note: str, postgres: str | None, networks: Path | None, say: Callable[[str], None]
) -> Constants:
    """Everything up to so many windows; what else takes time is measured first."""
    machine, pieces = str(this_machine()), Pieces(minutes, say)
    say("clips, head, rows, additions …")
    clip, serving, quick, rows = clip_work(networks), served(), head(), _in_folder(rows_of_a_clip)
    adds = [adding(each) for each in WRITERS]
    adds += [adding(each, postgres) for each in WRITERS if postgres is not None]
    sizes = [each for each in SIZES if each <= most]
    catalogs, tables = list[CatalogAt | None](), list[TableAt]()
    for each in sizes:
        tables += _tables(pieces, each)
        catalogs += [_catalog(pieces, each)] if each <= MOST_CATALOG else []
    return Constants(
        machine=machine,
        note=note,
        process_bytes=alone(_service_bytes),
        tables=tuple(tables),
        catalogs=tuple(each for each in catalogs if each is not None),
        rows=rows,
        head=quick,
        clip=clip,
        adding=tuple(adds),
        serving=serving,
        skipped=tuple(pieces.skipped),
    )


def _catalog(pieces: Pieces, windows: int) -> CatalogAt | None:
    return pieces.measured("a gallery", windows, lambda: _in_folder(lambda at: alone(catalog_at, at, windows)))


def _tables(pieces: Pieces, windows: int) -> list[TableAt]:
    with TemporaryDirectory() as folder:
        at = Path(folder)
        if pieces.measured("vectors drawn", windows, partial(alone, drawn, at, windows)) is None:
            return []
        found = [pieces.measured(kind, windows, partial(table_at, at, kind, windows)) for kind in kinds(windows)]
        return [each for each in found if each is not None]


def kinds(windows: int) -> list[TableKind]:
    """Those that are measured with so many: inverted lists only where a gallery would choose them."""
    chosen = dict.fromkeys((FLAT, kind_for(windows)))
    return [*chosen, *([GRAPH] if windows <= MOST_GRAPH else [])]


def _in_folder(work: Callable[[Path], Found]) -> Found:
    with TemporaryDirectory() as folder:
        return work(Path(folder))


def _service_bytes() -> int:
    """What a process holds that has loaded the service and opened nothing."""
    import service.app  # noqa: F401

    return resident_bytes()

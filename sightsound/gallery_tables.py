"""How the `sightsound gallery` command says what it found: tables for people, JSON for programs, bars meanwhile."""

import json
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict

from rich.console import Console, RenderableType
from rich.table import Table
from rich.text import Text

from index.tally import Progress
from index.verifying_findings import Finding
from sightsound.commands.tables import add, columns, of_figures
from sightsound.gallery_answers import GalleryStatistics
from sightsound.progress import Step, Steps

SHOWN_LABELS = 20
UNITS = ("bytes", "kB", "MB", "GB", "TB")


def as_json(found: Sequence[Finding]) -> Text:
    """Everything that is known, as a list."""
    return Text(json.dumps([asdict(each) for each in found], ensure_ascii=False, indent=2))


def listing(found: Sequence[GalleryStatistics]) -> RenderableType:
    """A row a gallery."""
    if not found:
        return Text("There is no gallery yet.")
    table = columns("gallery", "bundle", numbers=("generation", "clips", "windows", "media"))
    for each in found:
        counts = (f"{each.generation}", f"{each.clips:,}", f"{each.windows:,}", _size(each.media_bytes))
        add(table, *counts, each.name, each.bundle)
    return table


def details(found: GalleryStatistics) -> Table:
    """One gallery, a row a figure."""
    table = of_figures(found.name, {})
    add(table, "bundle", found.bundle)
    add(table, "clips", f"{found.clips:,} in {found.windows:,} windows, {_size(found.media_bytes)}")
    for each in found.features:
        of = f"{each.windows:,} windows, {each.width} wide, backbone {each.backbone_sha256[:12]}"
        add(table, f"{each.sense} features", of)
    for made in found.generations:
        active = ", active" if made.number == found.generation else ""
        add(
            table,
            f"generation {made.number}",
            f"{made.bundle}, {made.state}{active}, {made.made_at:%Y-%m-%d %H:%M} UTC",
        )
    add(table, "labels", _labels(found))
    return table


def findings(found: Sequence[Finding]) -> RenderableType:
    """A row a finding."""
    if not found:
        return Text("Nothing is wrong.")
    table = columns("what", "where", "found", "expected")
    for each in found:
        add(table, each.what, each.where, each.found, each.expected)
    return table


@contextmanager
def progress(name: str, console: Console) -> Iterator[Progress]:
    """A bar, from when it is known how much there is to do."""
    begun: list[Step] = []
    with ExitStack() as closing:
        steps = closing.enter_context(Steps(console))

        def watch(done: int, total: int) -> None:
            if not begun:
                begun.append(closing.enter_context(steps.step(name, total)))
            begun[0].to(done)

        yield watch


def _labels(found: GalleryStatistics) -> str:
    most = sorted(found.labels.items(), key=lambda each: (-each[1], each[0]))
    more = f" and {len(most) - SHOWN_LABELS} more" if len(most) > SHOWN_LABELS else ""
    return ", ".join(f"{label} ({count})" for label, count in most[:SHOWN_LABELS]) + more or "none"


def _size(size_bytes: int) -> str:
    size, unit = float(size_bytes), 0
    while size >= 1000 and unit < len(UNITS) - 1:
        size, unit = size / 1000, unit + 1
    return f"{size:.0f} {UNITS[unit]}" if unit == 0 else f"{size:.1f} {UNITS[unit]}"

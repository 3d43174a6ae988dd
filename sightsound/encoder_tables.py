"""How `sightsound backbone` shows what it found: tables for people, JSON for programs."""

import json
from collections.abc import Sequence
from dataclasses import asdict

from rich.box import SIMPLE_HEAD
from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from models.features.card import BackboneCard
from sightsound.encoder_listing import Encoder
from sightsound.encoder_speed import Speed

SHORT = 12
"""Digits of a sha256 that people are shown."""


def listing(found: Sequence[Encoder]) -> RenderableType:
    """A row an encoder."""
    if not found:
        return Text("There is no backbone yet.")
    table = _table(("backbone", "of", "takes"), numbers=("width", "size"), last=("sha256", "licence", "bundles"))
    for each in found:
        numbers = (f"{each.card.width:,}", f"{each.size_bytes / 1e6:,.1f} MB")
        last = (each.card.sha256[:SHORT], each.card.licence, ", ".join(each.bundles))
        table.add_row(*map(Text, (each.card.ref, each.modality, each.takes, *numbers, *last)))
    return table


def listing_json(found: Sequence[Encoder]) -> Text:
    """Everything that their cards say, as a list."""
    return _json([_row(each) for each in found])


def speeds(found: Sequence[Speed]) -> RenderableType:
    """A row a backbone."""
    table = _table(("backbone",), numbers=("window", "threads", "best", "median", "real-time factor", "memory"))
    for each in found:
        seconds = (f"{each.best_s:.3f} s", f"{each.median_s:.3f} s", f"{each.real_time_factor:.3f}")
        memory = f"{each.memory_bytes / 1e6:,.0f} MB"
        table.add_row(*map(Text, (each.name, f"{each.window_s:g} s", f"{each.threads}", *seconds, memory)))
    return table


def speeds_json(found: Sequence[Speed]) -> Text:
    """The same with all digits, as a list."""
    return _json([asdict(each) for each in found])


def _row(each: Encoder) -> dict[str, object]:
    card = each.card
    takes = asdict(card.takes) if isinstance(card, BackboneCard) else None
    return {
        "name": card.ref,
        "modality": each.modality,
        "takes": takes,
        "width": card.width,
        "size_bytes": each.size_bytes,
        "sha256": card.sha256,
        "licence": card.licence,
        "source": card.source,
        "bundles": list(each.bundles),
        "folder": str(each.folder),
    }


def _json(rows: Sequence[object]) -> Text:
    return Text(json.dumps(rows, ensure_ascii=False, indent=2))


def _table(words: Sequence[str], *, numbers: Sequence[str], last: Sequence[str] = ()) -> Table:
    first, *others = words
    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    table.add_column(first, no_wrap=True, overflow="fold")
    for each in others:
        table.add_column(each)
    for each in numbers:
        table.add_column(each, justify="right")
    for each in last:
        table.add_column(each, overflow="fold")
    return table

"""How commands say what a service answered: tables for people, JSON for programs."""

import os
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import typer
from pydantic import BaseModel, TypeAdapter
from rich.box import SIMPLE_HEAD
from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from sightsound.job_answers import Job
from sightsound.search_answers import Hit, Moment, SearchAnswer

ANY = TypeAdapter(Any)
UNBROKEN = 1000
"""Columns where nobody watches."""


def say(found: BaseModel | Sequence[BaseModel], shown: RenderableType, *, as_json: bool) -> None:
    """Print what was found: everything as JSON, or what people look at."""
    if as_json:
        typer.echo(ANY.dump_json(found, indent=2).decode())
    else:
        show(shown)


def show(shown: RenderableType) -> None:
    """Print what people look at; in a pipe or a file a row is a line, however long."""
    console = Console()
    width = None if console.is_terminal or "COLUMNS" in os.environ else UNBROKEN
    console.print(shown, width=width, soft_wrap=isinstance(shown, Text))


def of_hits(answer: SearchAnswer) -> RenderableType:
    """A row a hit, best first."""
    if not answer.hits:
        return Text("Nothing was found.")
    numbers = ("", "score", "likely") if answer.calibrated_on else ("", "score")
    source = f"; how likely a hit is by {answer.calibrated_on}" if answer.calibrated_on else ""
    table = columns("clip", "labels", "id", numbers=(*numbers, "seconds"))
    for place, hit in enumerate(answer.hits, 1):
        likely = [] if not answer.calibrated_on else [share(hit.probability)]
        words = (hit.clip.name, ", ".join(hit.clip.labels), hit.clip.id)
        add(table, f"{place}", f"{hit.score:.3f}", *likely, _seconds(hit), *words)
        for each in hit.moments:
            likely = [] if not answer.calibrated_on else [share(each.probability)]
            add(table, "", f"{each.score:.3f}", *likely, _seconds(each))
    return noted(table, f"{answer.route} in {answer.took_ms:.1f} ms{source}")


def of_jobs(jobs: Sequence[Job]) -> RenderableType:
    """A row a job, the newest first."""
    if not jobs:
        return Text("There is no job.")
    table = columns("state", "kind", "gallery", "since", "job", numbers=("done", "of", "errors"))
    for each in jobs:
        total = "" if each.progress.total is None else f"{each.progress.total:,}"
        counts = (f"{each.progress.done:,}", total, f"{each.error_count:,}")
        add(table, *counts, each.state, each.kind, each.gallery, moment(each.made_at), each.id)
    return table


def of_job(job: Job) -> RenderableType:
    """One job, a row a figure, and what could not be done."""
    told: dict[str, object] = {"kind": job.kind, "gallery": job.gallery, "state": job.state}
    told |= {"since": moment(job.made_at), "done": f"{job.progress.done:,}"}
    told |= {name: each for name, each in (job.result or {}).items() if not isinstance(each, dict | list)}
    if job.failure is not None:
        told["failure"] = job.failure
    told |= {each.item: f"{each.code}: {each.detail}" for each in job.errors}
    return of_figures(f"job {job.id}", told)


def of_figures(title: str, told: Mapping[str, object]) -> Table:
    """A row a figure."""
    table = frameless(title)
    table.add_column(style="dim", no_wrap=True)
    table.add_column(overflow="fold")
    for name, value in told.items():
        add(table, name, str(value))
    return table


def of_rows(names: Sequence[str], rows: Sequence[Sequence[str]], *, nothing: str) -> RenderableType:
    """Words in columns, or a line where there is none."""
    if not rows:
        return Text(nothing)
    table = columns(*names)
    for each in rows:
        add(table, *each)
    return table


def columns(*words: str, numbers: Sequence[str] = (), title: str | None = None) -> Table:
    """A table of numbers, which come first and to the right, and words."""
    table = Table(
        box=SIMPLE_HEAD,
        pad_edge=False,
        show_edge=False,
        header_style="dim",
        title=None if title is None else heading(title),
        title_justify="left",
    )
    for each in numbers:
        table.add_column(each, justify="right", no_wrap=True)
    for each in words:
        table.add_column(each, overflow="fold")
    return table


def measures(first: str, *numbers: str, title: str | None = None) -> Table:
    """A table of what is measured, and its numbers to the right."""
    table = columns(first, title=title)
    for each in numbers:
        table.add_column(each, justify="right", no_wrap=True)
    return table


def frameless(title: str) -> Table:
    """A table without lines and names of columns, which are still to be added."""
    table = Table(box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, 0))
    table.title, table.title_justify = heading(title), "left"
    return table


def noted(table: Table, words: str) -> RenderableType:
    """A table, and a line about it."""
    return Group(table, Text(words, style="dim"))


def heading(words: str) -> Text:
    """What stands above a table."""
    return Text(words, style="bold")


def add(table: Table, *cells: str) -> None:
    """A row; words as they are: what looks like markup is none."""
    table.add_row(*map(Text, cells))


def share(part: float | None) -> str:
    """A part of one, in percent; nothing where it is not known."""
    return "" if part is None else f"{part:.0%}"


def moment(at: datetime) -> str:
    """To the second."""
    return f"{at:%Y-%m-%d %H:%M:%S}"


def _seconds(hit: Hit | Moment) -> str:
    return f"{hit.window.start_s:.1f} - {hit.window.end_s:.1f}"

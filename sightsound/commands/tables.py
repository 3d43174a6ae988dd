"""How commands say what a service answered: tables for people, JSON for programs."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import typer
from pydantic import BaseModel, TypeAdapter
from rich.console import Console, RenderableType
from rich.table import Table
from rich.text import Text

from sightsound.job_answers import Job
from sightsound.search_answers import Hit, SearchAnswer

ANY = TypeAdapter(Any)


def say(found: BaseModel | Sequence[BaseModel], shown: RenderableType, *, as_json: bool) -> None:
    """Print what was found: everything as JSON, or what people look at."""
    if as_json:
        typer.echo(ANY.dump_json(found, indent=2).decode())
    else:
        Console().print(shown, soft_wrap=isinstance(shown, Text))


def of_hits(answer: SearchAnswer) -> RenderableType:
    """A row a hit, best first."""
    if not answer.hits:
        return Text("Nothing was found.")
    numbers = ("", "score", "probability") if answer.calibrated_on else ("", "score")
    table = _table("clip", "labels", "seconds", numbers=numbers, caption=_of(answer.route, answer.took_ms))
    for place, hit in enumerate(answer.hits, 1):
        likely = [] if hit.probability is None else [f"{hit.probability:.0%}"]
        _add(table, f"{place}", f"{hit.score:.3f}", *likely, hit.clip.name, ", ".join(hit.clip.labels), _seconds(hit))
    return table


def of_jobs(jobs: Sequence[Job]) -> RenderableType:
    """A row a job, the newest first."""
    if not jobs:
        return Text("There is no job.")
    table = _table("job", "kind", "gallery", "state", "since", numbers=("done", "of", "errors"))
    for each in jobs:
        total = "" if each.progress.total is None else f"{each.progress.total:,}"
        counts = (f"{each.progress.done:,}", total, f"{each.error_count:,}")
        _add(table, *counts, each.id, each.kind, each.gallery, each.state, _moment(each.made_at))
    return table


def of_job(job: Job) -> RenderableType:
    """One job, a row a figure, and what could not be done."""
    told: dict[str, object] = {"kind": job.kind, "gallery": job.gallery, "state": job.state}
    told |= {"since": _moment(job.made_at), "done": f"{job.progress.done:,}"}
    told |= {name: each for name, each in (job.result or {}).items() if not isinstance(each, dict | list)}
    if job.failure is not None:
        told["failure"] = job.failure
    told |= {each.item: f"{each.code}: {each.detail}" for each in job.errors}
    return of_figures(f"job {job.id}", told)


def of_figures(title: str, told: Mapping[str, object]) -> Table:
    """A row a figure."""
    table = Table("figure", "value", title=Text(title), title_justify="left", show_header=False)
    for name, value in told.items():
        table.add_row(Text(name), Text(str(value)))
    return table


def of_rows(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> RenderableType:
    """Words in columns."""
    table = _table(*columns)
    for each in rows:
        _add(table, *each)
    return table


def _table(*columns: str, numbers: Sequence[str] = (), caption: str = "") -> Table:
    """Numbers come first, to the right."""
    table = Table(caption=Text(caption), caption_justify="left")
    for each in numbers:
        table.add_column(each, justify="right", no_wrap=True)
    for each in columns:
        table.add_column(each)
    return table


def _add(table: Table, *cells: str) -> None:
    """Words as they are: what looks like markup is none."""
    table.add_row(*map(Text, cells))


def _of(route: str, took_ms: float) -> str:
    return f"{route} in {took_ms:.1f} ms"


def _seconds(hit: Hit) -> str:
    return f"{hit.window.start_s:.1f} - {hit.window.end_s:.1f}"


def _moment(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S}"

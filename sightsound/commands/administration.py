"""Galleries embedded anew and evaluated from the command line."""

from typing import TYPE_CHECKING, Annotated

import typer

from sightsound.commands.jobs import ended, status_of, watched
from sightsound.commands.reach import FOLDER, AsJson, Data, Gallery, Key, Server, chosen, reached

if TYPE_CHECKING:
    from sightsound.job_answers import Job

NoWait = Annotated[
    bool, typer.Option("--no-wait", help="Only ask the service for the job; `sightsound jobs` shows it.")
]


def reindex(
    gallery: Gallery = None,
    bundle: Annotated[str | None, typer.Option(help="The bundle to embed with; by default the gallery's own.")] = None,
    tolerance: Annotated[
        float | None, typer.Option(min=0, max=1, help="How much mean average precision may fall by any route.")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Switch however much it falls.")] = False,
    no_wait: NoWait = False,
    server: Server = None,
    key: Key = None,
    data: Data = FOLDER,
    as_json: AsJson = False,
) -> int:
    """Embed a gallery anew beside the old, compare both, and switch; exit status 1 where that was refused."""
    with reached(server, key, data, jobs=1) as client:
        job = client.jobs.reindex(chosen(client, gallery), bundle, tolerance=tolerance, force=force)
        return _asked(job, as_json=as_json) if no_wait and server else ended(client, job, as_json=as_json)


def evaluate(
    gallery: Gallery = None,
    route: Annotated[list[str] | None, typer.Option(metavar="ROUTE", help="Repeated for each; by default all.")] = None,
    generation: Annotated[int | None, typer.Option(min=1, help="Its number; by default the active one.")] = None,
    compare_to: Annotated[int | None, typer.Option(min=1, help="The number of another generation.")] = None,
    map: Annotated[bool, typer.Option("--map", help="Draw a map too, for the service's page.")] = False,
    no_wait: NoWait = False,
    server: Server = None,
    key: Key = None,
    data: Data = FOLDER,
    as_json: AsJson = False,
) -> int:
    """Measure how well a gallery's bundle classifies and retrieves what the gallery holds, by its labels."""
    from sightsound.commands.evaluation_tables import of_report
    from sightsound.commands.tables import say

    with reached(server, key, data, jobs=1) as client:
        name = chosen(client, gallery)
        job = client.jobs.evaluate(name, route or [], generation=generation, compare_to=compare_to, map=map)
        if no_wait and server:
            return _asked(job, as_json=as_json)
        done = watched(client, job)
        if done.result is None:
            return ended(client, done, as_json=as_json)
        found = client.evaluation(name, done.result["evaluation"])
    say(found, of_report(found), as_json=as_json)
    return status_of(done)


def _asked(job: "Job", *, as_json: bool) -> int:
    """The job goes on in the service."""
    typer.echo(job.model_dump_json(indent=2) if as_json else job.id)
    return 0

"""The `sightsound jobs` command: durable work looked at, waited for, cancelled and retried."""

from typing import TYPE_CHECKING, Annotated, get_args

import typer

from sightsound.choices import State
from sightsound.commands.reach import FOLDER, MISSED, AsJson, Data, Key, Server, reached

if TYPE_CHECKING:
    from sightsound.client import Client
    from sightsound.job_answers import Job


app = typer.Typer(name="jobs", help="Look at, wait for, cancel and retry jobs.")
JobId = Annotated[str, typer.Argument(help="The job's id.")]


@app.command("list")
def list_all(
    state: Annotated[State | None, typer.Option(help=f"Only those: {', '.join(get_args(State))}.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="How many at most.")] = 20,
    server: Server = None,
    key: Key = None,
    data: Data = FOLDER,
    as_json: AsJson = False,
) -> None:
    """Show the jobs, the newest first."""
    from sightsound.commands.tables import of_jobs, say

    with reached(server, key, data) as client:
        found = client.jobs.listed(state=state, limit=limit)
    say(found, of_jobs(found), as_json=as_json)


@app.command()
def show(job: JobId, server: Server = None, key: Key = None, data: Data = FOLDER, as_json: AsJson = False) -> None:
    """Show one job, with what it could not do."""
    with reached(server, key, data) as client:
        found = client.jobs.get(job)
    _say(found, as_json=as_json)


@app.command()
def wait(job: JobId, server: Server = None, key: Key = None, data: Data = FOLDER, as_json: AsJson = False) -> int:
    """Wait until a job has ended; exit status 1 if it failed or left something undone."""
    with reached(server, key, data, jobs=1) as client:
        return ended(client, client.jobs.get(job), as_json=as_json)


@app.command()
def cancel(job: JobId, server: Server = None, key: Key = None, data: Data = FOLDER, as_json: AsJson = False) -> None:
    """End a job; the step that it is at is still done."""
    with reached(server, key, data) as client:
        found = client.jobs.cancel(job)
    _say(found, as_json=as_json)


@app.command()
def retry(job: JobId, server: Server = None, key: Key = None, data: Data = FOLDER, as_json: AsJson = False) -> int:
    """Do again what failed, was cancelled or left items undone, and wait for it."""
    with reached(server, key, data, jobs=1) as client:
        return ended(client, client.jobs.retry(job), as_json=as_json)


def ended(client: "Client", job: "Job", *, as_json: bool) -> int:
    """Watch a job until it ends, say what came of it, and whether all of it was done as an exit status."""
    seen = watched(client, job)
    _say(seen, as_json=as_json)
    return status_of(seen)


def watched(client: "Client", job: "Job") -> "Job":
    """The job as it ended; meanwhile people see how far it is."""
    from rich.console import Console

    from sightsound.progress import Steps

    try:
        with (
            Steps(Console(stderr=True)) as steps,
            steps.step(f"{job.kind} of {job.gallery}", job.progress.total) as bar,
        ):
            for seen in client.jobs.watch(job.id):
                bar.at(seen.progress.done, seen.progress.total, seen.progress.item or seen.state)
    except BaseException:
        typer.echo(f"The job is not lost: `sightsound jobs wait {job.id}` goes on.", err=True)
        raise
    return seen


def status_of(job: "Job") -> int:
    """0 where all of it was done."""
    return 0 if job.state == "done" and not job.error_count else MISSED


def _say(job: "Job", *, as_json: bool) -> None:
    from sightsound.commands.tables import of_job, say

    say(job, of_job(job), as_json=as_json)

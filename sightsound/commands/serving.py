"""`sightsound serve` and `worker`: processes that go on until they are stopped."""

from pathlib import Path
from typing import Annotated

import typer

from sightsound.commands.config import File


def serve(
    data: Annotated[Path | None, typer.Option(help="A data folder, as `sightsound demo` makes.")] = None,
    host: Annotated[str | None, typer.Option(help="The address to listen at.")] = None,
    port: Annotated[int | None, typer.Option(help="The port; 0 takes any free one.")] = None,
    file: File = None,
) -> None:
    """Serve the page and the API over a data folder; other settings come from SIGHTSOUND_… variables or a file."""
    from service.configuring import configured
    from service.serving import serve as serve_forever

    settings = configured({"data": data, "host": host, "port": port}, file=file).settings
    serve_forever(settings, announce=lambda address: typer.echo(f"Sightsound is at {address} (Ctrl+C stops it)"))


def worker(
    data: Annotated[Path | None, typer.Option(help="The data folder of the service whose jobs are to be done.")] = None,
    catalog: Annotated[str | None, typer.Option(help="The catalog's PostgreSQL; by default in the folder.")] = None,
    jobs: Annotated[int, typer.Option(min=1, max=64, help="How many at once.")] = 1,
    file: File = None,
) -> None:
    """Do the jobs of a data folder in this process, until interrupted; settings as of `serve`."""
    from service.configuring import configured
    from sightsound.worker import work

    settings = configured({"data": data, "catalog": catalog, "job_workers": jobs}, file=file).settings
    work(settings, announce=lambda: typer.echo(f"Working on the jobs of {settings.data} (Ctrl+C stops it)"))

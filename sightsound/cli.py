"""The `sightsound` command. A failure is one line on stderr and exit status 2, never a traceback."""

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer
from pydantic import ValidationError

from models.errors import DependencyMissing, QueryInvalid, SightsoundError
from sightsound import backbone, bundle, gallery, keys
from sightsound.client import ServiceRefused
from sightsound.commands import administration, bundles, classes, config, ingest, jobs, search, status

app = typer.Typer(
    name="sightsound",
    help="Search sight by sound, sound by sight, and both by words.",
    pretty_exceptions_enable=False,
)
for each in (gallery.app, backbone.app, bundle.app, classes.app, jobs.app, keys.app, config.app):
    app.add_typer(each)
for command in (
    search.search,
    classes.classify,
    ingest.ingest,
    administration.reindex,
    administration.evaluate,
    status.status,
):
    app.command()(command)
for named, subcommand in (("list", bundles.list_all), ("show", bundles.show), ("upload", bundles.upload)):
    bundle.app.command(named)(subcommand)
EXTRA = "pip install 'sightsound[cpu]'"
FAILED, MISSED = 2, 1
FAILURES = (
    SightsoundError,
    ServiceRefused,
    typer.TyperException,
    ValidationError,
    ModuleNotFoundError,
    OSError,
)
DATA = Path("sightsound-data")


@app.callback()
def _commands() -> None:
    """Search sight by sound, sound by sight, and both by words."""


@app.command()
def serve(
    data: Annotated[Path | None, typer.Option(help="A data folder, as `sightsound demo` makes.")] = None,
    host: Annotated[str | None, typer.Option(help="The address to listen at.")] = None,
    port: Annotated[int | None, typer.Option(help="The port; 0 takes any free one.")] = None,
    file: config.File = None,
) -> None:
    """Serve the page and the API over a data folder; other settings come from SIGHTSOUND_… variables or a file."""
    from service.configuring import configured
    from service.serving import serve as serve_forever

    settings = configured({"data": data, "host": host, "port": port}, file=file).settings
    serve_forever(settings, announce=lambda address: typer.echo(f"Sightsound is at {address} (Ctrl+C stops it)"))


@app.command()
def worker(
    data: Annotated[Path | None, typer.Option(help="The data folder of the service whose jobs are to be done.")] = None,
    catalog: Annotated[str | None, typer.Option(help="The catalog's PostgreSQL; by default in the folder.")] = None,
    jobs: Annotated[int, typer.Option(min=1, max=64, help="How many at once.")] = 1,
    file: config.File = None,
) -> None:
    """Do the jobs of a data folder in this process, until interrupted; settings as of `serve`."""
    from service.configuring import configured
    from sightsound.worker import work

    settings = configured({"data": data, "catalog": catalog, "job_workers": jobs}, file=file).settings
    work(settings, announce=lambda: typer.echo(f"Working on the jobs of {settings.data} (Ctrl+C stops it)"))


@app.command()
def demo(
    data: Annotated[Path, typer.Option(envvar="SIGHTSOUND_DATA", help="Where the demo is made and kept.")] = DATA,
    seed: Annotated[int, typer.Option(min=0, help="Another seed renders another world.")] = 0,
    no_serve: Annotated[
        bool, typer.Option("--no-serve", help="Stop after the table; fail if a figure misses.")
    ] = False,
    host: Annotated[str, typer.Option(envvar="SIGHTSOUND_HOST", help="The address to listen at.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(envvar="SIGHTSOUND_PORT", help="The port; 0 takes any free one.")] = 8765,
) -> int:
    """Render a small world, train on it, show how well it does, and serve it."""
    from rich.console import Console

    from sightsound.demo import prepare

    report = prepare(data, seed=seed, console=Console())
    if no_serve:
        return 0 if report.holds else MISSED
    serve(data=data, host=host, port=port)
    return 0


@app.command()
def train(
    recipe: Annotated[str, typer.Argument(help="A recipe's name or TOML file: see docs/methods.md.")],
    clips: Annotated[Path, typer.Option(help="A csv of path, label and perhaps split (train, val, test).")],
    data: Annotated[
        Path, typer.Option(envvar="SIGHTSOUND_DATA", help="A data folder: its backbones are used, its bundles grow.")
    ] = DATA,
    name: Annotated[str | None, typer.Option(help="The bundle's; by default the method's.")] = None,
    seed: Annotated[int | None, typer.Option(min=0, help="In place of the recipe's.")] = None,
    checkpoint: Annotated[Path | None, typer.Option(help="A file to go on from after an interruption.")] = None,
    device: Annotated[str, typer.Option(help="cpu or cuda.")] = "cpu",
    audio: Annotated[
        str | None, typer.Option(help="NAME@VERSION of its backbone of sound; by default the one.")
    ] = None,
    video: Annotated[str | None, typer.Option(help="The same of pictures.")] = None,
    text: Annotated[str | None, typer.Option(help="The same of its text encoder.")] = None,
) -> None:
    """Train a method on your own clips; the bundle can be served from the data folder at once."""
    from rich.console import Console

    from sightsound.train import train as train_recipe

    console = Console()
    manifest = train_recipe(
        recipe,
        clips=clips,
        data=data,
        name=name,
        seed=seed,
        checkpoint=checkpoint,
        device=device,
        asked={"audio": audio, "video": video, "text": text},
        console=console,
    )
    if manifest is None:  # of several processes, one that is not the first
        return
    for figure, value in manifest.evaluation.items():
        console.print(f"{figure}: {value:.1%}", highlight=False)
    routes = ", ".join(sorted(manifest.routes))
    console.print(f"The bundle {manifest.name} has the routes {routes}.", highlight=False, soft_wrap=True)


@app.command()
def benchmark(
    name: Annotated[str, typer.Argument(help="Which: see docs/benchmarks.md.")],
    features: Annotated[
        Path | None, typer.Option(help="The release's folder; by default sightsound-features/NAME.")
    ] = None,
    methods: Annotated[
        str | None, typer.Option(help="Recipes' names or files, with commas between; by default the benchmark's.")
    ] = None,
    seeds: Annotated[str | None, typer.Option(help="Numbers, with commas between; by default the benchmark's.")] = None,
    protocol: Annotated[str, typer.Option(help="Rules by name and version; by default the benchmark's.")] = "",
    epochs: Annotated[
        int | None, typer.Option(min=1, help="Of all recipes, in place of their own; phases take no more.")
    ] = None,
    steps_per_epoch: Annotated[
        int | None, typer.Option(min=1, help="Of all recipes, in place of their own; phases take no more.")
    ] = None,
    split: Annotated[str, typer.Option(help="main or cls: the class split and features of the GZSL sets.")] = "main",
    w2v_order: Annotated[
        str, typer.Option(help="corrected or legacy: how class names of the GZSL sets find their vectors.")
    ] = "corrected",
    steps: Annotated[
        int | None, typer.Option(min=1, help="Steps in time of TCAF's release; without, AVCA's averages are read.")
    ] = None,
    ablate: Annotated[str | None, typer.Option(help="A recipe: compare its ablations instead of methods.")] = None,
    json: Annotated[Path | None, typer.Option(help="A file for one row a method and seed.")] = None,
    markdown: Annotated[Path | None, typer.Option(help="A file for the tables.")] = None,
    plots: Annotated[Path | None, typer.Option(help="A folder for the pictures.")] = None,
    checkpoints: Annotated[
        Path | None, typer.Option(help="A folder of states, from which a stopped comparison goes on.")
    ] = None,
    device: Annotated[str, typer.Option(help="cpu or cuda.")] = "cpu",
) -> int:
    """Train and test methods by a benchmark's protocol; tables beside what the papers print."""
    from rich.console import Console

    from sightsound.benchmark import run
    from sightsound.benchmark_plan import Outputs, plan

    planned = plan(
        name,
        features=features,
        recipes=_listed(methods, "--methods"),
        seeds=_listed(seeds, "--seeds"),
        rules=protocol or None,
        class_split=split,
        w2v_order=w2v_order,
        steps=steps,
        ablate=ablate,
        epochs=epochs,
        steps_per_epoch=steps_per_epoch,
        device=device,
        outputs=Outputs(json=json, markdown=markdown, plots=plots, checkpoints=checkpoints),
    )
    return 0 if run(planned, Console()) else MISSED


def main() -> None:
    """The command's entry point."""
    # Idle threads of torch sleep rather than spin: on a busy machine that is ten times as fast.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    sys.exit(run(sys.argv[1:]))


def run(arguments: Sequence[str]) -> int:
    """The exit status of the command with these arguments."""
    try:
        status = app(arguments, prog_name="sightsound", standalone_mode=False)
    except (KeyboardInterrupt, typer.Abort):
        return 130
    except FAILURES as error:
        typer.echo(f"sightsound: {_line(error)}", err=True)
        return FAILED
    return status if isinstance(status, int) else 0


def _listed(text: str | None, option: str) -> list[str]:
    """What stands between commas; empty words, as of a shell variable that is not set, do not start everything."""
    parts = [part.strip() for part in (text or "").split(",") if part.strip()]
    if text is not None and not parts:
        raise QueryInvalid(f"{option} names none; leave it out for the benchmark's own")
    return parts


def _line(error: Exception) -> str:
    """What went wrong, in one line."""
    if isinstance(error, ModuleNotFoundError):
        error = _missing(error)
    if isinstance(error, ValidationError):
        return "; ".join(f"{'.'.join(map(str, each['loc']))}: {each['msg']}" for each in error.errors())
    if isinstance(error, typer.TyperException):
        return " ".join(error.format_message().split())
    return " ".join(str(error).split()) or type(error).__name__


def _missing(error: ModuleNotFoundError) -> DependencyMissing:
    return DependencyMissing(f"the module {error.name!r} is not installed; {EXTRA} brings it")

"""The `sightsound` command: which commands there are, and what becomes of what they answer."""

import os
import sys
from collections.abc import Callable, Mapping, Sequence

import typer

from sightsound import backbone, bundle, gallery, keys
from sightsound.commands import (
    administration,
    benchmark,
    bundles,
    classes,
    clips,
    config,
    ingest,
    jobs,
    making,
    search,
    serving,
    status,
)
from sightsound.commands.listing import Listing

app = typer.Typer(
    name="sightsound",
    help="Search sight by sound, sound by sight, and both by words.",
    pretty_exceptions_enable=False,
    rich_markup_mode=None,  # help in rich's frames takes twice as long
    cls=Listing,
)
ASKING, KEEPING, MAKING, SERVING = "Asking", "Keeping", "Making", "Serving"
COMMANDS: Mapping[str, Sequence[Callable[..., object]]] = {
    ASKING: (search.search, classes.classify, status.status),
    KEEPING: (ingest.ingest, administration.reindex, administration.evaluate),
    MAKING: (making.demo, making.train, benchmark.benchmark),
    SERVING: (serving.serve, serving.worker),
}
for panel, commands in COMMANDS.items():
    for command in commands:
        app.command(rich_help_panel=panel)(command)
GROUPS: Mapping[str, Sequence[typer.Typer]] = {
    ASKING: (classes.app, clips.app),
    KEEPING: (gallery.app, bundle.app, jobs.app),
    MAKING: (backbone.app,),
    SERVING: (keys.app, config.app),
}
for panel, groups in GROUPS.items():
    for group in groups:
        app.add_typer(group, rich_help_panel=panel)
for named, subcommand in bundles.COMMANDS.items():
    bundle.app.command(named)(subcommand)
FAILED, INTERRUPTED = 2, 130


@app.callback()
def _commands() -> None:
    """Search sight by sound, sound by sight, and both by words."""


def main() -> None:
    """The command's entry point."""
    # Idle threads of torch sleep rather than spin: on a busy machine that is ten times as fast.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    sys.exit(run(sys.argv[1:]))


def run(arguments: Sequence[str]) -> int:
    """The exit status of the command with these arguments; a failure is one line on stderr, never a traceback."""
    try:
        status = app(arguments, prog_name="sightsound", standalone_mode=False)
    except (KeyboardInterrupt, typer.Abort):
        status = INTERRUPTED
    except _failures() as error:
        from sightsound.commands.failures import line_of

        typer.echo(f"sightsound: {line_of(error)}", err=True)
        return FAILED
    if status == INTERRUPTED:
        typer.echo("sightsound: stopped", err=True)
    return status if isinstance(status, int) else 0


def _failures() -> tuple[type[Exception], ...]:
    """What may go wrong; looked up when something has."""
    from sightsound.commands.failures import FAILURES

    return FAILURES

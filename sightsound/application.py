"""The `sightsound` command: which commands there are, and what they are for."""

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


@app.callback()
def _commands() -> None:
    """Search sight by sound, sound by sight, and both by words."""

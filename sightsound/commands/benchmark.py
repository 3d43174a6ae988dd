"""The `sightsound benchmark` command: methods trained and tested by a benchmark's protocol."""

from pathlib import Path
from typing import Annotated

import typer

from models.errors import QueryInvalid
from sightsound.commands.reach import MISSED, Device


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
    device: Device = "cpu",
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


def _listed(text: str | None, option: str) -> list[str]:
    """What stands between commas; empty words, as of a shell variable that is not set, do not start everything."""
    parts = [part.strip() for part in (text or "").split(",") if part.strip()]
    if text is not None and not parts:
        raise QueryInvalid(f"{option} names none; leave it out for the benchmark's own")
    return parts

"""The command `python -m benchmarks.scale`: constants measured, docs/scale.md made of them, a plan for N windows."""

import os
from pathlib import Path
from typing import Annotated

import typer

DOCUMENT = Path(__file__).parent.parent / "docs/scale.md"
PICTURE = DOCUMENT.parent / "images/scale.svg"
KEPT = Path(__file__).parent / "scale_constants.json"
MOST, MINUTES = 10_000_000, 12.0
app = typer.Typer(no_args_is_help=True, add_completion=False)


@app.command()
def measure(
    write: Annotated[Path, typer.Option(help="The file of constants.")] = KEPT,
    most: Annotated[int, typer.Option(min=10_000, help="Windows of the largest tables.")] = MOST,
    minutes: Annotated[float, typer.Option(help="No piece begins that would hardly end in so many.")] = MINUTES,
    note: Annotated[str, typer.Option(help="What else the machine does.")] = "nothing else ran",
    postgres: Annotated[str | None, typer.Option(help="An empty PostgreSQL database for additions.")] = None,
    networks: Annotated[Path | None, typer.Option(help="The folder of yamnet.onnx and mobilenet_v2.onnx.")] = None,
) -> None:
    """Measure everything that docs/scale.md is computed from, and say how far it is."""
    from benchmarks.scale_measuring import measured

    found = measured(most=most, minutes=minutes, note=note, postgres=postgres, networks=networks, say=_say)
    write.write_text(found.model_dump_json(indent=1) + "\n")
    _say(f"written to {write}")


@app.command()
def document(
    constants: Annotated[Path, typer.Option(help="The file of constants.")] = KEPT,
    write: Annotated[Path, typer.Option(help="The document whose tables are replaced.")] = DOCUMENT,
    picture: Annotated[Path, typer.Option(help="The picture of what breaks.")] = PICTURE,
) -> None:
    """Write the tables of docs/scale.md and its picture anew from the constants; it measures nothing."""
    from benchmarks.scale_constants import read
    from benchmarks.scale_limits import limits
    from benchmarks.scale_picture import drawn
    from benchmarks.scale_tables import written

    found = read(constants)
    written(found, write)
    drawn(limits(found), picture)


@app.command()
def plan(
    windows: Annotated[int, typer.Argument(min=1, help="How many.")],
    core_hour: Annotated[float | None, typer.Option(help="Price of a core for an hour.")] = None,
    memory: Annotated[float | None, typer.Option(help="Price of a GiB of memory for an hour.")] = None,
    disk: Annotated[float | None, typer.Option(help="Price of a GiB on the disk for a month.")] = None,
    clip_mib: Annotated[float | None, typer.Option(help="Size of a clip's file.")] = None,
    constants: Annotated[Path, typer.Option(help="The file of constants.")] = KEPT,
) -> None:
    """Print what so many windows need, and cost at these prices."""
    from benchmarks.scale_constants import read
    from benchmarks.scale_costs import Prices, costs
    from benchmarks.scale_tables import plan_lines

    given = {"core_hour": core_hour, "memory_gib_hour": memory, "disk_gib_month": disk}
    prices = Prices(**{name: each for name, each in given.items() if each is not None})
    found = costs(read(constants), windows, clip_bytes=None if clip_mib is None else clip_mib * 1024**2)
    for line in plan_lines(found, prices):
        typer.echo(line)


def _say(line: str) -> None:
    typer.echo(line, err=True)


if __name__ == "__main__":
    os.environ.update({"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"})
    app()

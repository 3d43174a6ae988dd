"""One part in a process of its own: `python -m benchmarks.gpu.part NAME FOLDER`, which has what was measured before."""

import json
import sys
from collections.abc import Iterator
from dataclasses import asdict, replace
from importlib import import_module
from pathlib import Path

from benchmarks.gpu.task import SMALL, WHOLE, Context, Roofs, Row

ROOFS, ROWS = "roofs.json", "rows.jsonl"
PARTS = ("roofs", "parity", "training", "ranking", "searching", "marked")
"""Modules beside this one, in the order that they are run."""


def main(name: str, folder: Path, device: str, size: str) -> None:
    """Append the rows of a part to the folder's, each as soon as it is known."""
    context = Context(device, SMALL if size == "small" else WHOLE)
    with (folder / ROWS).open("a") as file:
        for row in _rows(name, folder, context):
            file.write(json.dumps(asdict(row)) + "\n")
            file.flush()


def _rows(name: str, folder: Path, context: Context) -> Iterator[Row]:
    if not (folder / ROOFS).exists():
        from benchmarks.gpu.roofs import measured

        (folder / ROOFS).write_text(json.dumps(asdict(measured(context))))
    known = replace(context, roofs=Roofs(**json.loads((folder / ROOFS).read_text())))
    module = import_module(f"benchmarks.gpu.{name}")
    for task in module.TASKS:
        yield from task.rows(module.PART, known)


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), *sys.argv[3:])

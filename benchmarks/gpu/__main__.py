"""The command: every part after the other, each in its own process and its own time, and one table of them all.

It needs torch and numpy; a row says what else would have been tried, and which package is missing for it. `--fetch`
takes the small ones of these from wherever pip looks.
"""

import argparse
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic

from benchmarks.gpu.lacking import fetch, lacking
from benchmarks.gpu.part import PARTS, ROWS
from benchmarks.gpu.table import markdown
from benchmarks.gpu.task import Row
from benchmarks.machine import this_machine

ROOT = Path(__file__).parents[2]
LIMITS_S: Mapping[str, float] = {
    "roofs": 60,
    "parity": 120,
    "training": 100,
    "ranking": 100,
    "searching": 130,
    "marked": 70,
}
FETCHED = "packages"
WHOLE_S = 520.0
"""Of all parts together, after what is fetched in a minute at most.

Tiny ones have no limit: they are tried on machines that are slow, and show no speed.
"""


def main() -> int:
    """1 where something does not hold, failed or was stopped."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.gpu", description=__doc__)
    parser.add_argument("--device", default="cuda", help="torch's name of it; cpu tries the same without a GPU")
    parser.add_argument("--small", action="store_true", help="tiny sizes, which show only that everything runs")
    parser.add_argument("--fetch", action="store_true", help="put small packages that are missing beside this run")
    parser.add_argument("--write", type=Path, help="a file for the table, in Markdown")
    asked = parser.parse_args()
    if (card := _card(asked.device)) is None:
        parser.error(f"torch finds no {asked.device} here; `--small --device cpu` tries the same without")
    machine, rows = str(this_machine()), []
    with TemporaryDirectory() as temporary:
        if asked.fetch and (missing := lacking()) and (why := fetch(missing, Path(temporary, FETCHED))):
            print(f"{', '.join(missing)} could not be fetched: {why}", flush=True)
        for row in _all(Path(temporary), asked.device, "small" if asked.small else "whole"):
            rows.append(row)
            print(f"{row.part}: {row.what}: {row.figure}", flush=True)
    table = markdown(rows, f"{card}; {machine}")
    if asked.write is not None:
        asked.write.write_text(table)
    return 1 if any(row.holds is False for row in rows) else 0


def _all(folder: Path, device: str, size: str) -> Iterator[Row]:
    until, told = monotonic() + WHOLE_S, 0
    (folder / ROWS).touch()
    for name in PARTS:
        limit_s = max(min(LIMITS_S[name], until - monotonic()), 1) if size == "whole" else None
        failure = _run(name, folder, device, size, limit_s=limit_s)
        rows = [Row(**json.loads(line)) for line in (folder / ROWS).read_text().splitlines()]
        yield from rows[told:]
        told = len(rows)
        if failure is not None:
            yield Row(name, "the rest of it", failure, holds=False)


def _run(name: str, folder: Path, device: str, size: str, *, limit_s: float | None) -> str | None:
    """Why the part is not whole; None where it is."""
    command = [sys.executable, "-m", "benchmarks.gpu.part", name, str(folder), device, size]
    found_in = os.pathsep.join([str(folder / FETCHED), *filter(None, [os.environ.get("PYTHONPATH")])])
    running = subprocess.Popen(command, cwd=ROOT, env={**os.environ, "PYTHONPATH": found_in}, start_new_session=True)
    try:
        status = running.wait(limit_s)
    except subprocess.TimeoutExpired:
        return f"stopped after {limit_s:.0f} s"
    finally:
        with suppress(ProcessLookupError):
            os.killpg(running.pid, signal.SIGKILL)  # it, and what it may have started
        running.wait()
    return None if status == 0 else f"failed with exit status {status}: see what it printed"


def _card(device: str) -> str | None:
    """What the device calls itself; None where torch is not here, or has no such device."""
    name = "'no GPU, torch on the CPU'" if device == "cpu" else f"torch.cuda.get_device_name({device!r})"
    code = f"import torch; print({name})"
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False).stdout.strip()
    return said or None


if __name__ == "__main__":
    sys.exit(main())

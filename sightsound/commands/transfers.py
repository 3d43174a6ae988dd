"""Files on their way to a service and back: bars for people, and where what comes is written to."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING

from sightsound.commands.outcome import done

if TYPE_CHECKING:
    from sightsound.client.call import Told

STANDARD = Path("-")


@contextmanager
def shown(what: str) -> Iterator["Told"]:
    """Is told how many bytes of how many went, and shows it where somebody watches, until the block ends."""
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn, TransferSpeedColumn

    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn())
    with Progress(*columns, TimeRemainingColumn(), console=console, transient=True) as bars:
        bars.disable = not console.is_terminal
        task = bars.add_task(what, total=None, visible=False)
        yield lambda done, total: bars.update(task, completed=done, total=total, visible=True)


def opened(file: Path) -> Path | IO[bytes]:
    """Where the bytes go: - is the standard output."""
    return sys.stdout.buffer if file == STANDARD else file


def said(name: str, file: Path, *, as_json: bool) -> None:
    """Say that it has come, unless that would be among its bytes."""
    if file == STANDARD:
        return
    size = file.stat().st_size
    told = {"name": name, "file": str(file), "size_bytes": size}
    done(f"{file} has the {size:,} bytes of {name}.", told, as_json=as_json)

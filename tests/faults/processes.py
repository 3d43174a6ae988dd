"""What a process and its children hold, as the kernel counts it."""

import os
from pathlib import Path

KIB = 1024


def descendants(process: int | None = None) -> list[int]:
    """The processes that one has begun, by default this one, and those that they have begun, and so on."""
    found = [child for each in _tasks(process or os.getpid()) for child in _children(each)]
    return [*found, *(below for child in found for below in descendants(child))]


def peak_bytes(process: int) -> int:
    """The most memory that it ever held; 0 where it is no more."""
    return _told(process, "VmHWM") * KIB


def held_bytes(process: int) -> int:
    """The memory that it holds; 0 where it is no more."""
    return _told(process, "VmRSS") * KIB


def threads(process: int) -> int:
    """How many it has; 0 where it is no more."""
    return _told(process, "Threads")


def open_files(process: int) -> list[str]:
    """What it has open: files by their places, pipes and sockets by their kinds."""
    return sorted(name.partition("[")[0] for each in Path(f"/proc/{process}/fd").iterdir() if (name := _link(each)))


def _link(opened: Path) -> str | None:
    try:
        return opened.readlink().as_posix()
    except FileNotFoundError:  # closed by now
        return None


def _tasks(process: int) -> list[Path]:
    try:
        return list(Path(f"/proc/{process}/task").iterdir())
    except OSError:
        return []


def _children(task: Path) -> list[int]:
    try:
        return [int(each) for each in (task / "children").read_text().split()]
    except OSError:
        return []


def _told(process: int, what: str) -> int:
    try:
        lines = Path(f"/proc/{process}/status").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith(f"{what}:")), 0)

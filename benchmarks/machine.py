"""What the figures were measured on."""

import os
import platform
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from models.cores import cores

LIBRARIES = ("numpy", "faiss-cpu", "faiss-gpu", "onnxruntime", "onnxruntime-gpu", "torch", "av", "tokenizers")
SERVERS = ("fastapi", "uvicorn")


@dataclass(frozen=True, slots=True)
class Machine:
    """The machine and its software; `load` is how many processes wanted a core in the minute before the run."""

    processor: str
    cores: int
    system: str
    python: str
    versions: dict[str, str]
    load: float

    def __str__(self) -> str:
        software = ", ".join(f"{name} {found}" for name, found in self.versions.items())
        return (
            f"{self.processor}, {self.cores} cores (load before the run {self.load:.1f}), {self.system}, "
            f"Python {self.python}, {software}"
        )


def this_machine() -> Machine:
    """The one that this runs on."""
    return Machine(
        processor=_processor(),
        cores=cores(),
        system=f"{platform.system()} {platform.machine()}",
        python=platform.python_version(),
        versions=dict(_versions()),
        load=os.getloadavg()[0],
    )


def _versions() -> Iterator[tuple[str, str]]:
    """Of those libraries that are installed, and of the ffmpeg command."""
    for name in (*LIBRARIES, *SERVERS):
        with suppress(PackageNotFoundError):
            yield name, version(name)
    yield "ffmpeg", _ffmpeg()


def _processor() -> str:
    """As the kernel names it."""
    path = Path("/proc/cpuinfo")
    lines = path.read_text().splitlines() if path.exists() else []
    named = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(named, platform.processor() or "unknown processor")


def _ffmpeg() -> str:
    """The version of the command, whose first line is `ffmpeg version 5.1.7 Copyright …`."""
    if shutil.which("ffmpeg") is None:
        return "not installed"
    return subprocess.run(["ffmpeg", "-version"], capture_output=True, text=True, check=True).stdout.split()[2]

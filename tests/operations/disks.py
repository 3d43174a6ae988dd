"""A disk of one's own that stops taking anything for a while, as one does that hangs."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from shutil import which

import pytest

SIZE_BYTES = 64 * 2**20
PROGRAMS = ("mkfs.ext4", "mount", "umount", "fsfreeze")


@contextmanager
def mounted(image: Path, place: Path) -> Iterator[Path]:
    """An ext4 in a file, mounted at `place`; skips where that is not to be had."""
    if os.getuid() != 0 or not all(map(which, PROGRAMS)):
        pytest.skip("only root may mount a disk")
    with image.open("wb") as made:
        made.truncate(SIZE_BYTES)
    subprocess.run(["mkfs.ext4", "-q", str(image)], check=True)
    place.mkdir()
    if subprocess.run(["mount", "-o", "loop", str(image), str(place)], check=False).returncode != 0:
        pytest.skip("a disk cannot be mounted here")
    try:
        yield place
    finally:
        subprocess.run(["umount", "--lazy", str(place)], check=True)


@contextmanager
def frozen(place: Path) -> Iterator[None]:
    """Whoever writes to it waits until the block ends."""
    subprocess.run(["fsfreeze", "--freeze", str(place)], check=True)
    try:
        yield
    finally:
        subprocess.run(["fsfreeze", "--unfreeze", str(place)], check=True)

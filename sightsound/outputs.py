"""Where a command may write, found out before the hours that make what is written; and which process talks."""

import re
import tempfile
from pathlib import Path

from rich.console import Console

from models.bundle.manifest import BUNDLE_NAME
from models.errors import Conflict, QueryInvalid, SettingsInvalid
from training import parallel


def check_file(path: Path, *, option: str) -> None:
    """Raise SettingsInvalid where no file can be written under that name; nothing is left behind."""
    if path.is_dir():
        raise SettingsInvalid(f"{option} {path} is a folder; expected a file to write")
    # Files are written beside their place and renamed: root would lose /dev/null, and others what a link leads to.
    if path.is_symlink() or (path.exists() and not path.is_file()):
        raise SettingsInvalid(f"{option} {path} is a device, a pipe or a link, which a file would replace")
    if not path.parent.is_dir():
        raise SettingsInvalid(f"{option} {path} cannot be written: there is no folder {path.parent}")
    _try(path.parent, f"{option} {path}")


def check_folder(path: Path, *, option: str) -> None:
    """Raise SettingsInvalid where no folder can be made or filled under that name; nothing is left behind."""
    there = next(each for each in (path, *path.absolute().parents) if each.exists())
    if not there.is_dir():
        raise SettingsInvalid(f"{option} {path} cannot be a folder: {there} is a file")
    _try(there, f"{option} {path}")


def new_bundle(data: Path, name: str) -> Path:
    """Where a bundle of that name will be, which has to be free; raises QueryInvalid, Conflict, SettingsInvalid."""
    if not re.fullmatch(BUNDLE_NAME, name):
        raise QueryInvalid(f"--name {name!r} is no bundle's name; expected up to 64 letters, digits, dots and dashes")
    folder = data / "bundles" / name
    if folder.exists():
        raise Conflict(f"there is a bundle {name!r} in {data} already; give another --name")
    check_folder(folder, option="--data")
    return folder


def of_first(console: Console) -> Console:
    """The console of the first of several processes; the others have one that shows nothing."""
    return console if parallel.rank() == 0 else Console(quiet=True)


def _try(folder: Path, what: str) -> None:
    try:
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise SettingsInvalid(f"{what} cannot be written: {error.strerror}") from error

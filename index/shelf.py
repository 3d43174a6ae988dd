"""The bundles that a data folder holds."""

import re
from errno import EEXIST, ENOTDIR, ENOTEMPTY
from hashlib import sha256
from pathlib import Path
from threading import Lock

from models.bundle.runtime import Bundle
from models.disk import sync
from models.errors import BundleInvalid, BundleNotFound, Conflict
from models.features.running import Device

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


class Shelf:
    """A folder with a bundle in each subfolder of its name; an opened bundle stays open until its files change.

    `device` is where their heads run.
    """

    def __init__(self, folder: Path, *, device: Device = "cpu") -> None:
        self._folder, self._device = folder, device
        self._opening = Lock()
        self._open: dict[str, Bundle] = {}
        folder.mkdir(parents=True, exist_ok=True)

    def names(self) -> list[str]:
        """The bundles there are."""
        return sorted(
            each.parent.name for each in self._folder.glob("*/bundle.json") if NAME.fullmatch(each.parent.name)
        )

    @property
    def folder(self) -> Path:
        """Where they are; drafts of bundles may lie there in folders whose name begins with a dot."""
        return self._folder

    def place(self, draft: Path) -> Bundle:
        """Give a bundle its place, at once and whole, from a folder on the same disk.

        Raises:
            Conflict: there is another one of its name.
            BundleInvalid: its files do not fit its manifest.
        """
        name = Bundle.open(draft).name
        try:
            draft.rename(self._folder / name)
        except OSError as error:
            if error.errno not in (ENOTEMPTY, EEXIST, ENOTDIR):
                raise
            raise Conflict(f"there is another bundle {name!r} already") from error
        sync(self._folder)
        return self.bundle(name)

    def remove(self, name: str, into: Path) -> None:
        """Take a bundle away, at once and whole, to a new folder on the same disk; raises BundleNotFound."""
        if name not in self.names():
            raise self._missing(name)
        (self._folder / name).rename(into)
        sync(self._folder)
        with self._opening:
            self._open.pop(name, None)

    def bundle(self, name: str) -> Bundle:
        """The bundle of that name; raises BundleNotFound naming those there are, BundleInvalid for a damaged one."""
        if name not in self.names():
            raise self._missing(name)
        digest = sha256((self._folder / name / "bundle.json").read_bytes()).hexdigest()
        with self._opening:
            known = self._open.get(name)
            if known is None or known.sha256 != digest:
                known = self._open[name] = self._opened(name)
            return known

    def _missing(self, name: str) -> BundleNotFound:
        return BundleNotFound(f"there is no bundle {name!r}; there are: {', '.join(self.names()) or 'none'}")

    def _opened(self, name: str) -> Bundle:
        bundle = Bundle.open(self._folder / name, device=self._device)
        if bundle.name != name:
            raise BundleInvalid(f"the folder {name!r} holds a bundle that calls itself {bundle.name!r}")
        return bundle

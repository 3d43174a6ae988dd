"""The bundles that a data folder holds."""

import re
from hashlib import sha256
from pathlib import Path
from threading import Lock

from models.bundle.runtime import Bundle
from models.errors import BundleInvalid, BundleNotFound

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


class Shelf:
    """A folder with a bundle in each subfolder of its name; an opened bundle stays open until its files change."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._opening = Lock()
        self._open: dict[str, Bundle] = {}
        folder.mkdir(parents=True, exist_ok=True)

    def names(self) -> list[str]:
        """The bundles there are."""
        return sorted(
            each.parent.name for each in self._folder.glob("*/bundle.json") if NAME.fullmatch(each.parent.name)
        )

    def bundle(self, name: str) -> Bundle:
        """The bundle of that name; raises BundleNotFound naming those there are, BundleInvalid for a damaged one."""
        if name not in self.names():
            raise BundleNotFound(f"there is no bundle {name!r}; there are: {', '.join(self.names()) or 'none'}")
        digest = sha256((self._folder / name / "bundle.json").read_bytes()).hexdigest()
        with self._opening:
            known = self._open.get(name)
            if known is None or known.sha256 != digest:
                known = self._open[name] = self._opened(name)
            return known

    def _opened(self, name: str) -> Bundle:
        bundle = Bundle.open(self._folder / name)
        if bundle.name != name:
            raise BundleInvalid(f"the folder {name!r} holds a bundle that calls itself {bundle.name!r}")
        return bundle

"""Where the files of a data set can be had, for who does not have them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from models.errors import DataMissing

SHOWN = 3
"""Missing files that a message names, at most."""


@dataclass(frozen=True, slots=True)
class Release:
    """What somebody published, and where."""

    name: str
    url: str

    def require(self, paths: Iterable[Path], *, folder: Path) -> None:
        """Raise DataMissing where files or folders of the release are not in the data set's folder."""
        if missing := [path for path in paths if not path.exists()]:
            raise self.missing(missing, folder=folder)

    def missing(self, paths: Sequence[Path], *, folder: Path) -> DataMissing:
        """The error that some files or folders of the release are not in the data set's folder."""
        shown = ", ".join(str(path.relative_to(folder)) for path in paths[:SHOWN])
        more = f" and {len(paths) - SHOWN} more" if len(paths) > SHOWN else ""
        return DataMissing(f"{folder} lacks {shown}{more}; that folder is for {self.name}, from {self.url}")


AVCA = Release("the features of AVCA-GZSL", "https://github.com/ExplainableML/AVCA-GZSL")
TCAF = Release("the temporal features of TCAF-GZSL", "https://github.com/ExplainableML/TCAF-GZSL")
AUDIOSETZSL = Release("AudioSetZSL", "https://github.com/krantiparida/AudioSetZSL")

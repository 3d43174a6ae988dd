"""Features of files, of which nothing is decoded that is known already."""

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from index.catalog.features import Backbones
from models.errors import SightsoundError
from models.features.extract import ClipFeatures, Extractor, Watch, unwatched
from models.types import Window
from service.encoding.knowing import digest
from service.encoding.recollection import Recollection
from service.observing.extraction import Extractions


@dataclass(frozen=True, slots=True)
class _Asked:
    """A file that was asked for by this number, and what is known of it."""

    number: int
    sha256: str | None
    known: ClipFeatures | None


class Extracting:
    """An extractor that looks up first what others, or the same, have extracted before by these backbones."""

    def __init__(
        self, extractor: Extractor, backbones: Backbones, recollection: Recollection, *, seen: Extractions
    ) -> None:
        self._extractor, self._backbones, self._recollection = extractor, backbones, recollection
        self._seen = seen

    def extract(self, path: Path, *, watch: Watch = unwatched) -> ClipFeatures:
        """As `Extractor.extract`."""
        (found,) = self.extract_all([path], watch=watch)
        if isinstance(found, SightsoundError):
            raise found
        return found

    def extract_all(
        self, paths: Iterable[Path], *, watch: Watch = unwatched
    ) -> Iterator[ClipFeatures | SightsoundError]:
        """As `Extractor.extract_all`; only windows that are made now are watched."""
        line: deque[_Asked] = deque()
        unknown: list[int] = []

        def watched(file: int, window: Window) -> None:
            watch(unknown[file], window)

        with self._seen.told():
            fresh = self._extractor.extract_all(self._unknown(paths, line, unknown), watch=watched)
            for found in fresh:
                yield from _known(line)
                yield self._kept(line.popleft(), found)
            yield from _known(line)

    def _kept(self, asked: _Asked, found: ClipFeatures | SightsoundError) -> ClipFeatures | SightsoundError:
        self._seen.count(found)
        if asked.sha256 is None or isinstance(found, SightsoundError):
            return found
        return self._recollection.keep(asked.sha256, self._backbones, found)

    def _unknown(self, paths: Iterable[Path], line: "deque[_Asked]", unknown: list[int]) -> Iterator[Path]:
        """The files that have to be decoded, all of them noted as they come."""
        for number, path in enumerate(paths):
            sha256 = _digest(path)
            known = None if sha256 is None else self._recollection.find(sha256, self._backbones)
            line.append(_Asked(number, sha256, known))
            if known is None:
                unknown.append(number)
                yield path


def _known(line: "deque[_Asked]") -> Iterator[ClipFeatures]:
    """Those at the head of the line that need no decoding."""
    while line and (known := line[0].known) is not None:
        line.popleft()
        yield known


def _digest(path: Path) -> str | None:
    """None for a file that cannot be read: whoever decodes it says so."""
    try:
        return digest(path)
    except OSError:
        return None

"""What was extracted of clips before: from the catalog, and of late from memory."""

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from threading import Lock

from cachetools import LRUCache

from index.catalog.features import Backbones, from_half, to_half
from models.errors import InvalidInput
from models.features.extract import ClipFeatures, WindowFeatures
from models.types import F32, Sense
from service.observing.counts import Counts

Stored = Callable[[str, Backbones], ClipFeatures | None]
"""What some gallery has of a file of this sha256, by these backbones."""
Key = tuple[str, tuple[tuple[Sense, str], ...]]
WINDOW_BYTES = 1024
"""What a window takes beside its features."""


class Recollection:
    """Features by the sha256 of a file and of the backbones; safe to share by threads.

    What galleries store is looked up there. What comes with queries is kept in memory, `limit_bytes` of it at most:
    the least recently used goes first. Both are as stored, in float16, so that an answer is the same either way.
    `counts` has where features were found: in `memory`, in a `gallery`, or nowhere (`unknown`).
    """

    def __init__(self, stored: Stored, *, limit_bytes: int) -> None:
        self._stored, self._lock = stored, Lock()
        self._kept: LRUCache[Key, ClipFeatures] = LRUCache(limit_bytes, getsizeof=_size_bytes)
        self.counts = Counts()

    @property
    def kept_bytes(self) -> int:
        """What is in memory now."""
        return int(self._kept.currsize)

    def find(self, sha256: str, backbones: Backbones) -> ClipFeatures | None:
        """What is known; None where the file has to be decoded."""
        key = _key(sha256, backbones)
        with self._lock:
            found = self._kept.get(key)
        if found is not None:
            self.counts.add("memory")
            return found
        stored = self._stored(sha256, backbones)
        self.counts.add("unknown" if stored is None else "gallery")
        return stored

    def keep(self, sha256: str, backbones: Backbones, features: ClipFeatures) -> ClipFeatures:
        """The same as they would be stored, which is remembered; what cannot be stored is neither changed nor kept."""
        try:
            rounded = replace(features, windows=tuple(map(_rounded, features.windows)))
        except InvalidInput:
            return features
        with self._lock, suppress(ValueError):  # it would take more than there is for all
            self._kept[_key(sha256, backbones)] = rounded
        return rounded


def _key(sha256: str, backbones: Backbones) -> Key:
    return sha256, tuple(sorted(backbones.items()))


def _rounded(window: WindowFeatures) -> WindowFeatures:
    features: Mapping[Sense, F32] = {
        sense: from_half([to_half(sense, vector)])[0] for sense, vector in window.features.items()
    }
    return replace(window, features=features)


def _size_bytes(features: ClipFeatures) -> int:
    rows = sum(row.nbytes for each in features.windows for row in each.features.values())
    return WINDOW_BYTES * max(len(features.windows), 1) + rows


FORGETFUL = Recollection(lambda _sha256, _backbones: None, limit_bytes=0)
"""Knows of nothing."""

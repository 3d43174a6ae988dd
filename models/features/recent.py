"""Vectors of the texts that were asked for last."""

from collections import OrderedDict
from collections.abc import Iterable, Mapping
from threading import Lock

from models.types import F32


class Recent:
    """At most `size` vectors by their text; the least recently used is forgotten first. Safe to share by threads."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._lock = Lock()
        self._vectors: OrderedDict[str, F32] = OrderedDict()

    def get(self, texts: Iterable[str]) -> dict[str, F32]:
        """Those of the texts that are remembered."""
        with self._lock:
            known = {text: self._vectors[text] for text in texts if text in self._vectors}
            for text in known:
                self._vectors.move_to_end(text)
            return known

    def put(self, vectors: Mapping[str, F32]) -> None:
        """Remember these, forgetting what no longer fits."""
        with self._lock:
            self._vectors.update(vectors)
            while len(self._vectors) > self._size:
                self._vectors.popitem(last=False)

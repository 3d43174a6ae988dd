"""Words that were never encoded before, of several requests, encoded together."""

from collections.abc import Sequence
from contextlib import suppress
from threading import Lock
from weakref import WeakKeyDictionary

from models.errors import SightsoundError
from models.features.text import TextEncoder
from models.types import F32


class NewWords:
    """Where threads have words encoded: one at a time by each encoder, who takes along what others wait with.

    A text takes MiniLM 4.4 ms by itself and 2.0 among eight. Whoever comes alone waits for nobody, and what fails
    together is done again by itself.
    """

    def __init__(self) -> None:
        self._opening = Lock()
        self._queues: WeakKeyDictionary[TextEncoder, _Queue] = WeakKeyDictionary()

    def encoded(self, encoder: TextEncoder, texts: Sequence[str]) -> F32:
        """[n, width] as `encoder.encode` has them; raises as it does."""
        with self._opening:
            queue = self._queues.setdefault(encoder, _Queue())
        queue.take_along(encoder, texts)
        return encoder.encode(texts)


class _Queue:
    """What waits for one encoder."""

    def __init__(self) -> None:
        self._adding, self._encoding = Lock(), Lock()
        self._waiting: list[str] = []

    def take_along(self, encoder: TextEncoder, texts: Sequence[str]) -> None:
        """Have the encoder remember these, unless somebody else took them along."""
        with self._adding:
            self._waiting.extend(texts)
        with self._encoding:
            with self._adding:
                together, self._waiting = self._waiting, []
            if together:
                with suppress(SightsoundError):  # whose own it is finds out by itself
                    encoder.encode(together)

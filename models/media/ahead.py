"""Files decoded ahead of who reads their windows, and long ones ahead of themselves."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Generic, TypeVar

from models.errors import SightsoundError
from models.media.decoding.stretches import Part, Stretch
from models.media.limits import Limits
from models.media.stream import Decoded, Ended, Joining

F = TypeVar("F")


@dataclass(slots=True)
class _Begun(Generic[F]):
    """A file of which stretches are being decoded: their results to come, and the one to begin next."""

    file: int
    path: Path
    next: Stretch
    coming: deque[F] = field(default_factory=deque)


class Ahead(Generic[F]):
    """Has stretches decoded before they are asked for.

    Of the files that come next, two a worker, the first stretch; of the one that is being read, a stretch a worker. So
    no more than `3 * workers + 1` stretches are ever held.

    Args:
        begin: has a stretch of a file decoded, and returns at once.
        result: waits for it.
    """

    def __init__(
        self,
        begin: Callable[[Path, Stretch], F],
        result: Callable[[F], Part],
        limits: Limits,
        workers: int,
    ) -> None:
        self._begin, self._result, self._limits, self._workers = begin, result, limits, workers

    def stream(self, paths: Iterable[Path], first: Stretch) -> Iterator[Decoded | Ended]:
        """The windows of the files in order, and the end of each."""
        remaining = (self._begun(file, path, first) for file, path in enumerate(paths))
        line = deque(islice(remaining, 2 * self._workers))
        while line:
            begun = line.popleft()
            line.extend(islice(remaining, 1))
            try:
                yield from self._joined(begun, first)
            except SightsoundError as error:
                yield Ended(begun.file, error)

    def _joined(self, begun: _Begun[F], first: Stretch) -> Iterator[Decoded | Ended]:
        joining = Joining(begun.file, first, self._limits)
        while joining.goes_on:
            certain = joining.take(self._result(begun.coming.popleft()))
            if joining.goes_on:
                self._look_ahead(begun, joining)
            yield from certain

    def _begun(self, file: int, path: Path, first: Stretch) -> _Begun[F]:
        begun: _Begun[F] = _Begun(file, path, first)
        self._go_on(begun)
        return begun

    def _look_ahead(self, begun: _Begun[F], joining: Joining) -> None:
        """Begin the next stretch, and those behind it as far as the file says that it goes on."""
        if not begun.coming:
            self._go_on(begun)
        while len(begun.coming) < self._workers and joining.expects(begun.next):
            self._go_on(begun)

    def _go_on(self, begun: _Begun[F]) -> None:
        begun.coming.append(self._begin(begun.path, begun.next))
        begun.next = begun.next.next

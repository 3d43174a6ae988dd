"""Windows that wait for a backbone."""

from collections import deque
from collections.abc import Sequence
from concurrent.futures import Executor, Future
from threading import Lock

from models.errors import SightsoundError
from models.features.backbone import Backbone
from models.media.media import Media
from models.types import F32

Waiting = tuple[Media, Future[F32]]


class Queue:
    """Windows for a backbone, of any files; a thread that is free takes as many as go into one call.

    So nothing waits for company while a thread has nothing to do, and calls are full where there is much to do.
    """

    def __init__(self, backbone: Backbone, threads: Executor) -> None:
        self._backbone, self._threads = backbone, threads
        self._lock = Lock()
        self._waiting: deque[Waiting] = deque()

    def put(self, media: Media) -> "Future[F32]":
        """The feature [width] of a window, as soon as a thread has made it; raises there as `Backbone.rows` does."""
        future: Future[F32] = Future()
        with self._lock:
            self._waiting.append((media, future))
        self._threads.submit(self._work)
        return future

    def _work(self) -> None:
        """One call. There are as many as windows, so that those which find nothing have had theirs joined."""
        with self._lock:
            count = self._backbone.joined([media for media, _ in self._waiting]) if self._waiting else 0
            taken = [self._waiting.popleft() for _ in range(count)]
        if taken:
            self._make(taken)

    def _make(self, taken: Sequence[Waiting]) -> None:
        try:
            features = self._backbone.features([media for media, _ in taken])
        except SightsoundError as error:
            self._failed(taken, error)
        except BaseException as error:  # a fault of ours, which must not leave anybody waiting
            for _, future in taken:
                future.set_exception(error)
        else:
            for (_, future), feature in zip(taken, features, strict=True):
                future.set_result(feature)

    def _failed(self, taken: Sequence[Waiting], error: SightsoundError) -> None:
        """A window that cannot be run must not take those of other files with it."""
        if len(taken) == 1:
            taken[0][1].set_exception(error)
            return
        for each in taken:
            self._make([each])

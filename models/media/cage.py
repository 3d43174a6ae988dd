"""Decoding of strangers' files in processes that may be starved, killed and replaced."""

import multiprocessing
import os
import signal
import sys
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import CancelledError
from concurrent.futures.process import BrokenProcessPool
from contextlib import suppress
from functools import partial
from itertools import islice
from pathlib import Path
from threading import Lock
from types import TracebackType
from typing import Any, Self, TypeVar

from pebble import ProcessExpired, ProcessFuture, ProcessPool

from models.errors import DecodeOverrun, SightsoundError
from models.media.ahead import Ahead
from models.media.child import OUT_OF_MEMORY, confine, decode_confined, look_confined, probe_confined, stretch_confined
from models.media.decoding.stretches import Part, Stretch, first_stretch
from models.media.file.probe import Probe
from models.media.limits import Limits
from models.media.media import FrameSpec, Media, SoundSpec
from models.media.stream import Decoded, Ended

A = TypeVar("A")
LOOK_S = 1.0
"""How often whoever waits for a child looks whether there still are any."""
STARTING_S = 60.0
"""How long the first child may take to start, on a machine that is busy."""


class Cage:
    """Child processes, warm and limited in time, memory and what they may touch, that decode one file at a time.

    Safe to use from several threads. A child that crashes, or overruns its limits, costs its own file only.
    """

    def __init__(self, limits: Limits, workers: int = 2) -> None:
        self._limits, self._workers = limits, workers
        self._lock = Lock()
        self._pending: dict[ProcessFuture[Any], ProcessPool] = {}
        self._closed = self._has_answered = False
        self._pool = self._fresh_pool()

    def decode(self, path: Path, *, sound: SoundSpec, pictures: FrameSpec) -> Media:
        """As `models.media.decoding.decode.decode`; raises DecodeOverrun too."""
        return self._result(self._schedule(self._decoding(path, sound, pictures)))

    def probe(self, path: Path) -> Probe:
        """As `models.media.file.probe.probe`: what a file says of itself; decodes nothing. Raises DecodeOverrun too."""
        return self._result(self._schedule(partial(probe_confined, path, self._limits)))

    def look(self, path: Path, task: Callable[[Path, Limits], A]) -> A:
        """What a function that can be pickled makes of a file within the limits; raises DecodeOverrun too."""
        return self._result(self._schedule(partial(look_confined, task, path, self._limits)))

    def decode_all(
        self, paths: Iterable[Path], *, sound: SoundSpec, pictures: FrameSpec
    ) -> Iterator[Media | SightsoundError]:
        """The files in order, two a child ahead of the reader; a file that cannot be decoded is an error value."""
        remaining = (self._decoding(path, sound, pictures) for path in paths)
        futures = deque(self._schedule(task) for task in islice(remaining, 2 * self._workers))
        while futures:
            try:
                media: Media | SightsoundError = self._result(futures.popleft())
            except SightsoundError as error:
                media = error
            futures.extend(self._schedule(task) for task in islice(remaining, 1))
            yield media

    def stream(self, paths: Iterable[Path], *, sound: SoundSpec, pictures: FrameSpec) -> Iterator[Decoded | Ended]:
        """The windows of the files in order, and the end of each; decodes a little ahead of the reader.

        A long file is decoded in stretches, so that its length costs no memory: see `models.media.ahead`.
        """
        first = first_stretch(sound, pictures)
        ahead = Ahead(self._decoding_stretch(sound, pictures), self._result, self._limits, self._workers)
        return ahead.stream(paths, first)

    def warm_up(self) -> None:
        """Start the children now, without waiting for them, so that the first file does not."""
        with self._lock:
            for _ in range(self._workers):
                self._pool.schedule(os.getpid)

    def rehearse(self, *, wait_s: float) -> None:
        """See that a child answers, or that all are busy after so long; raises DecodeOverrun where none starts."""
        future = self._schedule(os.getpid)
        try:
            future.result(wait_s if self._has_answered else STARTING_S)
            self._has_answered = True
        except TimeoutError as error:
            future.cancel()  # type: ignore[no-untyped-call]
            if not self._has_answered:
                raise DecodeOverrun("the decoding processes have not started yet") from error
        except (BrokenProcessPool, CancelledError, ProcessExpired) as error:
            raise DecodeOverrun("the decoding processes end before they do anything") from error

    def close(self) -> None:
        """End the children, whatever they are at; who still waits for one gets a DecodeOverrun."""
        with self._lock:
            self._closed = True
            _end(self._pool)
        for future in tuple(self._pending):
            future.cancel()  # type: ignore[no-untyped-call]

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _fresh_pool(self) -> ProcessPool:
        # Children are forked from a small server that has imported the decoder and little else: not from this
        # process, whose threads they must not copy and whose memory is not theirs to read.
        context = multiprocessing.get_context("forkserver")
        context.set_forkserver_preload(["models.media.child", "pebble"])
        _forget_the_pipe()
        limits = (self._limits.memory_bytes,)
        return ProcessPool(max_workers=self._workers, initializer=confine, initargs=limits, context=context)

    def _decoding(self, path: Path, sound: SoundSpec, pictures: FrameSpec) -> Callable[[], Media]:
        return partial(decode_confined, path, sound, pictures, self._limits)

    def _decoding_stretch(
        self, sound: SoundSpec, pictures: FrameSpec
    ) -> "Callable[[Path, Stretch], ProcessFuture[Part]]":
        def begun(path: Path, stretch: Stretch) -> "ProcessFuture[Part]":
            return self._schedule(partial(stretch_confined, path, stretch, sound, pictures, self._limits))

        return begun

    def _schedule(self, task: Callable[[], A]) -> "ProcessFuture[A]":
        with self._lock:
            if self._closed:
                raise DecodeOverrun("the decoder is closed")
            if not self._pool.active:  # as when an idle child was killed from outside
                _end(self._pool)
                self._pool = self._fresh_pool()
            future = self._pool.schedule(task, timeout=self._limits.wall_s)
            self._pending[future] = self._pool
        future.add_done_callback(lambda done: self._pending.pop(future))
        return future

    def _result(self, future: "ProcessFuture[A]") -> A:
        self._settle(future)
        try:
            return future.result()
        except TimeoutError as error:
            raise DecodeOverrun(f"decoding the file took over {self._limits.wall_s:g} s, the limit") from error
        except ProcessExpired as error:
            raise DecodeOverrun(self._last_words(error.exitcode)) from error
        except (BrokenProcessPool, CancelledError) as error:
            raise DecodeOverrun("the decoder was stopped while it was at the file") from error

    def _settle(self, future: "ProcessFuture[Any]") -> None:
        """Wait until it is done, or for ever no more: a pool whose idle children are killed forgets what comes then."""
        is_active = True
        while not _is_done(future, LOOK_S):
            if not is_active:
                future.cancel()  # type: ignore[no-untyped-call]
            is_active = (pool := self._pending.get(future)) is not None and pool.active

    def _last_words(self, status: int) -> str:
        if status == OUT_OF_MEMORY:
            return f"decoding the file took over {self._limits.memory_bytes} bytes of memory, the limit"
        if status == -signal.SIGXCPU:
            return f"decoding the file took over {self._limits.cpu_s} s of processor time, the limit"
        return f"the decoder crashed on the file (exit status {status})"


def _is_done(future: "ProcessFuture[Any]", within_s: float) -> bool:
    with suppress(TimeoutError, CancelledError):
        future.exception(within_s)
    return future.done()


def _forget_the_pipe() -> None:
    """Let children not look for the file of a program that came through a pipe (`python - < program`): it has none.

    They would end over it. That of `python -c` has no `__file__` either, and they ask for none.
    """
    main = sys.modules["__main__"]
    if getattr(main, "__file__", None) == "<stdin>":
        del main.__file__


def _end(pool: ProcessPool) -> None:
    pool.stop()  # type: ignore[no-untyped-call]
    pool.join()

"""From files to the features of their windows."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from models.errors import SightsoundError
from models.features.backbone import Backbone
from models.features.queue import Queue
from models.features.running import Running
from models.media.media import FrameSpec, SoundSpec
from models.media.stream import Decoded, Ended
from models.types import F32, Absence, Sense, Window

# What is decoded of a sense that no backbone reads: as little as there is.
NO_SOUND = SoundSpec(rate=8000)
NO_PICTURES = FrameSpec(rate=0.1, size=16, shorter_side=16)
AHEAD = 2
"""Calls a thread that there are windows for: one that it works on, one that it takes next."""

Watch = Callable[[int, Window], None]
"""Is told of each window whose features are made: the number of its file, and when it is."""


def unwatched(file: int, window: Window) -> None:
    """Nobody wants to know."""


@dataclass(frozen=True, slots=True)
class WindowFeatures:
    """A window and its features [width] by sense; a sense that is missing there is in `absent`, with the reason."""

    window: Window
    features: Mapping[Sense, F32]
    absent: Mapping[Sense, Absence] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ClipFeatures:
    """A clip's length and the features of its windows, in order."""

    duration_s: float
    windows: tuple[WindowFeatures, ...]


@dataclass(frozen=True, slots=True)
class _Begun:
    """A window whose features are being made."""

    file: int
    window: Window
    absent: Mapping[Sense, Absence]
    features: Mapping[Sense, "Future[F32]"]

    @property
    def is_done(self) -> bool:
        return all(each.done() for each in self.features.values())

    def found(self) -> WindowFeatures:
        features = {sense: future.result() for sense, future in self.features.items()}
        return WindowFeatures(self.window, features, self.absent)


class Decoder(Protocol):
    """What gives the windows of files in order, and the end of each; `models.media.cage.Cage` does."""

    def stream(self, paths: Iterable[Path], *, sound: SoundSpec, pictures: FrameSpec) -> Iterator[Decoded | Ended]: ...


class Extractor:
    """Files decoded in a cage, once for both senses, and their windows run through the backbones.

    Windows of one file or of many are run by `threads` threads side by side, by default as many as there are cores;
    of what was decoded, a bounded number of windows is held.
    """

    def __init__(self, backbones: Mapping[Sense, Backbone], cage: Decoder, *, threads: int | None = None) -> None:
        for sense, backbone in backbones.items():
            if backbone.card.sense != sense:
                raise ValueError(f"{backbone.card.ref} reads {backbone.card.sense}, found as the backbone of {sense}")
        self._backbones, self._cage, self._threads = dict(backbones), cage, threads or Running().calls
        takes = {sense: backbone.card.takes for sense, backbone in backbones.items()}
        sound, pictures = takes.get("audio", NO_SOUND), takes.get("video", NO_PICTURES)
        assert isinstance(sound, SoundSpec)
        assert isinstance(pictures, FrameSpec)
        self._sound, self._pictures = sound, pictures

    def extract(self, path: Path, *, watch: Watch = unwatched) -> ClipFeatures:
        """The features of one file.

        Raises:
            MediaInvalid, TooLarge, DecodeOverrun: it cannot be decoded.
            BundleInvalid, BackboneOverrun: a backbone does not run on one of its windows.
        """
        (found,) = self.extract_all([path], watch=watch)
        if isinstance(found, SightsoundError):
            raise found
        return found

    def extract_all(
        self, paths: Iterable[Path], *, watch: Watch = unwatched
    ) -> Iterator[ClipFeatures | SightsoundError]:
        """The files in order; one that `extract` would raise for is an error value.

        Decodes ahead while backbones run. `watch` is called in the caller's thread.
        """
        with _threads(self._threads) as threads:
            queues = {sense: Queue(backbone, threads) for sense, backbone in self._backbones.items()}
            stream = self._cage.stream(paths, sound=self._sound, pictures=self._pictures)
            yield from _Clips(queues, watch).of(stream, ahead=self._ahead)

    @property
    def _ahead(self) -> int:
        """How many windows are held at most, before the first of them is done."""
        return AHEAD * self._threads * max((each.windows_a_call for each in self._backbones.values()), default=1)


class _Clips:
    """Features put together, file by file."""

    def __init__(self, queues: Mapping[Sense, Queue], watch: Watch) -> None:
        self._queues, self._watch = queues, watch
        self._windows: list[WindowFeatures] = []
        self._failed: dict[int, SightsoundError] = {}

    def of(self, stream: Iterable[Decoded | Ended], *, ahead: int) -> Iterator[ClipFeatures | SightsoundError]:
        """Every file in order, once it ended."""
        for each in _in_order(map(self._begun, stream), ahead):
            if isinstance(each, Ended):
                yield self._clip(each)
            else:
                self._take(each)

    def _begun(self, each: Decoded | Ended) -> _Begun | Ended:
        if isinstance(each, Ended):
            return each
        wanted = self._queues.keys() & each.media.senses if each.file not in self._failed else ()
        features = {sense: self._queues[sense].put(each.media) for sense in wanted}
        return _Begun(each.file, each.window, each.media.absent, features)

    def _take(self, begun: _Begun) -> None:
        try:
            self._windows.append(begun.found())
        except SightsoundError as error:
            self._failed.setdefault(begun.file, error)
        self._watch(begun.file, begun.window)

    def _clip(self, ended: Ended) -> ClipFeatures | SightsoundError:
        windows, self._windows = tuple(self._windows), []
        outcome = self._failed.pop(ended.file, ended.outcome)
        return outcome if isinstance(outcome, SightsoundError) else ClipFeatures(outcome, windows)


def _in_order(begun: Iterable[_Begun | Ended], ahead: int) -> Iterator[_Begun | Ended]:
    """The same, each when it is done or when so many others have been begun after it."""
    line: deque[_Begun | Ended] = deque()
    for each in begun:
        line.append(each)
        while line and (len(line) > ahead or isinstance(line[0], Ended) or line[0].is_done):
            yield line.popleft()
    yield from line


@contextmanager
def _threads(count: int) -> Iterator[ThreadPoolExecutor]:
    """Some that nobody waits for who no longer wants what they make."""
    threads = ThreadPoolExecutor(count, thread_name_prefix="backbone")
    try:
        yield threads
    finally:
        threads.shutdown(wait=False, cancel_futures=True)

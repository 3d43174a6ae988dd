"""What a stretch of a clip takes of the frames that are decoded for it, some of which lie before it or behind it."""

from fractions import Fraction
from math import gcd
from typing import Any

import numpy as np
from av.audio.frame import AudioFrame
from av.video.frame import VideoFrame
from numpy.typing import NDArray

from models.errors import TooLarge
from models.media.decoding.landing import LANDINGS, Landing, Late
from models.media.decoding.pictures import EARLY_S, PictureTrack, lasting_s
from models.media.decoding.sound import SoundTrack
from models.media.decoding.stretches import Stretch
from models.media.limits import Limits
from models.types import F32, U8

FED_S = 0.25  # of sound before and behind a stretch, so that resampling meets no edge in it
TICK = Fraction(1, 90_000)  # for frames without a clock
CONFIRMED = 2  # frames in a row that lie behind a stretch: one alone may have a damaged timestamp


class SeenPortion:
    """Gathers the pictures of a stretch; the one that is shown when it starts may have begun long before."""

    def __init__(
        self, track: PictureTrack, stretch: Stretch, landing: Landing, *, origin_s: float, limits: Limits
    ) -> None:
        self._track, self._stretch, self._landing = track, stretch, landing
        self._origin_s, self._limits = origin_s, limits
        self._before: VideoFrame | None = None
        self._behind: list[VideoFrame] = []
        self._last: VideoFrame | None = None
        self._until_s = 0.0
        self.from_s = -np.inf
        """When the keyframe is shown that decoding began at: what is shown before it is not whole."""
        self.begun_s: list[float] = []
        """When each frame that came is shown, without those that are dropped."""

    @property
    def is_over(self) -> bool:
        """Whether all that follows lies behind the stretch."""
        return len(self._behind) >= CONFIRMED

    def take(self, frame: VideoFrame) -> float:
        """Consider a frame, and tell when it is shown; raises Late, TooLarge."""
        at_s = self._clocked(frame)
        if at_s < self.from_s - EARLY_S:
            return at_s
        self.begun_s.append(at_s)
        if at_s >= self._stretch.end_s:
            self._behind.append(frame)
            return at_s
        self._behind.clear()
        if self._stretch.start_s and at_s <= self._stretch.start_s:
            self._before = frame
        else:
            self._show(frame)
        return at_s

    def finish(self, *, until_s: float = 0.0) -> U8 | None:
        """[t, size, size, 3] RGB, or None if nothing is shown in the stretch; the last frame is, up to `until_s`."""
        if self._landing.strict and self._last is None and self._before is None:
            raise Late
        if self._behind and (self._last or self._before):
            self._show(_stamped(self._behind[0], self._stretch.end_s + self._origin_s))
        elif self._before is not None and max(self._until_s, until_s) > self._stretch.start_s + EARLY_S:
            self._show(self._before)
        if self._last is not None and until_s > self.ends_s:
            self._show(_stamped(self._last, until_s - lasting_s(self._last) + self._origin_s))
        return None if self._last is None else self._track.finish()

    @property
    def ends_s(self) -> float:
        """When the last frame of those that came is no longer shown."""
        if not self._stretch.start_s and not self._behind:
            return self._track.duration_s
        return min(self._until_s, self._limits.duration_s)

    def _show(self, frame: VideoFrame) -> None:
        if self._before is not None:
            self._track.take(self._before)
            self._before = None
        elif self._last is None and self._stretch.start_s and self._landing.strict:
            raise Late
        self._last = frame
        self._track.take(frame)

    def _clocked(self, frame: VideoFrame) -> float:
        """When a frame is shown; one that does not say, after the one before it."""
        at_s = self._until_s if frame.time is None else frame.time - self._origin_s
        if self._stretch.start_s:
            if frame.time is None and self._landing.strict:
                raise Late
            if frame.time is None:
                _stamped(frame, at_s + self._origin_s)
            if at_s > self._limits.duration_s:
                raise TooLarge(f"the pictures last over {self._limits.duration_s:g} s, the limit")
        self._until_s = max(at_s, 0.0) + lasting_s(frame)
        return at_s


class HeardPortion:
    """Gathers the sound of a stretch, of a stream that begins at `since_s` on the file's own clock."""

    def __init__(
        self, track: SoundTrack, stretch: Stretch, landing: Landing, *, rate: int, origin_s: float, since_s: float
    ) -> None:
        self._track, self._stretch, self._landing, self._rate = track, stretch, landing, rate
        self._origin_s, self._since_s = origin_s, since_s
        self._begun = not stretch.start_s
        self._behind = 0

    @property
    def is_over(self) -> bool:
        """Whether all that follows lies behind the stretch."""
        return self._behind >= CONFIRMED

    def take(self, frame: AudioFrame) -> None:
        """Consider a frame; raises Late, TooLarge."""
        at_s = self.ends_s if frame.time is None else frame.time - self._origin_s
        if at_s >= self._stretch.end_s + FED_S:
            self._behind += 1
            return
        self._behind = 0
        first = frame if self._begun else self._first(frame, at_s)
        if first is not None:
            self._begun = True
            self._track.take(first)

    def finish(self) -> F32 | None:
        """[n] samples in [-1, 1], or None if nothing was decoded."""
        return self._track.finish()

    @property
    def ends_s(self) -> float:
        """When the last sample ends."""
        return self._stretch.start_s + self._track.duration_s

    def _first(self, frame: AudioFrame, at_s: float) -> AudioFrame | None:
        """What of a frame comes first to the resampler, if anything of it does."""
        if frame.time is None or at_s < self._stretch.start_s - FED_S:
            return None
        if at_s > self._stretch.start_s and self._landing == LANDINGS[0]:
            raise Late
        return _aligned(frame, self._rate, since_s=self._since_s)


def _stamped(frame: VideoFrame, at_s: float) -> VideoFrame:
    """The same frame, shown at another moment of the file's own clock."""
    frame.time_base = frame.time_base or TICK
    frame.pts = round(at_s / frame.time_base)
    return frame


def _aligned(frame: AudioFrame, rate: int, *, since_s: float) -> AudioFrame | None:
    """The frame from a sample on that also resampling from `since_s` on would come upon; None if it has none."""
    period = frame.sample_rate // gcd(frame.sample_rate, rate)
    if period > FED_S / 2 * frame.sample_rate:  # odd rates: a stretch then lies between the samples of the whole
        return frame
    skipped = -round(((frame.time or 0) - since_s) * frame.sample_rate) % period
    if skipped >= frame.samples:
        return None
    return _without(frame, skipped) if skipped else frame


def _without(frame: AudioFrame, samples: int) -> AudioFrame:
    """The frame without its first samples."""
    values = frame.to_ndarray()
    each = 1 if frame.format.is_planar else frame.layout.nb_channels
    rest: NDArray[Any] = np.ascontiguousarray(values[:, samples * each :])
    cut = AudioFrame.from_ndarray(rest, format=frame.format.name, layout=frame.layout.name)
    cut.sample_rate = frame.sample_rate
    cut.time_base = frame.time_base  # the resampler takes all that follows by the clock of the first frame
    cut.pts = (frame.pts or 0) + round(Fraction(samples, frame.sample_rate) / (frame.time_base or TICK))
    return cut

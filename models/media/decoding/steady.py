"""Sound on the clip's clock as it is decoded, holes made silence and overlaps dropped."""

from collections.abc import Iterator

import av
import numpy as np
from av.audio.frame import AudioFrame
from av.audio.resampler import AudioResampler

from models.errors import TooLarge
from models.media.limits import Limits
from models.types import F32, Window

STEP_S = 0.01  # timestamps jitter; a longer step that the next part confirms is a hole (made silence) or an overlap
GAP_S = 0.1  # nothing jitters as much
GIVEN_S = 0.5  # at once: frames are short, and each step on each of them would cost more than to decode it


class Steady:
    """Resamples sound and gives it without holes, its sample 0 at `origin_s` on the file's own clock; keeps little."""

    def __init__(self, *, rate: int, layout: str, origin_s: float, limits: Limits) -> None:
        self.rate, self._layout = rate, layout
        self._channels = {"mono": 1, "stereo": 2}[layout]
        self._origin_s, self._limits = origin_s, limits
        self._shape: tuple[str, str, int] | None = None
        self._resampler = self._fresh()
        self._held: list[F32] = []
        self._given = 0
        self._holes: list[tuple[int, int]] = []
        self._doubted: tuple[F32, int] | None = None  # a part and how late it says it is, until the next one comes
        self.filled = 0
        """How many samples came so far."""

    def take(self, frame: AudioFrame) -> Iterator[F32]:
        """The next samples [channels, n], in [-1, 1], GIVEN_S of them or none yet; raises TooLarge past the longest."""
        shape = (frame.format.name, frame.layout.name, frame.sample_rate)
        if shape != self._shape:
            yield from self._flushed()
            self._shape, self._resampler = shape, self._fresh()
        for part in self._converted(frame):
            yield from self._laid(part)

    def finish(self) -> Iterator[F32]:
        """What is still held."""
        yield from self._flushed()
        yield from self._settled(self._doubted[1] if self._doubted else 0)
        yield from self._released(at_least=1)

    @property
    def holes(self) -> tuple[Window, ...]:
        """The stretches that nothing was decoded of, in order: silence stands there."""
        return tuple(Window(start / self.rate, end / self.rate) for start, end in self._holes)

    def _fresh(self) -> AudioResampler:
        # Without this bound float sound is mixed with gains that add up to more than 1, integer sound is not.
        return AudioResampler("fltp", self._layout, self.rate, options={"rematrix_maxval": "1.0"})

    def _converted(self, frame: AudioFrame) -> list[AudioFrame]:
        try:
            return self._resampler.resample(frame)
        except av.error.FFmpegError:
            # As for 9 channels, which nobody has defined a mix for. Its half-built graph must not be used again.
            self._shape, self._resampler = None, self._fresh()
            raise

    def _flushed(self) -> Iterator[F32]:
        for part in self._resampler.resample(None):
            yield from self._laid(part)

    def _laid(self, part: AudioFrame) -> Iterator[F32]:
        samples: F32 = part.to_ndarray().astype(np.float32, copy=False)
        late = self._lateness(part)
        if not self.filled or abs(late) > GAP_S * self.rate:
            yield from self._settled(0)
            yield from self._placed(samples, late)
        elif abs(late) <= STEP_S * self.rate:
            yield from self._settled(0)
            yield from self._gathered(samples)
        elif self._doubted is not None and (self._doubted[1] > 0) == (late > 0):
            yield from self._settled(min(self._doubted[1], late, key=abs))
            yield from self._gathered(samples)
        else:
            yield from self._settled(0)
            self._doubted = samples, late

    def _lateness(self, part: AudioFrame) -> int:
        """Samples between where we are and where this part belongs; negative where they overlap."""
        if part.time is None:
            return 0
        doubted = self._doubted[0].shape[1] if self._doubted else 0
        late = round((part.time - self._origin_s) * self.rate) - self.filled - doubted
        self._check(self.filled + late)
        return late

    def _settled(self, late: int) -> Iterator[F32]:
        """The part that was in doubt, if there is one, so much later than what came before it."""
        if self._doubted is not None:
            samples, self._doubted = self._doubted[0], None
            yield from self._placed(samples, late)

    def _placed(self, samples: F32, late: int) -> Iterator[F32]:
        if late > 0:
            self._holes.append((self.filled, self.filled + late))
        yield from self._silence(max(late, 0))
        yield from self._gathered(samples[:, max(-late, 0) :])

    def _silence(self, count: int) -> Iterator[F32]:
        """A second at a time, so that hours of it need no room."""
        for start in range(0, count, self.rate):
            yield from self._gathered(np.zeros((self._channels, min(self.rate, count - start)), np.float32))

    def _gathered(self, samples: F32) -> Iterator[F32]:
        self._check(self.filled + samples.shape[1])
        self.filled += samples.shape[1]
        self._held.append(samples)
        yield from self._released(at_least=round(GIVEN_S * self.rate))

    def _released(self, *, at_least: int) -> Iterator[F32]:
        """All that is held, once it is so much."""
        if self.filled - self._given >= at_least:
            samples = np.concatenate(self._held, axis=1)
            self._held, self._given = [], self.filled
            yield np.clip(np.nan_to_num(samples, copy=False), -1, 1, out=samples)

    def _check(self, count: int) -> None:
        if count > self._limits.duration_s * self.rate:
            raise TooLarge(f"the sound lasts over {self._limits.duration_s:g} s, the limit")

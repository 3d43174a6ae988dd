"""Sound as it is decoded: resampled, mixed to mono and laid on the clip's clock."""

import av
import numpy as np
from av.audio.frame import AudioFrame
from av.audio.resampler import AudioResampler

from models.errors import TooLarge
from models.media.limits import Limits
from models.media.media import SoundSpec
from models.types import F32

GAP_S = 0.1  # timestamps jitter; only a longer step is a hole (made silence) or an overlap (dropped)


class SoundTrack:
    """Gathers decoded sound, its sample 0 at `origin_s` on the file's own clock."""

    def __init__(self, spec: SoundSpec, *, origin_s: float, limits: Limits) -> None:
        self._spec, self._origin_s, self._limits = spec, origin_s, limits
        self._chunks: list[F32] = []
        self._filled = 0
        self._shape: tuple[str, str, int] | None = None
        self._resampler = self._fresh()

    def take(self, frame: AudioFrame) -> None:
        """Append a decoded frame; raises TooLarge past the longest duration."""
        shape = (frame.format.name, frame.layout.name, frame.sample_rate)
        if shape != self._shape:
            self._flush()
            self._shape, self._resampler = shape, self._fresh()
        for part in self._converted(frame):
            self._lay(part)

    def finish(self) -> F32 | None:
        """[n] samples in [-1, 1], or None if nothing was decoded."""
        self._flush()
        if not self._filled:
            return None
        samples = np.concatenate(self._chunks)
        return np.clip(np.nan_to_num(samples, copy=False), -1, 1, out=samples)

    @property
    def duration_s(self) -> float:
        """From the origin to the last sample."""
        return self._filled / self._spec.rate

    def _fresh(self) -> AudioResampler:
        # Without this bound float sound is mixed with gains that add up to more than 1, integer sound is not.
        return AudioResampler("fltp", "mono", self._spec.rate, options={"rematrix_maxval": "1.0"})

    def _converted(self, frame: AudioFrame) -> list[AudioFrame]:
        try:
            return self._resampler.resample(frame)
        except av.error.FFmpegError:
            # As for 9 channels, which nobody has defined a mix for. Its half-built graph must not be used again.
            self._shape, self._resampler = None, self._fresh()
            raise

    def _flush(self) -> None:
        for part in self._resampler.resample(None):
            self._lay(part)

    def _lay(self, part: AudioFrame) -> None:
        samples = part.to_ndarray()[0]
        late = self._lateness(part)
        if abs(late) > GAP_S * self._spec.rate or not self._filled:
            samples = samples[max(-late, 0) :]
            self._append(np.zeros(max(late, 0), np.float32))
        self._append(samples)

    def _lateness(self, part: AudioFrame) -> int:
        """Samples between where we are and where this part belongs; negative where they overlap."""
        if part.time is None:
            return 0
        late = round((part.time - self._origin_s) * self._spec.rate) - self._filled
        self._check(self._filled + late)
        return late

    def _append(self, samples: F32) -> None:
        self._check(self._filled + len(samples))
        self._filled += len(samples)
        self._chunks.append(samples)

    def _check(self, count: int) -> None:
        if count > self._limits.duration_s * self._spec.rate:
            raise TooLarge(f"the sound lasts over {self._limits.duration_s:g} s, the limit")

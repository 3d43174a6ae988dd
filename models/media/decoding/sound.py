"""Sound as it is decoded: resampled, mixed to mono and laid on the clip's clock."""

import numpy as np
from av.audio.frame import AudioFrame

from models.media.decoding.steady import Steady
from models.media.limits import Limits
from models.media.media import SoundSpec
from models.types import F32, Window


class SoundTrack:
    """Gathers decoded sound, its sample 0 at `origin_s` on the file's own clock."""

    def __init__(self, spec: SoundSpec, *, origin_s: float, limits: Limits) -> None:
        self._steady = Steady(rate=spec.rate, layout="mono", origin_s=origin_s, limits=limits)
        self._chunks: list[F32] = []

    def take(self, frame: AudioFrame) -> None:
        """Append a decoded frame; raises TooLarge past the longest duration."""
        self._chunks.extend(self._steady.take(frame))

    def finish(self) -> F32 | None:
        """[n] samples in [-1, 1], or None if nothing was decoded."""
        self._chunks.extend(self._steady.finish())
        return np.concatenate(self._chunks, axis=1)[0] if self._chunks else None

    @property
    def duration_s(self) -> float:
        """From the origin to the last sample."""
        return self._steady.filled / self._steady.rate

    @property
    def holes(self) -> tuple[Window, ...]:
        """The stretches that nothing was decoded of, in order: silence stands there."""
        return self._steady.holes

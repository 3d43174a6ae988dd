"""The shape of a clip's sound: how far it swings, stretch by stretch."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from av.audio.frame import AudioFrame

from models.errors import MediaInvalid, SenseNotFound
from models.media.decoding.lost import skipping_damage
from models.media.decoding.steady import Steady
from models.media.limits import Limits
from models.media.looking.reading import reading
from models.types import F32

RATE = 16_000
MOST = 1000  # stretches
FIRST = 16  # samples in one, to begin with


@dataclass(frozen=True, slots=True)
class Waveform:
    """The lowest and highest sample of each `step_s` of a clip's sound, from the clip's beginning.

    Args:
        step_s: the length of a stretch, in seconds; the last one may be shorter.
        duration_s: of the sound.
        peaks: [n, 2] in [-1, 1], n at most MOST; sound of several channels is mixed to one.
    """

    step_s: float
    duration_s: float
    peaks: F32

    def __post_init__(self) -> None:
        if self.peaks.ndim != 2 or self.peaks.shape[1] != 2 or not 0 < len(self.peaks) <= MOST:
            raise ValueError(f"peaks are 1 to {MOST} pairs, found {self.peaks.shape}")


def waveform(path: Path, limits: Limits) -> Waveform:
    """The shape of a clip's sound, in the memory of a moment of it.

    Raises SenseNotFound where there is no sound, MediaInvalid where nothing of it can be decoded.
    """
    with reading(path, limits) as clip:
        if clip.sound is None:
            raise SenseNotFound(f"the clip is {clip.probe}, expected sound to draw")
        sound = Steady(rate=RATE, layout="mono", origin_s=clip.origin_s, limits=clip.limits)
        peaks = Peaks()
        for packet in clip.packets(None, clip.sound):
            for frame in clip.frames(packet):
                with skipping_damage():
                    if isinstance(frame, AudioFrame):
                        _take(peaks, sound.take(frame))
        _take(peaks, sound.finish())
        if not sound.filled:
            raise MediaInvalid(f"the clip is {clip.probe}, of whose sound nothing could be decoded")
        return Waveform(peaks.step / RATE, sound.filled / RATE, peaks.found())


def _take(peaks: "Peaks", chunks: Iterator[F32]) -> None:
    for samples in chunks:
        peaks.take(samples[0])


class Peaks:
    """The lowest and highest of equal stretches of samples, whose number is not known before the last has come.

    Where they would become more than MOST, each two become one: so at the end there are over half as many.
    """

    def __init__(self) -> None:
        self.step = FIRST
        self._done = np.zeros((0, 2), np.float32)
        self._rest = np.zeros(0, np.float32)

    def take(self, samples: F32) -> None:
        """The next samples [n]."""
        while len(samples):
            room = (MOST - len(self._done)) * self.step - len(self._rest)
            self._add(samples[:room])
            samples = samples[room:]
            if len(self._done) == MOST:
                pairs = self._done.reshape(-1, 2, 2)
                self._done, self.step = _extremes(pairs.reshape(len(pairs), 4)), 2 * self.step

    def found(self) -> F32:
        """[n, 2], with what has come of the last one."""
        return np.concatenate([self._done, _extremes(self._rest[None])]) if len(self._rest) else self._done

    def _add(self, samples: F32) -> None:
        samples = np.concatenate([self._rest, samples])
        whole = len(samples) // self.step * self.step
        self._done = np.concatenate([self._done, _extremes(samples[:whole].reshape(-1, self.step))])
        self._rest = samples[whole:]


def _extremes(stretches: F32) -> F32:
    return np.stack([stretches.min(axis=1), stretches.max(axis=1)], axis=1)

"""Training batches for a backbone: stretches of clips, varied and joined."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from models.types import F32

Clip = NDArray[Any]
"""Samples [n] float32 or frames [t, h, w, 3] uint8."""

Vary = Callable[[Clip, Generator], F32]
"""From segments [b, ...] to what the network is shown of them, [b, ...] float32."""


@dataclass(frozen=True, slots=True)
class Segments:
    """Stretches of equal length out of clips of different lengths.

    Args:
        clips: all of sound, or all of pictures.
        words: [clips, words] 1 where the word is in the clip's class name.
        length: of a segment, in samples or frames; shorter clips end in zeros.
        joined: the share of segments whose second half is another clip's, with both clips' words. It keeps
            the network from guessing a word from the company it keeps.
    """

    clips: Sequence[Clip]
    words: F32
    length: int
    vary: Vary
    joined: float = 0.4

    def epoch(self, batch: int, rng: Generator) -> Iterator[tuple[F32, F32]]:
        """Batches of (segments [b, ...], words [b, words]) that show every clip once, but for a last part batch."""
        order = rng.permutation(len(self.clips))
        for start in range(0, len(order) - batch + 1, batch):
            rows = order[start : start + batch]
            segments = self.vary(np.stack([self._cut(row, rng) for row in rows]), rng)
            yield self._join(segments, self.words[rows], rng)

    def _cut(self, row: int, rng: Generator) -> Clip:
        clip = self.clips[row]
        start = int(rng.integers(max(len(clip) - self.length, 0) + 1))
        part = clip[start : start + self.length]
        return np.pad(part, [(0, self.length - len(part))] + [(0, 0)] * (part.ndim - 1))

    def _join(self, segments: F32, words: F32, rng: Generator) -> tuple[F32, F32]:
        chosen = np.flatnonzero(rng.random(len(segments)) < self.joined)
        others = rng.permutation(len(segments))[chosen]
        joined, both = segments.copy(), words.copy()
        joined[chosen, self.length // 2 :] = segments[others, : self.length - self.length // 2]
        both[chosen] = np.maximum(words[chosen], words[others])
        return joined, both


def vary_sound(samples: Clip, rng: Generator) -> F32:
    """Samples [b, n], louder or softer, in more or less noise."""
    gain, noise = rng.uniform(0.3, 1.4, (len(samples), 1)), rng.uniform(0, 0.02, (len(samples), 1))
    return samples * gain.astype(np.float32) + rng.standard_normal(samples.shape, np.float32) * noise.astype(np.float32)


def vary_pictures(frames: Clip, rng: Generator) -> F32:
    """Frames [b, t, h, w, 3], mirrored, shifted by a tenth, in another light; 0 to 255."""
    reach = frames.shape[2] // 10
    flipped = np.where(rng.random((len(frames), 1, 1, 1, 1)) < 0.5, frames[:, :, :, ::-1], frames)
    shifts = rng.integers(-reach, reach + 1, (len(frames), 2))
    moved = np.stack([np.roll(clip, tuple(shift), (1, 2)) for clip, shift in zip(flipped, shifts, strict=True)])
    contrast = rng.uniform(0.7, 1.3, (len(frames), 1, 1, 1, 1)).astype(np.float32)
    tint = rng.uniform(-25, 25, (len(frames), 1, 1, 1, 3)).astype(np.float32)
    return np.clip((moved - np.float32(128)) * contrast + 128 + tint, 0, 255)

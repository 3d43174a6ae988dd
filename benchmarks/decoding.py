"""A clip decoded for both backbones, against the ffmpeg command; and what the cage around strangers' files costs."""

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import ClassVar

import numpy as np

from benchmarks.contest import Contest, Way
from models.media.cage import Cage
from models.media.decoding.decode import decode
from models.media.encode import write_mp4
from models.media.limits import Limits
from models.media.media import FrameSpec, SoundSpec
from models.types import F32, U8

FRAME_RATE, SOUND_RATE = 30, 44_100
HEIGHT, WIDTH = 360, 640
SOUND, PICTURES = SoundSpec(rate=16_000), FrameSpec(rate=1.6, size=224, shorter_side=224)
OURS, CAGED, FFMPEG = "decode", "decode in the cage", "ffmpeg -i f -f null -"
"""The work: all the sound at 16 kHz, and of ten seconds 16 pictures of 224x224."""


@dataclass(frozen=True, slots=True)
class Decoding:
    """A clip of so many seconds, 640x360 at 30 frames a second, H.264 and AAC."""

    name: ClassVar[str] = "decode"
    seconds: float = 10.0

    @contextmanager
    def contest(self) -> Iterator[Contest]:
        """Rendered once; the cage's child is warm."""
        limits = Limits()
        with TemporaryDirectory() as folder, Cage(limits, workers=1) as cage:
            clip = Path(folder) / "clip.mp4"
            render(clip, self.seconds)
            ways: dict[str, Way] = {
                OURS: lambda: decode(clip, sound=SOUND, pictures=PICTURES, limits=limits),
                CAGED: lambda: cage.decode(clip, sound=SOUND, pictures=PICTURES),
            }
            if shutil.which("ffmpeg") is None:
                yield Contest(ways, [(CAGED, OURS)], {FFMPEG: "ffmpeg is not installed"})
            else:
                yield Contest({**ways, FFMPEG: lambda: ffmpeg(clip)}, [(OURS, FFMPEG), (CAGED, OURS)])


def ffmpeg(clip: Path) -> None:
    """Decode a file and drop what comes."""
    command = ["ffmpeg", "-v", "error", "-nostdin", "-i", str(clip), "-f", "null", "-"]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)


def render(path: Path, seconds: float) -> None:
    """A clip of H.264 and AAC, 640x360 at 30 frames a second."""
    write_mp4(
        path,
        frames=pan(round(seconds * FRAME_RATE)),
        frame_rate=FRAME_RATE,
        samples=chord(round(seconds * SOUND_RATE)),
        sample_rate=SOUND_RATE,
    )


def pan(count: int) -> U8:
    """[count, h, w, 3]: a textured picture that moves four pixels a frame, with the grain of a camera."""
    numbers = np.random.default_rng(0)
    coarse = numbers.integers(0, 200, (HEIGHT // 8, WIDTH // 8, 3), np.uint8)
    picture = coarse.repeat(8, axis=0).repeat(8, axis=1)
    grain = numbers.integers(0, 12, (HEIGHT, WIDTH, 3), np.uint8)
    frames = np.empty((count, *picture.shape), np.uint8)
    for i, frame in enumerate(frames):
        np.add(np.roll(picture, 4 * i, axis=1), np.roll(grain, 37 * i, axis=0), out=frame)
    return frames


def chord(count: int) -> F32:
    """[count] three tones and noise."""
    time = np.arange(count) / SOUND_RATE
    tones = sum(np.sin(2 * np.pi * hz * time) for hz in (220.0, 554.0, 1318.0))
    noise = np.random.default_rng(1).normal(size=count)
    return np.asarray(0.2 * tones + 0.02 * noise, np.float32)

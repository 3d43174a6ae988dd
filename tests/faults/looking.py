"""A file that strangers may have made, looked at as the service does, and what may come of it."""

import gc
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from models.errors import DecodeOverrun, MediaInvalid, SightsoundError, TooLarge
from models.media.cage import Cage
from models.media.decoding.decode import decode
from models.media.limits import Limits
from models.media.media import FrameSpec, Media, SoundSpec
from models.media.stream import Decoded
from models.types import F32, U8, Sense

SOUND, PICTURES = SoundSpec(rate=16_000), FrameSpec(rate=4, size=32, shorter_side=32)
LIMITS = Limits(duration_s=60.0, wall_s=6, cpu_s=5, memory_bytes=384 * 2**20)
REFUSALS = (MediaInvalid, TooLarge, DecodeOverrun)
SENSES: frozenset[Sense] = frozenset({"audio", "video"})
LONGEST_MESSAGE = 1500


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a file: its windows with the clip's length, or one error; and how long that took."""

    windows: tuple[Media, ...]
    ended: float | SightsoundError
    seconds: float

    @property
    def said(self) -> str:
        """In a word or a sentence."""
        return repr(self.ended) if isinstance(self.ended, SightsoundError) else f"{self.ended:g} s"


def look(cage: Cage, path: Path) -> Outcome:
    """All that is decoded of a file, and how it ends."""
    start = time.monotonic()
    *came, end = cage.stream([path], sound=SOUND, pictures=PICTURES)
    assert not isinstance(end, Decoded), "the file never ended"
    windows = tuple(each.media for each in came if isinstance(each, Decoded))
    assert len(windows) == len(came), "a file ended twice"
    return Outcome(windows, end.outcome, time.monotonic() - start)


def decode_and_collect(path: Path, limits: Limits) -> None:
    """All of a short file, and then the garbage."""
    decode(path, sound=SOUND, pictures=PICTURES, limits=limits)
    gc.collect()


def faults(outcome: Outcome, hidden: Path) -> list[str]:
    """What is wrong with an outcome; `hidden` is a place of this machine that nobody may be told of."""
    if isinstance(outcome.ended, SightsoundError):
        odd = [] if type(outcome.ended) in REFUSALS else [f"an odd class: {type(outcome.ended)}"]
        return [*odd, *faults_of_error(outcome.ended, hidden)]
    return [fault for each in outcome.windows for fault in _faults_of_window(each)] + _faults_of_clip(outcome)


def faults_of_error(error: SightsoundError, hidden: Path) -> list[str]:
    """What is wrong with what a file was refused with."""
    text = str(error)
    odd = {
        "no message": not text.strip(),
        "a long message": len(text) > LONGEST_MESSAGE,
        "several lines": not text.isprintable(),
        "a traceback": "Traceback" in text or 'File "' in text,
        "a place of this machine": str(hidden) in text,
    }
    return [what for what, found in odd.items() if found]


def _faults_of_clip(outcome: Outcome) -> list[str]:
    assert isinstance(outcome.ended, float)
    odd = {
        "a length that is none": not 0 <= outcome.ended < np.inf,
        "a length over the limit": outcome.ended > LIMITS.duration_s + 1,
        "no windows": not outcome.windows,
    }
    return [what for what, found in odd.items() if found]


def _faults_of_window(window: Media) -> list[str]:
    samples, frames = window.samples, window.frames
    odd = {
        "a window that does not say why it lacks a sense": window.senses ^ SENSES != window.absent.keys(),
        "a window that lasts no time": not 0 <= window.duration_s < np.inf,
        "samples that are no sound": samples is not None and not _is_sound(samples),
        "frames that are no pictures": frames is not None and not _are_pictures(frames),
    }
    return [what for what, found in odd.items() if found]


def _is_sound(samples: F32) -> bool:
    return samples.dtype == np.float32 and samples.ndim == 1 and len(samples) > 0 and bool((abs(samples) <= 1).all())


def _are_pictures(frames: U8) -> bool:
    return frames.dtype == np.uint8 and len(frames) > 0 and frames.shape[1:] == (PICTURES.size, PICTURES.size, 3)

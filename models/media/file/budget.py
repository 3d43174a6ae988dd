"""What a file declares, and what decoding it comes to, held against the limits."""

from collections.abc import Iterator

from av.audio.frame import AudioFrame
from av.audio.stream import AudioStream
from av.error import InvalidDataError
from av.video.frame import VideoFrame

from models.errors import MediaInvalid, TooLarge
from models.media.file.probe import PictureStream, Probe
from models.media.limits import Limits

DAMAGED = 0x41444E49
"""AVERROR_INVALIDDATA, as PyAV counts it."""


def check_budget(found: Probe, limits: Limits) -> None:
    """Raises TooLarge naming every limit that the file is over, MediaInvalid where nothing of it would be decoded."""
    if over := ", and ".join(_excesses(found, limits)):
        raise TooLarge(over)
    if found.sound is None and found.pictures is None:
        raise MediaInvalid(f"the file is {found}, of which nothing is accepted; expected {', '.join(limits.codecs)}")


class Spent:
    """What decoding has come to so far, whatever the file declared."""

    def __init__(self, limits: Limits, sound: AudioStream | None) -> None:
        self._limits, self._pixels = limits, 0
        told = (sound.sample_rate, sound.channels) if sound is not None else (0, 0)
        # Asked now: later it follows what each packet claims.
        self._is_told = all(told) and not any(_excesses_of_sound(limits, sample_rate=told[0], channels=told[1]))

    def take(self, frame: AudioFrame | VideoFrame) -> None:
        """Count a frame; raises TooLarge over a limit.

        Sound that was told to be within the limits stays so: a frame of it that is not is damaged, and raises what a
        decoder does.
        """
        if isinstance(frame, VideoFrame):
            self._take_picture(frame)
        else:
            self._take_sound(frame)

    def _take_picture(self, frame: VideoFrame) -> None:
        self._pixels += frame.width * frame.height
        if self._pixels > self._limits.total_pixels:
            raise TooLarge(f"the pictures have over {self._limits.total_pixels} pixels in all, the limit")

    def _take_sound(self, frame: AudioFrame) -> None:
        heard = _excesses_of_sound(self._limits, sample_rate=frame.sample_rate, channels=frame.layout.nb_channels)
        if over := ", and ".join(heard):
            raise InvalidDataError(DAMAGED, over) if self._is_told else TooLarge(over)


def _excesses(found: Probe, limits: Limits) -> Iterator[str]:
    limits = limits.of_kind(found.container)
    if found.size_bytes > limits.size_bytes:
        yield f"the file has {found.size_bytes} bytes; the limit is {limits.size_bytes}"
    if (found.duration_s or 0) > limits.duration_s:
        yield f"the file lasts {found.duration_s:.1f} s; the limit is {limits.duration_s:g} s"
    if len(found.streams) > limits.streams:
        yield f"the file has {len(found.streams)} streams or more; the limit is {limits.streams}"
    if found.sound is not None:
        yield from _excesses_of_sound(limits, sample_rate=found.sound.sample_rate, channels=found.sound.channels)
    if found.pictures is not None:
        yield from _excesses_of_pictures(found.pictures, limits)
    if (found.total_pixels or 0) > limits.total_pixels:
        yield f"the pictures have {found.total_pixels} pixels in all; the limit is {limits.total_pixels}"


def _excesses_of_sound(limits: Limits, *, sample_rate: int | None, channels: int | None) -> Iterator[str]:
    if (sample_rate or 0) > limits.sample_rate:
        yield f"the sound has {sample_rate} samples a second; the limit is {limits.sample_rate}"
    if (channels or 0) > limits.channels:
        yield f"the sound has {channels} channels; the limit is {limits.channels}"


def _excesses_of_pictures(pictures: PictureStream, limits: Limits) -> Iterator[str]:
    if pictures.width * pictures.height > limits.pixels:
        yield f"the pictures are {pictures.width} x {pictures.height}; the limit is {limits.pixels} pixels"
    if (pictures.frame_rate or 0) > limits.frame_rate:
        yield f"there are {pictures.frame_rate:g} pictures a second; the limit is {limits.frame_rate:g}"

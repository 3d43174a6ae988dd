"""A file decoded in one pass over its sound and its pictures, in this process.

Files of strangers go through `models.media.cage`, which calls this in a process that may die.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import av
from av.audio.frame import AudioFrame
from av.audio.stream import AudioStream
from av.container import InputContainer
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from models.errors import MediaInvalid
from models.media.budget import Spent, check_budget
from models.media.limits import Limits
from models.media.media import FrameSpec, Media, SoundSpec
from models.media.opening import opened
from models.media.pictures import PictureTrack
from models.media.probe import Probe, pictures_of, probe, sound_of
from models.media.sound import SoundTrack
from models.types import F32, U8, Absence, Sense

THREADS = 2  # a decoder's; more gain little on clips and cost memory


def decode(path: Path, *, sound: SoundSpec, pictures: FrameSpec, limits: Limits) -> Media:
    """The sound and pictures of a file, both from the same time zero: the start of the earlier one.

    What is damaged is left out (sound is silent there); a stream of which nothing can be decoded is
    absent. A file over a limit by its own account is refused before any of it is decoded, and one that hid
    it as soon as that shows. Raises MediaInvalid where neither is left, TooLarge, MemoryError.
    """
    found = probe(path, limits)
    check_budget(found, limits)
    with opened(path, limits, codecs=limits.codecs) as container:
        streams = _opened_streams(container, limits)
        origin_s = _origin_s(streams)
        heard = SoundTrack(sound, origin_s=origin_s, limits=limits)
        seen = PictureTrack(pictures, origin_s=origin_s, limits=limits)
        spent = Spent(limits)
        for frame in _frames(container, streams):
            spent.take(frame)
            with _damage_skipped():
                heard.take(frame) if isinstance(frame, AudioFrame) else seen.take(frame)
        samples, frames = heard.finish(), seen.finish()
        if samples is None and frames is None:
            raise MediaInvalid(f"the file is {found}, of which nothing could be decoded; expected {limits.expected}")
    duration_s = max(heard.duration_s, seen.duration_s)
    return Media(duration_s, sound, pictures, samples, frames, _absent(found, samples=samples, frames=frames))


def _absent(found: Probe, *, samples: F32 | None, frames: U8 | None) -> dict[Sense, Absence]:
    """Why there is no sound or there are no pictures."""
    absent: dict[Sense, Absence] = {}
    if samples is None:
        absent["audio"] = "missing" if found.sound is None else "damaged"
    if frames is None:
        absent["video"] = "missing" if found.pictures is None else "damaged"
    return absent


def _opened_streams(container: InputContainer, limits: Limits) -> list[AudioStream | VideoStream]:
    """The streams that are decoded, their decoders told how."""
    streams = [each for each in (sound_of(container, limits), pictures_of(container, limits)) if each is not None]
    for each in streams:
        each.codec_context.thread_count = THREADS
        each.codec_context.options = {"max_pixels": str(limits.pixels)}
    return streams


def _origin_s(streams: list[AudioStream | VideoStream]) -> float:
    """When the earlier stream starts, on the file's clock; a stream that does not say starts at 0."""
    return min((float((stream.start_time or 0) * (stream.time_base or 0)) for stream in streams), default=0.0)


def _frames(container: InputContainer, streams: list[AudioStream | VideoStream]) -> Iterator[AudioFrame | VideoFrame]:
    """Every frame that can be decoded; a file that is cut off ends early."""
    with _damage_skipped():
        for packet in container.demux(*streams):
            with _damage_skipped():
                for frame in packet.decode():
                    if isinstance(frame, AudioFrame | VideoFrame):
                        yield frame


@contextmanager
def _damage_skipped() -> Iterator[None]:
    try:
        yield
    except av.error.MemoryError:
        raise
    except av.error.BlockingIOError as error:  # a decoder that could not start its threads
        raise MemoryError("no room for the decoder's threads") from error
    except av.error.FFmpegError:
        pass

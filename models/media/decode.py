"""A file decoded in one pass over its sound and its pictures, in this process.

Files of strangers go through `models.media.cage`, which calls this in a process that may die.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path

import av
from av.audio.frame import AudioFrame
from av.audio.stream import AudioStream
from av.container import InputContainer
from av.stream import Disposition
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from models.errors import MediaInvalid
from models.media.limits import Limits
from models.media.media import FrameSpec, Media, SoundSpec
from models.media.opening import EXPECTED, opened
from models.media.pictures import PictureTrack, check_pixels
from models.media.sound import SoundTrack

THREADS = 2  # a decoder's; more gain little on clips and cost memory
MOST_NAMED = 8  # streams of a file, in an error


def decode(path: Path, *, sound: SoundSpec, pictures: FrameSpec, limits: Limits) -> Media:
    """The sound and pictures of a file, both from the same time zero: the start of the earlier one.

    What is damaged is left out (sound is silent there); a stream of which nothing can be decoded is
    absent. Raises MediaInvalid where neither is left, TooLarge over a limit, MemoryError.
    """
    with opened(path, limits) as container:
        streams = _chosen(container, limits)
        origin_s = _origin_s(streams)
        heard = SoundTrack(sound, origin_s=origin_s, limits=limits)
        seen = PictureTrack(pictures, origin_s=origin_s, limits=limits)
        for frame in _frames(container, streams):
            with _damage_skipped():
                heard.take(frame) if isinstance(frame, AudioFrame) else seen.take(frame)
        samples, frames = heard.finish(), seen.finish()
        if samples is None and frames is None:
            raise MediaInvalid(f"{_found(container)}, of which nothing could be decoded; expected {EXPECTED}")
    return Media(max(heard.duration_s, seen.duration_s), sound, pictures, samples, frames)


def _chosen(container: InputContainer, limits: Limits) -> list[AudioStream | VideoStream]:
    """The first stream of sound and the first of pictures that have a decoder."""
    audio = [stream for stream in container.streams.audio if stream.codec_context][:1]
    video = [stream for stream in container.streams.video if stream.codec_context and not _is_cover(stream)][:1]
    for each in (*audio, *video):
        each.codec_context.thread_count = THREADS
        each.codec_context.options = {"max_pixels": str(limits.pixels)}
    for stream in video:
        check_pixels(stream.width, stream.height, limits)
    return [*audio, *video]


def _is_cover(stream: VideoStream) -> bool:
    return bool(stream.disposition & Disposition.attached_pic)


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


def _found(container: InputContainer) -> str:
    streams = [
        f"{stream.type} ({stream.codec_context.name if stream.codec_context else 'unknown'})"
        for stream in islice(container.streams, MOST_NAMED)
    ]
    return f"the file is {container.format.long_name} with {', '.join(streams) or 'no streams'}"

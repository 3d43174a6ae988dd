"""What a file says of itself: found in its container, before any of it is decoded."""

from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import av
from av.audio.stream import AudioStream
from av.container import InputContainer
from av.stream import Disposition, Stream
from av.video.stream import VideoStream

from models.media.file.image_size import image_size
from models.media.file.opening import opened
from models.media.file.rotation import rotations
from models.media.limits import CONTAINERS, STILLS, Limits

MOST_NAMED = 8  # streams of a file, in an error
CLOCK_RATE = 1000  # pictures a second; from here on, one at every tick of the file's clock is no rate, only the clock


@dataclass(frozen=True, slots=True)
class SoundStream:
    """Sound that would be decoded: samples a second and channels, None where only decoding can tell."""

    codec: str
    sample_rate: int | None
    channels: int | None


@dataclass(frozen=True, slots=True)
class PictureStream:
    """Pictures that would be decoded: of `width` x `height`, as stored.

    `frame_rate` a second and the number of `frames` are None where the file does not say; `rotation` is the
    quarter turn, in degrees counterclockwise, that the container says they are shown by.
    """

    codec: str
    width: int
    height: int
    frame_rate: float | None
    frames: int | None
    rotation: int


@dataclass(frozen=True, slots=True)
class Probe:
    """A file by its container alone.

    Args:
        container: its demuxer, of CONTAINERS.
        size_bytes: of the file.
        duration_s: as declared, None where it is not.
        streams: every stream's type and codec, such as "audio (aac)"; one more than the limit stands for more.
        sound, pictures: the first streams of accepted codecs, None where there are none.
    """

    container: str
    size_bytes: int
    duration_s: float | None
    streams: tuple[str, ...]
    sound: SoundStream | None
    pictures: PictureStream | None

    @property
    def total_pixels(self) -> int | None:
        """Of all pictures together, None where the file does not say how many there are."""
        if self.pictures is None:
            return None
        declared = round((self.duration_s or 0) * (self.pictures.frame_rate or 0))
        frames = self.pictures.frames or declared
        return self.pictures.width * self.pictures.height * frames or None

    def __str__(self) -> str:
        named = ", ".join(self.streams[:MOST_NAMED]) or "no streams"
        return f"{CONTAINERS[self.container]} with {named}"


def probe(path: Path, limits: Limits) -> Probe:
    """A file as it says it is, whatever it may cost; raises as `opened` does."""
    with opened(path, limits, codecs=()) as container:
        sound, pictures = sound_of(container, limits), pictures_of(container, limits)
        streams = islice(container.streams, limits.streams + 1)
        return Probe(
            container=_name(container),
            size_bytes=path.stat().st_size,
            duration_s=None if container.duration is None else max(container.duration / av.time_base, 0.0),
            streams=tuple(f"{each.type} ({codec_of(each)})" for each in streams),
            sound=None if sound is None else _sound(sound),
            pictures=None if pictures is None else _shown(pictures, _name(container), path),
        )


def sound_of(container: InputContainer, limits: Limits) -> AudioStream | None:
    """The stream whose sound is decoded: the first of an accepted codec."""
    return next((each for each in container.streams.audio if codec_of(each) in limits.codecs), None)


def pictures_of(container: InputContainer, limits: Limits) -> VideoStream | None:
    """The stream whose pictures are decoded: the first of an accepted codec that is not the cover of a song."""
    return next((each for each in container.streams.video if _is_film(each) and codec_of(each) in limits.codecs), None)


def codec_of(stream: Stream) -> str:
    """A stream's codec, whichever decoder there is for it."""
    return stream.codec_context.codec.canonical_name if stream.codec_context else "unknown"


def _name(container: InputContainer) -> str:
    names = container.format.name.split(",")
    return next(name for name in CONTAINERS if name in names)


def _is_film(stream: VideoStream) -> bool:
    # Dependent streams are the tiles of an image, which would have to be put together.
    return not stream.disposition & (Disposition.attached_pic | Disposition.dependent)


def _sound(stream: AudioStream) -> SoundStream:
    return SoundStream(codec_of(stream), stream.sample_rate or None, stream.channels or None)


def _shown(stream: VideoStream, container: str, path: Path) -> PictureStream:
    if container in STILLS:
        width, height = image_size(path, container)
        return PictureStream(codec_of(stream), width, height, frame_rate=None, frames=1, rotation=0)
    return _pictures(stream, rotations(path).get(stream.id, 0))


def _pictures(stream: VideoStream, rotation: int) -> PictureStream:
    return PictureStream(
        codec=codec_of(stream),
        width=stream.width,
        height=stream.height,
        frame_rate=_frame_rate(stream),
        frames=stream.frames if stream.frames > 0 else None,
        rotation=rotation,
    )


def _frame_rate(stream: VideoStream) -> float | None:
    rate = float(stream.average_rate or 0)
    is_clock = rate >= CLOCK_RATE and rate * float(stream.time_base or 0) >= 1
    return rate if rate > 0 and not is_clock else None

"""A clip opened to be looked at: its streams, its clock, and what can be read of it in spite of damage."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import av
from av.audio.frame import AudioFrame
from av.audio.stream import AudioStream
from av.container import InputContainer
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from models.errors import MediaInvalid
from models.media.decoding.landing import AT_THE_START, AnyPacket, packets_from
from models.media.decoding.lost import skipping_damage
from models.media.decoding.showing import Showing, showing_of
from models.media.file.budget import Spent, check_budget
from models.media.file.opening import bound, opened, starts_s
from models.media.file.probe import Probe, pictures_of, probe, sound_of
from models.media.limits import Limits


@dataclass(frozen=True, slots=True)
class Reading:
    """An open clip: the streams that are looked at, and the moment of the file's own clock where the clip begins."""

    probe: Probe
    container: InputContainer
    film: VideoStream | None
    sound: AudioStream | None
    origin_s: float
    showing: Showing
    limits: Limits
    spent: Spent

    def packets(self, film: VideoStream | None, sound: AudioStream | None) -> Iterator[AnyPacket]:
        """Those of both from where the file is, or of one; a file that is cut off ends early."""
        with skipping_damage():
            yield from packets_from(self.container, AT_THE_START, film, sound, start_s=0.0, origin_s=self.origin_s)

    def frames(self, packet: AnyPacket) -> Iterator[AudioFrame | VideoFrame]:
        """What a packet decodes to, nothing where it is damaged; raises TooLarge where a limit is passed."""
        with skipping_damage():
            for frame in packet.decode():
                if isinstance(frame, AudioFrame | VideoFrame):
                    self.spent.take(frame)
                    yield frame


@contextmanager
def reading(path: Path, limits: Limits) -> Iterator[Reading]:
    """A clip within its limits; raises MediaInvalid, also where the block fails at it, TooLarge, MemoryError."""
    found = probe(path, limits)
    check_budget(found, limits)
    limits = limits.of_kind(found.container)
    with opened(path, limits, codecs=limits.codecs) as container:
        film, sound = pictures_of(container, limits), sound_of(container, limits)
        streams = [each for each in (film, sound) if each is not None]
        for each in streams:
            bound(each, limits)
        showing, origin_s = showing_of(container, film), min((starts_s(each) for each in streams), default=0.0)
        with _damage_told(found):
            yield Reading(found, container, film, sound, origin_s, showing, limits, Spent(limits, sound))


@contextmanager
def _damage_told(found: Probe) -> Iterator[None]:
    try:
        yield
    except av.error.MemoryError:
        raise
    except av.error.FFmpegError as error:
        raise MediaInvalid(f"the clip is {found}, which cannot be shown ({error.strerror})") from error

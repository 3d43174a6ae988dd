"""Where decoding of a stretch begins: at a keyframe before it, found by seeking or by reading from the start."""

from collections.abc import Iterator
from dataclasses import dataclass
from math import floor
from typing import Any, TypeAlias

import av
from av.audio.stream import AudioStream
from av.container import InputContainer
from av.packet import Packet
from av.video.stream import VideoStream

from models.media.file.demuxing import packets_of

AnyPacket: TypeAlias = "Packet[Any]"

MOST_ASKED = 1000  # times; transport streams give up after so many bytes without a packet
SOUND_LEAD_S = 1.0
"""How long before a stretch its sound is decoded: longer than any codec takes to get going."""


class Late(Exception):
    """Decoding began behind the start of the stretch, or somewhere that does not tell when it is."""


@dataclass(frozen=True, slots=True)
class Landing:
    """So many seconds before the stretch, or without them at the start of the file.

    Where a landing is not `strict`, what begins late is taken for what there is.
    """

    before_s: float | None
    strict: bool = True


LANDINGS = (Landing(SOUND_LEAD_S), Landing(11.0), Landing(61.0), Landing(None, strict=False))
"""In the order in which they are tried. Most files hold at the first; transport streams need the second."""
AT_THE_START = Landing(None, strict=False)


def packets_from(
    container: InputContainer,
    landing: Landing,
    film: VideoStream | None,
    sound: AudioStream | None,
    *,
    start_s: float,
    origin_s: float,
) -> Iterator[AnyPacket]:
    """What has to be decoded for a stretch that starts at `start_s`, in the order of the file; raises Late."""
    streams = [each for each in (film, sound) if each is not None]
    if start_s == 0:
        return _all_of(container, streams)
    if landing.before_s is None:
        return _since_keyframe(_all_of(container, streams), film, start_s=start_s, origin_s=origin_s)
    _seek(container, streams[0], origin_s + start_s - landing.before_s)
    return _from_keyframe(_all_of(container, streams), film)


def at_s(packet: AnyPacket, origin_s: float) -> float | None:
    """When what is in it begins, on the clip's clock."""
    clock = packet.time_base  # fractions are slow to multiply, and there are many packets
    return None if packet.pts is None else packet.pts * clock.numerator / clock.denominator - origin_s


def _all_of(container: InputContainer, streams: list[VideoStream | AudioStream]) -> Iterator[AnyPacket]:
    """Their packets from where the file is; a demuxer that has found none for long is asked again."""
    for _ in range(MOST_ASKED):
        try:
            yield from packets_of(container, *streams)
        except av.error.BlockingIOError:
            continue
        return


def _seek(container: InputContainer, stream: VideoStream | AudioStream, to_s: float) -> None:
    try:
        container.seek(floor(to_s / float(stream.time_base or 1)), stream=stream)
    except (av.error.MemoryError, av.error.BlockingIOError):
        raise
    except av.error.FFmpegError as error:
        raise Late from error


def _from_keyframe(packets: Iterator[AnyPacket], film: VideoStream | None) -> Iterator[AnyPacket]:
    """All from the film's first keyframe on, and all sound."""
    began = False
    for packet in packets:
        began = began or (packet.stream is film and packet.is_keyframe)
        if began or packet.stream is not film:
            yield packet


def _since_keyframe(
    packets: Iterator[AnyPacket], film: VideoStream | None, *, start_s: float, origin_s: float
) -> Iterator[AnyPacket]:
    """All from the film's last keyframe before a moment on; all from the start where packets do not tell when."""
    held: list[AnyPacket] = []
    for packet in packets:
        time_s = at_s(packet, origin_s)
        if packet.stream is not film:
            if time_s is None or time_s > start_s - SOUND_LEAD_S:
                held.append(packet)
        else:
            if packet.is_keyframe and time_s is not None and time_s <= start_s:
                held = [each for each in held if each.stream is not film]
            held.append(packet)
        if time_s is None or time_s > start_s:
            break
    yield from held
    yield from packets

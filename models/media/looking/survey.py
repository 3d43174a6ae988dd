"""What a look at every packet of a clip tells, before any of them is copied."""

from dataclasses import dataclass
from pathlib import Path

from av.audio.stream import AudioStream
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from models.media.decoding.landing import AnyPacket
from models.media.limits import Limits
from models.media.looking.reading import Reading, reading


@dataclass(slots=True)
class Packets:
    """Those of one stream: how many, over how many seconds, and whether each says when it is due, after the last."""

    count: int = 0
    seconds: float = 0.0
    are_ordered: bool = True
    _last: int | None = None
    _first_s: float | None = None

    def take(self, packet: AnyPacket) -> None:
        """The next one."""
        self.count += 1
        if packet.dts is None or packet.pts is None or (self._last is not None and packet.dts <= self._last):
            self.are_ordered = False
            return
        self._last = packet.dts
        at_s = float(packet.dts * packet.time_base)
        self._first_s = at_s if self._first_s is None else self._first_s
        self.seconds = at_s - self._first_s


@dataclass(frozen=True, slots=True)
class Survey:
    """The packets of a clip's film and sound, and its first picture that can be decoded."""

    film: Packets
    sound: Packets
    picture: VideoFrame | None


def survey(path: Path, limits: Limits) -> Survey:
    """Read a clip to its end, decoding no more than its first picture."""
    with reading(path, limits) as clip:
        film, sound = Packets(), Packets()
        picture: VideoFrame | None = None
        for packet in clip.packets(clip.film, clip.sound):
            if not packet.size:  # the empty one at the end
                continue
            (sound if isinstance(packet.stream, AudioStream) else film).take(packet)
            if picture is None and isinstance(packet.stream, VideoStream):
                picture = _picture(clip, packet)
        return Survey(film, sound, picture)


def _picture(clip: Reading, packet: AnyPacket) -> VideoFrame | None:
    return next((frame for frame in clip.frames(packet) if isinstance(frame, VideoFrame)), None)

"""One pass over an open file, for what lies in a stretch of it."""

from collections.abc import Mapping

from av.audio.frame import AudioFrame
from av.audio.stream import AudioStream
from av.container import InputContainer
from av.packet import Packet
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from models.errors import TooLarge
from models.media.decoding.landing import SOUND_LEAD_S, AnyPacket, Landing, at_s, packets_from
from models.media.decoding.lost import Lost
from models.media.decoding.pictures import PictureTrack
from models.media.decoding.portions import TICK, HeardPortion, SeenPortion
from models.media.decoding.showing import showing_of
from models.media.decoding.sound import SoundTrack
from models.media.decoding.sparse import Coarse, Skipped, check_spacing
from models.media.decoding.stretches import Part, Stretch
from models.media.file.budget import Spent
from models.media.file.opening import bound, starts_s
from models.media.file.probe import Probe, pictures_of, sound_of
from models.media.limits import Limits
from models.media.media import FrameSpec, Media, SoundSpec
from models.media.windows import NEAR_S
from models.types import F32, U8, Absence, Sense

APART_S = 10.0
"""How far behind a stretch a file is read for the other of its streams; what lies there is not decoded."""
CONFIRMED = 16  # packets in a row so far behind; fewer may have damaged timestamps


class Pass:
    """What is decoded of a stretch, and of what its pictures and its sound need before it."""

    def __init__(
        self,
        container: InputContainer,
        stretch: Stretch,
        landing: Landing,
        *,
        sound: SoundSpec,
        pictures: FrameSpec,
        limits: Limits,
    ) -> None:
        self._container, self._stretch, self._landing = container, stretch, landing
        self._wanted, self._limits = (sound, pictures), limits
        self._track, self._film = sound_of(container, limits), pictures_of(container, limits)
        self._origin_s = min((starts_s(each) for each in self._streams), default=0.0)
        self._spent = Spent(limits, self._track)
        self._open(sound, pictures)
        self._far = self._pixels = self._pixels_behind = 0
        self._film_s: list[float] = []
        self._film_ends_s = 0.0
        self._skipped: Skipped = "DEFAULT"
        self._is_cut = False

    @property
    def frame_rate(self) -> float | None:
        """Pictures a second, as the file says."""
        return None if self._film is None or not self._film.average_rate else float(self._film.average_rate)

    def part(self, skipped: Skipped, found: Probe | None) -> Part:
        """The stretch, decoded; raises Late, Coarse, TooLarge, MemoryError."""
        self._skipped = skipped
        for each in self._streams:
            bound(each, self._limits)
        if self._film is not None:
            self._film.codec_context.skip_frame = skipped
        self._read()
        samples, frames = self._heard.finish(), self._pictures()
        ends_s = self._ends_s()
        pixels = self._pixels + (0 if ends_s is None else self._pixels_behind)
        return Part(self._media(samples, frames, ends_s), ends_s, pixels, found)

    @property
    def _streams(self) -> list[AudioStream | VideoStream]:
        return [each for each in (self._track, self._film) if each is not None]

    def _open(self, sound: SoundSpec, pictures: FrameSpec) -> None:
        stretch, landing, limits, origin_s = self._stretch, self._landing, self._limits, self._origin_s
        start_s = origin_s + stretch.start_s
        self._lost, self._lost_before = (Lost(origin_s=start_s, longest_s=limits.duration_s) for _ in range(2))
        self._sound_track = SoundTrack(sound, origin_s=start_s, limits=limits)
        since_s = origin_s if self._track is None else starts_s(self._track)
        self._heard = HeardPortion(
            self._sound_track, stretch, landing, rate=sound.rate, origin_s=origin_s, since_s=since_s
        )
        showing = showing_of(self._container, self._film)
        self._film_origin_s = origin_s - showing.late_s
        seen = PictureTrack(pictures, origin_s=self._film_origin_s + stretch.start_s, limits=limits, showing=showing)
        self._seen = SeenPortion(seen, stretch, landing, origin_s=self._film_origin_s, limits=limits)

    def _read(self) -> None:
        """Take what can be decoded; a file that is cut off ends early."""
        packets = packets_from(
            self._container,
            self._landing,
            self._film,
            self._track,
            start_s=self._stretch.start_s,
            origin_s=self._origin_s,
        )
        with self._lost.passed_over():
            for packet in packets:
                self._take(packet)
                if self._is_over:
                    self._is_cut = True
                    break
        if self._is_cut and self._film is not None and not self._seen.is_over:
            self._take(_empty(self._film))  # pictures may be far apart, and a decoder holds some back

    @property
    def _is_over(self) -> bool:
        of_streams = [
            portion.is_over for portion, stream in ((self._heard, self._track), (self._seen, self._film)) if stream
        ]
        return all(of_streams) or self._far >= CONFIRMED

    def _take(self, packet: AnyPacket) -> None:
        time_s = at_s(packet, self._film_origin_s if packet.stream is self._film else self._origin_s)
        if packet.stream is self._film:
            self._note(packet, time_s)
        if time_s is not None:
            self._far = self._far + 1 if time_s > self._stretch.end_s + APART_S else 0
        if self._is_wanted(packet, time_s):
            before = time_s is not None and time_s < self._stretch.start_s
            with (self._lost_before if before else self._lost).passed_over(packet):
                for frame in packet.decode():
                    if isinstance(frame, AudioFrame | VideoFrame):
                        self._consider(frame)

    def _note(self, packet: AnyPacket, time_s: float | None) -> None:
        """When a picture is shown that may be skipped; raises Coarse where one that is skipped would not be missed."""
        if time_s is None:
            if self._skipped != "DEFAULT" and packet.size:
                raise Coarse
            return
        if self._stretch.start_s and not self._film_s:
            self._seen.from_s = time_s
        self._film_s.append(time_s)
        clock = packet.time_base
        lasting_s = (packet.duration or 0) * clock.numerator / clock.denominator
        self._film_ends_s = max(self._film_ends_s, time_s + lasting_s)

    def _is_wanted(self, packet: AnyPacket, time_s: float | None) -> bool:
        if packet.stream is self._film:
            return not self._seen.is_over
        early = time_s is not None and 0 < self._stretch.start_s - SOUND_LEAD_S > time_s
        return not (self._heard.is_over or early)

    def _consider(self, frame: AudioFrame | VideoFrame) -> None:
        self._spent.take(frame)
        self._check_length(frame)
        with self._lost.passed_over(frame):
            if isinstance(frame, AudioFrame):
                self._heard.take(frame)
            else:
                self._count(frame, self._seen.take(frame))

    def _count(self, frame: VideoFrame, time_s: float) -> None:
        if time_s in self._stretch:
            self._pixels += frame.width * frame.height
        elif time_s > self._stretch.start_s:
            self._pixels_behind += frame.width * frame.height

    def _check_length(self, frame: AudioFrame | VideoFrame) -> None:
        if frame.time is not None and frame.time - self._origin_s > self._limits.duration_s:
            what = "sound lasts" if isinstance(frame, AudioFrame) else "pictures last"
            raise TooLarge(f"the {what} over {self._limits.duration_s:g} s, the limit")

    def _pictures(self) -> U8 | None:
        if self._film is None:
            return None
        if self._skipped == "DEFAULT":
            return self._seen.finish()
        frames = self._seen.finish(until_s=min(self._film_ends_s, self._stretch.end_s))
        if frames is not None:
            within_s = [each for each in self._film_s if each < self._stretch.end_s]
            check_spacing(self._seen.begun_s, within_s, self._wanted[1])
        return frames

    def _ends_s(self) -> float | None:
        film_ends_s = 0.0 if self._skipped == "DEFAULT" else min(self._film_ends_s, self._limits.duration_s)
        ends_s = max(self._heard.ends_s, self._seen.ends_s, film_ends_s)
        return None if self._is_cut or ends_s > self._stretch.end_s + NEAR_S else ends_s

    def _media(self, samples: F32 | None, frames: U8 | None, ends_s: float | None) -> Media:
        sound, pictures = self._wanted
        holes = self._lost.holes(self._sound_track.holes)
        nothing: Mapping[Sense, object] = {"audio": samples, "video": frames}
        absent: dict[Sense, Absence] = {
            sense: holes.why_nothing(sense) for sense, values in nothing.items() if values is None
        }
        if self._is_cut or ends_s is None:
            length_s = self._stretch.end_s - self._stretch.start_s
            samples = None if samples is None else samples[: round(length_s * sound.rate)]
            frames = None if frames is None else frames[: round(length_s * pictures.rate)]
        return Media(
            (self._stretch.end_s if ends_s is None else ends_s) - self._stretch.start_s,
            sound,
            pictures,
            samples,
            frames,
            absent,
            holes,
        )


def _empty(film: VideoStream) -> AnyPacket:
    """What a decoder is told that no more comes by."""
    packet: AnyPacket = Packet()
    packet.stream, packet.time_base = film, film.time_base or TICK
    return packet

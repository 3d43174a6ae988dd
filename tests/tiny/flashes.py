"""Films that flash and click at known instants, in containers that keep time in their own ways."""

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import TypeAlias

import av
import numpy as np
from av.audio.stream import AudioStream
from av.container import OutputContainer
from av.packet import Packet
from av.video.stream import VideoStream

from models.types import F32

TICK = Fraction(1, 1000)
CLICK_S, CLICK_HZ = 0.003, 2000.0
SIDE = 64

AnyPacket: TypeAlias = "Packet[AudioStream] | Packet[VideoStream]"
Packets: TypeAlias = "list[AnyPacket]"


def clicks(instants: Sequence[float], *, seconds: float, rate: int) -> F32:
    """[n] samples: short bursts in silence, the middle of each at its instant."""
    time = np.arange(round(seconds * rate)) / rate
    bursts = [np.exp(-(((time - at) / CLICK_S) ** 2)) * np.cos(2 * np.pi * CLICK_HZ * (time - at)) for at in instants]
    return np.asarray(0.8 * np.sum(bursts, axis=0), np.float32)


def flashing(
    path: Path,
    instants: Sequence[float],
    *,
    shown: Sequence[float],
    rate: int = 48_000,
    codecs: tuple[str, str] = ("aac", "libx264"),
    options: dict[str, str] | None = None,
    starts_s: float = 0.0,
    sound_later_s: float = 0.0,
    lost: tuple[float, float] = (0.0, 0.0),
) -> Path:
    """A film whose pictures are `shown` from these seconds on, in its own time, white at the instants and black else.

    Its own time starts at `starts_s` of the file's clock; what is before 0 there is to be left out by who plays it.
    Its sound, a click at every instant, starts `sound_later_s` after its pictures and lacks what is `lost`.
    """
    seconds = shown[-1] + 0.04
    with av.open(str(path), "w", options=options or {}) as output:
        film, track = _film(output, codecs[1]), output.add_stream(codecs[0], rate=rate, layout="mono")
        assert isinstance(track, AudioStream)
        samples = clicks([at - sound_later_s for at in instants], seconds=seconds - sound_later_s, rate=rate)
        packets = [*_pictures(film, instants, shown), *_sound(track, samples, rate)]
        for packet in packets:
            later_s = sound_later_s if packet.stream is track else 0.0
            _shift(packet, starts_s + later_s)
        kept = (each for each in packets if each.stream is film or not lost[0] <= _seconds(each) - starts_s < lost[1])
        output.mux(sorted(kept, key=_decoded_at))
    return path


def _film(output: OutputContainer, codec: str) -> VideoStream:
    film = output.add_stream(codec, rate=25)
    assert isinstance(film, VideoStream)
    film.width, film.height, film.pix_fmt = SIDE, SIDE, "yuv420p"
    film.options = {"preset": "medium", "g": "25"} if codec == "libx264" else {"g": "25"}
    film.codec_context.time_base = Fraction(1, 25) if codec == "mpeg2video" else TICK
    return film


def _pictures(film: VideoStream, instants: Sequence[float], shown: Sequence[float]) -> Packets:
    packets: Packets = []
    for at in shown:
        white = any(abs(at - instant) < 1e-6 for instant in instants)
        frame = av.VideoFrame.from_ndarray(np.full((SIDE, SIDE, 3), 255 if white else 0, np.uint8), format="rgb24")
        frame.time_base = film.codec_context.time_base
        frame.pts = round(at / frame.time_base)
        packets += film.encode(frame)
    return [*packets, *film.encode(None)]


def _sound(track: AudioStream, samples: F32, rate: int) -> Packets:
    frame = av.AudioFrame.from_ndarray(samples[None], format="fltp", layout="mono")
    frame.sample_rate, frame.pts = rate, 0
    return [*track.encode(frame), *track.encode(None)]


def _shift(packet: AnyPacket, seconds: float) -> None:
    assert packet.pts is not None
    assert packet.dts is not None
    ticks = round(seconds / packet.time_base)
    packet.pts, packet.dts = packet.pts + ticks, packet.dts + ticks


def _seconds(packet: AnyPacket) -> float:
    return float((packet.pts or 0) * packet.time_base)


def _decoded_at(packet: AnyPacket) -> float:
    return float((packet.dts or 0) * packet.time_base)

"""A video of hours, written in seconds: every second is a copy of one of a few that were encoded."""

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
from av.audio.stream import AudioStream
from av.video.stream import VideoStream

from models.types import F32

RATE, SIDE = 4_000, 32
CLOCK = Fraction(1, RATE)
BLOCK = 1000  # samples a packet: whole ones a second, or the clip would drift

Look = tuple[tuple[int, int, int], float]
"""A colour and the pitch of a tone, in Hz."""


def long_video(path: Path, *, seconds: int, look: Callable[[int], Look]) -> Path:
    """A QuickTime file of MPEG-4 pictures, one a second, and sound; `look` says what each second is like."""
    known: dict[Look, tuple[bytes, list[bytes]]] = {}
    with av.open(str(path), "w") as output:
        film = output.add_stream("mpeg4", rate=1, width=SIDE, height=SIDE, pix_fmt="yuv420p")
        track = output.add_stream("pcm_alaw", rate=RATE, layout="mono")
        for second in range(seconds):
            this = look(second)
            if this not in known:
                known[this] = _picture(this[0]), _sound(this[1])
            picture, sounds = known[this]
            output.mux(_packet(film, picture, at=second * RATE, lasting=RATE))
            for i, sound in enumerate(sounds):
                output.mux(_packet(track, sound, at=second * RATE + i * BLOCK, lasting=BLOCK))
    return path


def _packet(stream: VideoStream | AudioStream, content: bytes, *, at: int, lasting: int) -> "av.Packet[Any]":
    packet: av.Packet[Any] = av.Packet(content)
    packet.stream, packet.time_base = stream, CLOCK
    packet.pts = packet.dts = at
    packet.duration, packet.is_keyframe = lasting, True
    return packet


def _picture(colour: tuple[int, int, int]) -> bytes:
    encoder = av.CodecContext.create("mpeg4", "w")
    encoder.width, encoder.height, encoder.pix_fmt, encoder.time_base = SIDE, SIDE, "yuv420p", Fraction(1, 1)
    frame = av.VideoFrame.from_ndarray(np.full((SIDE, SIDE, 3), colour, np.uint8), format="rgb24")
    return b"".join(bytes(each) for each in [*encoder.encode(frame), *encoder.encode(None)])


def _sound(hz: float) -> list[bytes]:
    """A second of a tone of whole turns, so that copies follow each other without a click."""
    tone = 0.5 * np.sin(2 * np.pi * round(hz) * np.arange(RATE) / RATE)
    return [_encoded(each.astype(np.float32)) for each in np.split(tone, RATE // BLOCK)]


def _encoded(samples: F32) -> bytes:
    encoder = av.CodecContext.create("pcm_alaw", "w")
    encoder.sample_rate, encoder.layout, encoder.format, encoder.time_base = RATE, "mono", "s16", CLOCK
    frame = av.AudioFrame.from_ndarray((samples[None] * 32_767).astype(np.int16), format="s16", layout="mono")
    frame.sample_rate = RATE
    return b"".join(bytes(each) for each in [*encoder.encode(frame), *encoder.encode(None)])

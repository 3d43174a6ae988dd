"""Clips whose sound and pictures lie side by side in the file, as they do in real ones."""

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from av.audio.stream import AudioStream
from av.packet import Packet
from av.video.stream import VideoStream

from models.types import F32, U8

SCALES = {"s16": (2**15 - 1, np.int16), "s32": (2**31 - 129, np.int32)}
BLOCK = 1024  # samples, where the codec takes any number


def interleaved(
    path: Path,
    *,
    samples: F32 | None = None,
    frames: U8 | None = None,
    rate: int = 16_000,
    frame_rate: int | Fraction = 10,
    codecs: tuple[str, str] = ("aac", "libx264"),
    options: dict[str, str] | None = None,
) -> Path:
    """A clip of these samples [n] and these frames [t, h, w, 3]; `options` are the pictures' encoder's."""
    with av.open(str(path), "w") as output:
        packets: list[Packet[AudioStream] | Packet[VideoStream]] = []
        if samples is not None:
            track = output.add_stream(codecs[0], rate=rate, layout="mono")
            assert isinstance(track, AudioStream)
            packets += list(_sound(track, samples, rate))
        if frames is not None:
            film = output.add_stream(codecs[1], rate=frame_rate, options=options or {})
            assert isinstance(film, VideoStream)
            film.height, film.width = frames.shape[1:3]
            film.pix_fmt = "yuv420p"
            packets += list(_pictures(film, frames))
        output.mux(sorted(packets, key=lambda packet: float((packet.dts or 0) * packet.time_base)))
    return path


def _pictures(film: VideoStream, frames: U8) -> Iterator["Packet[VideoStream]"]:
    for picture in frames:
        yield from film.encode(av.VideoFrame.from_ndarray(picture, format="rgb24"))
    yield from film.encode(None)


def _sound(track: AudioStream, samples: F32, rate: int) -> Iterator["Packet[AudioStream]"]:
    track.bit_rate = 64_000
    track.codec_context.open(strict=False)
    block, kind = track.codec_context.frame_size or BLOCK, track.codec_context.format.name
    for start in range(0, len(samples), block):
        yield from track.encode(_frame(samples[start : start + block], kind, rate=rate, start=start))
    yield from track.encode(None)


def _frame(samples: F32, kind: str, *, rate: int, start: int) -> av.AudioFrame:
    loudest, whole = SCALES.get(kind[:3], (1, np.float32))
    values = (samples * loudest).astype(whole)
    frame = av.AudioFrame.from_ndarray(values[None], format=kind, layout="mono")
    frame.sample_rate, frame.pts = rate, start
    return frame

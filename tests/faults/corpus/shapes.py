"""Real files of extreme shapes: frames of one pixel and of 16,384 in a row, odd rates, times that jump."""

import struct
from collections.abc import Iterator
from contextlib import suppress
from fractions import Fraction
from io import BytesIO
from itertools import product
from typing import Any

import av
import numpy as np
from av.packet import Packet

from tests.faults.corpus.good import film, good
from tests.faults.corpus.matroska import matroska_of, pictures, track
from tests.faults.corpus.png import png

WIDE = 16_384
SMALL = (("mjpeg", "yuvj420p"), ("libvpx", "yuv420p"), ("mpeg4", "yuv420p"), ("libx264", "yuv444p"))
LARGE = (("libvpx-vp9", "yuv420p"), ("libx264", "yuv420p"), ("ffv1", "bgr0"), ("mjpeg", "yuvj420p"))
THIN, LONG = ((1, 1), (1, 64), (64, 1)), ((16, WIDE), (WIDE, 16))
NOT_NUMBERS = np.array([0, np.nan, np.inf, -np.inf, 1e38, -1e-45, 0.5], "<f4")


def shapes() -> Iterator[tuple[str, bytes]]:
    """All of them, by what they are."""
    for (codec, pixels), (height, width) in (*product(SMALL, THIN), *product(LARGE, LONG)):
        yield f"{codec} of {width} x {height}", _steady(codec, (height, width), pixels)
    for size in ((1, 1), (1, WIDE), (WIDE, 1), (WIDE, WIDE)):
        yield f"png of {size[1]} x {size[0]}", png(*size)
    for width, height in ((WIDE, WIDE), (2**31 - 1, 1), (0, 0), (2**32 - 1, 2**32 - 1)):
        yield f"matroska of {width} x {height}", _raw(width, height)
    yield from _sounds()
    for name, moments in JUMPS.items():
        for kind, container in (("mkv", "matroska"), ("mpegts", "mpegts"), ("mp4", "mp4"), ("flv", "flv")):
            yield f"{kind} whose times {name}", jumping(good(kind), container, moments)


def wav(content: bytes, *, format_: int = 1, channels: int = 1, rate: int = 8000, bits: int = 16) -> bytes:
    """Sound as its head says, whatever it is."""
    block = channels * bits // 8
    speed = min(rate * block, 2**32 - 1)
    head = struct.pack("<HHIIHH", format_, channels, rate, speed, block % 65_536, bits)
    parts = b"fmt " + struct.pack("<I", len(head)) + head + b"data" + struct.pack("<I", len(content)) + content
    return b"RIFF" + struct.pack("<I", len(parts) + 4) + b"WAVE" + parts


def jumping(content: bytes, container: str, moments: tuple[int, int]) -> bytes:
    """A clip whose later half comes so many ticks later, its last packet so many more."""
    later, last = moments
    written = BytesIO()
    with (
        av.open(BytesIO(content), "r") as source,
        av.open(written, "w", format=container, options={"fflags": "+bitexact"}) as output,
    ):
        streams = {each.index: output.add_stream_from_template(each) for each in source.streams}
        packets = [each for each in source.demux() if each.dts is not None]
        for number, packet in enumerate(packets):
            packet.stream = streams[packet.stream.index]
            _delay(packet, (number >= len(packets) // 2) * later + (number == len(packets) - 1) * last)
            _mux(output, packet)
    return written.getvalue()


JUMPS = {
    "jump an hour": (3600 * 1000, 0),
    "jump a year": (31_536_000 * 1000, 0),
    "jump at the end": (0, 10**9),
    "go back": (-200, 0),
    "go back far": (-(10**7), 0),
    "wrap": (2**31 - 100, 0),
}
"""Milliseconds that the later half, and the last packet, are late."""


def _delay(packet: "Packet[Any]", late_ms: int) -> None:
    assert packet.time_base is not None
    ticks = round(Fraction(late_ms, 1000) / packet.time_base)
    packet.pts, packet.dts = (None if each is None else each + ticks for each in (packet.pts, packet.dts))


def _mux(output: av.container.OutputContainer, packet: "Packet[Any]") -> None:
    with suppress(av.error.FFmpegError):  # some muxers refuse times that go back; what they take is odd enough
        output.mux(packet)


def _steady(codec: str, size: tuple[int, int], pixels: str) -> bytes:
    return film("matroska", codec, frames=np.full((2, *size, 3), 90, np.uint8), pixels=pixels)


def _raw(width: int, height: int) -> bytes:
    return matroska_of(track(1, "V_MJPEG", type_=1, more=pictures(width, height)), block=good("jpeg"))


def _sounds() -> Iterator[tuple[str, bytes]]:
    noise = np.random.default_rng(0).bytes(20_000)
    for rate in (0, 1, 7, 192_000, 192_001, 2**31 - 1, 2**32 - 1):
        yield f"wav of {rate} samples a second", wav(noise, rate=rate)
    for channels in (0, 2, 8, 9, 24, 25, 64, 255, 65_535):
        yield f"wav of {channels} channels", wav(noise, channels=channels)
    for bits in (0, 8, 24, 32, 64, 65_528):
        yield f"wav of {bits} bits", wav(noise, bits=bits)
    for rate in (8000, 192_000):
        yield (
            f"wav of what is no number, {rate}",
            wav(np.tile(NOT_NUMBERS, 3000).tobytes(), format_=3, bits=32, rate=rate),
        )
    yield "wav of nothing", wav(b"")
    yield "wav of one sample", wav(b"\1\1")

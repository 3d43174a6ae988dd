"""Small good files of every kind, the same bytes each time, to be spoiled."""

import os
from collections.abc import Callable
from functools import cache
from io import BytesIO
from typing import Any

import av
import numpy as np
from av.audio.stream import AudioStream
from av.container import OutputContainer
from av.video.stream import VideoStream

from models.types import F32, U8

SOUND_RATE, FRAME_RATE = 44_100, 10
SECONDS = 0.8
SIZE = (48, 64)
CODEC_OPTIONS = {
    "libx264": {"preset": "ultrafast"},
    "libx265": {"preset": "ultrafast", "x265-params": "log-level=none:pools=1"},
    "libsvtav1": {"preset": "12"},
    "libvpx": {"deadline": "realtime", "cpu-used": "8"},
    "libvpx-vp9": {"deadline": "realtime", "cpu-used": "8"},
    "vorbis": {"strict": "-2"},  # FFmpeg calls its encoder experimental
}
PAGES = {"page_duration": "100000"}  # microseconds: several, so that damage leaves some
STEREO_ONLY = {"vorbis"}


os.environ.setdefault("SVT_LOG", "1")  # the AV1 encoder says else much on the standard error


@cache
def good(kind: str) -> bytes:
    """A good file of a kind of GOOD."""
    return GOOD[kind]()


def film(
    container: str,
    pictures: str | None = None,
    sound: str | None = None,
    *,
    frames: U8 | None = None,
    samples: F32 | None = None,
    rate: int = SOUND_RATE,
    pixels: str = "yuv420p",
    options: dict[str, str] | None = None,
) -> bytes:
    """A file of one stream of pictures, of sound, or of both, encoded by the codecs of these names.

    `frames` [t, h, w, 3] and `samples` [n] are a moving gradient and a chirp by default.
    """
    written = BytesIO()
    with av.open(written, "w", format=container, options={"fflags": "+bitexact"} | (options or {})) as output:
        shown = None if pictures is None else _film(output, pictures, moving() if frames is None else frames, pixels)
        heard = None if sound is None else _track(output, sound, chirp(rate) if samples is None else samples, rate)
        for packet in sorted((shown or []) + (heard or []), key=lambda each: float(each.dts * each.time_base)):
            output.mux(packet)
    return written.getvalue()


def moving(count: int = 8, size: tuple[int, int] = SIZE) -> U8:
    """[count, h, w, 3] pictures of a gradient that moves, with a little noise."""
    down, across = np.mgrid[: size[0], : size[1]]
    noise = np.random.default_rng(0).integers(0, 16, (count, *size, 3))
    ramp = np.stack([[down * 3 + 20 * t, across * 2 + 10 * t, (down + across) * 2] for t in range(count)])
    return ((np.moveaxis(ramp, 1, -1) + noise) % 256).astype(np.uint8)


def chirp(rate: int = SOUND_RATE, seconds: float = SECONDS) -> F32:
    """[n] samples of a tone that rises."""
    at = np.arange(round(rate * seconds)) / rate
    wave: F32 = (0.5 * np.sin(2 * np.pi * (200 + 400 * at) * at)).astype(np.float32)
    return wave


def _film(output: OutputContainer, codec: str, frames: U8, pixels: str) -> list[Any]:
    stream = output.add_stream(codec, rate=FRAME_RATE)
    assert isinstance(stream, VideoStream)
    stream.height, stream.width = frames.shape[1:3]
    stream.pix_fmt = pixels
    stream.codec_context.thread_count = 1  # some encoders' bytes depend on it
    stream.options = {"flags": "+bitexact", **CODEC_OPTIONS.get(codec, {})}
    pictures = [av.VideoFrame.from_ndarray(each, format="rgb24") for each in frames]
    for number, picture in enumerate(pictures):
        picture.pts = number
    return [packet for each in (*pictures, None) for packet in stream.encode(each)]


def _track(output: OutputContainer, codec: str, samples: F32, rate: int) -> list[Any]:
    stream = output.add_stream(codec, rate=rate, layout="stereo" if codec in STEREO_ONLY else "mono")
    assert isinstance(stream, AudioStream)
    stream.bit_rate = 64_000
    stream.options = {"flags": "+bitexact", **CODEC_OPTIONS.get(codec, {})}
    frame = av.AudioFrame.from_ndarray(samples[None], format="fltp", layout="mono")
    frame.sample_rate, frame.pts = rate, 0
    return [packet for each in (frame, None) for packet in stream.encode(each)]


GOOD: dict[str, Callable[[], bytes]] = {
    "mp4": lambda: film("mp4", "libx264", "aac"),
    "fragmented mp4": lambda: film("mp4", "libx264", "aac", options={"movflags": "frag_keyframe+empty_moov"}),
    "hevc mp4": lambda: film("mp4", "libx265", None),
    "mov": lambda: film("mov", "mpeg4", "pcm_s16le", rate=8000),
    "m4a": lambda: film("mp4", None, "alac", rate=8000),
    "mkv": lambda: film("matroska", "libx264", "flac", rate=8000),
    "webm": lambda: film("webm", "libvpx-vp9", "libopus", rate=48_000),
    "av1 mkv": lambda: film("matroska", "libsvtav1", None, frames=moving(size=(64, 64))),
    "avi": lambda: film("avi", "mpeg4", "libmp3lame"),
    "mpegts": lambda: film("mpegts", "libx264", "aac"),
    "mpeg": lambda: film("mpeg", "mpeg2video", "mp2"),
    "ogg": lambda: film("ogg", None, "vorbis", options=PAGES),
    "opus ogg": lambda: film("ogg", None, "libopus", rate=48_000, options=PAGES),
    "flv": lambda: film("flv", "flv", "libmp3lame"),
    "asf": lambda: film("asf", "wmv2", "wmav2"),
    "ivf": lambda: film("ivf", "libvpx", None),
    "wav": lambda: film("wav", None, "pcm_s16le", rate=8000),
    "aiff": lambda: film("aiff", None, "pcm_s16be", rate=8000),
    "flac": lambda: film("flac", None, "flac", rate=8000),
    "mp3": lambda: film("mp3", None, "libmp3lame"),
    "aac": lambda: film("adts", None, "aac"),
    "jpeg": lambda: film("image2pipe", "mjpeg", frames=moving(1), pixels="yuvj420p"),
    "png": lambda: film("image2pipe", "png", frames=moving(1), pixels="rgb24"),
    "gif": lambda: film("gif", "gif", frames=moving(3), pixels="rgb8"),
    "apng": lambda: film("apng", "apng", frames=moving(3), pixels="rgb24"),
    "webp": lambda: film("webp", "libwebp", frames=moving(1)),
    "bmp": lambda: film("image2pipe", "bmp", frames=moving(1), pixels="bgr24"),
}
"""What makes a good file, by its kind: of every family of demuxers that is accepted, and of pictures."""

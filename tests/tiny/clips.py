"""Small real MP4 files, rendered in milliseconds."""

from pathlib import Path

import av
import numpy as np
from av.audio.stream import AudioStream
from av.video.stream import VideoStream

from models.types import F32, U8

SOUND_RATE = 16_000
FRAME_RATE = 10
SIDE = 96


def tiny_clip(
    path: Path,
    *,
    seconds: float = 2.0,
    tone_hz: float = 440.0,
    colour: tuple[int, int, int] = (200, 30, 30),
    sound: bool = True,
    pictures: bool = True,
) -> Path:
    """A steady tone over one colour: H.264 yuv420p at 10 frames a second, AAC at 16 kHz; returns `path`."""
    samples = 0.5 * np.sin(2 * np.pi * tone_hz * np.arange(round(seconds * SOUND_RATE)) / SOUND_RATE)
    frames = np.full((max(round(seconds * FRAME_RATE), 1), SIDE, SIDE, 3), colour, np.uint8)
    return render(
        path,
        samples=samples.astype(np.float32) if sound else None,
        frames=frames if pictures else None,
    )


def render(
    path: Path,
    *,
    samples: F32 | None = None,
    frames: U8 | None = None,
    rate: int = SOUND_RATE,
    frame_rate: int = FRAME_RATE,
    codecs: tuple[str, str] = ("aac", "libx264"),
    sound_starts_s: float = 0.0,
) -> Path:
    """A clip of these samples [n] in [-1, 1] and these frames [t, h, w, 3]; either may be None."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with av.open(str(path), "w") as output:
        track = None if samples is None else output.add_stream(codecs[0], rate=rate, layout="mono")
        film = None if frames is None else output.add_stream(codecs[1], rate=frame_rate)
        if frames is not None and isinstance(film, VideoStream):
            film.height, film.width = frames.shape[1:3]
            film.pix_fmt = "yuv420p"
            film.options = {"preset": "ultrafast"} if codecs[1] == "libx264" else {}
            _write_frames(output, film, frames)
        if samples is not None and isinstance(track, AudioStream):
            _write_samples(output, track, samples, rate=rate, starts_s=sound_starts_s)
    return path


def _write_frames(output: av.container.OutputContainer, film: VideoStream, frames: U8) -> None:
    for picture in frames:
        output.mux(film.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
    output.mux(film.encode(None))


def _write_samples(
    output: av.container.OutputContainer, track: AudioStream, samples: F32, *, rate: int, starts_s: float
) -> None:
    frame = av.AudioFrame.from_ndarray(samples[None], format="fltp", layout="mono")
    frame.sample_rate = rate
    frame.pts = round(starts_s * rate)
    output.mux(track.encode(frame))
    output.mux(track.encode(None))

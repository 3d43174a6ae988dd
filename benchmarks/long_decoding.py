"""A long film decoded as a job does it, in stretches and by two processes, against the ffmpeg command."""

import shutil
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import ClassVar

import av

from benchmarks.contest import Contest, Way
from benchmarks.decoding import FFMPEG, FRAME_RATE, HEIGHT, PICTURES, SOUND, SOUND_RATE, WIDTH, chord, ffmpeg, pan
from models.media.cage import Cage
from models.media.limits import Limits
from models.media.stream import Ended

SHOT_S = 10
STREAMED = "windows from the cage"


@dataclass(frozen=True, slots=True)
class LongDecoding:
    """A film of so many minutes, 640x360 at 30 frames a second, H.264 as x264 makes it by default, and AAC."""

    name: ClassVar[str] = "decode a long film"
    minutes: float = 10.0

    @contextmanager
    def contest(self) -> Iterator[Contest]:
        """Ten seconds encoded once, which repeat; the cage's two children are warm."""
        limits = Limits(duration_s=60 * self.minutes + 60, size_bytes=2**33, total_pixels=10**12)
        with TemporaryDirectory() as folder, Cage(limits, workers=2) as cage:
            cage.warm_up()
            film = repeated(Path(folder), times=max(round(60 * self.minutes / SHOT_S), 1))
            ways: dict[str, Way] = {STREAMED: lambda: stream(cage, film)}
            if shutil.which("ffmpeg") is None:
                yield Contest(ways, [(STREAMED, STREAMED)], {FFMPEG: "ffmpeg is not installed"})
            else:
                yield Contest({**ways, FFMPEG: lambda: ffmpeg(film)}, [(STREAMED, FFMPEG)])


def stream(cage: Cage, film: Path) -> float:
    """Read all windows of a film; its length."""
    ended = deque(cage.stream([film], sound=SOUND, pictures=PICTURES), maxlen=1).pop()
    if not (isinstance(ended, Ended) and isinstance(ended.outcome, float)):
        raise RuntimeError(f"the film was not decoded: {ended}")
    return ended.outcome


def repeated(folder: Path, *, times: int) -> Path:
    """A film of the same ten seconds, so many times."""
    shot, film = folder / "shot.mp4", folder / "film.mp4"
    _encode(shot)
    with av.open(str(shot)) as given, av.open(str(film), "w") as output:
        streams = {each.index: output.add_stream_from_template(each) for each in given.streams}
        packets = [(each, each.pts or 0, each.dts) for each in given.demux() if each.dts is not None]
        for turn in range(times):
            for packet, pts, dts in packets:
                copy, later = av.Packet(bytes(packet)), round(SHOT_S * turn / packet.time_base)
                copy.stream, copy.time_base = streams[packet.stream_index], packet.time_base
                copy.pts, copy.dts, copy.duration = pts + later, dts + later, packet.duration
                copy.is_keyframe = packet.is_keyframe
                output.mux(copy)
    return film


def _encode(shot: Path) -> None:
    with av.open(str(shot), "w") as output:
        pictures = output.add_stream("libx264", rate=FRAME_RATE, width=WIDTH, height=HEIGHT, pix_fmt="yuv420p")
        sound = output.add_stream("aac", rate=SOUND_RATE, layout="mono")
        for picture in pan(SHOT_S * FRAME_RATE):
            output.mux(pictures.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        output.mux(pictures.encode(None))
        frame = av.AudioFrame.from_ndarray(chord(SHOT_S * SOUND_RATE - 2048)[None], format="fltp", layout="mono")
        frame.sample_rate = SOUND_RATE
        output.mux([*sound.encode(frame), *sound.encode(None)])

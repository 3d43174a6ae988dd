"""The tracks of a preview: copied packet by packet, or encoded anew."""

from fractions import Fraction
from typing import Protocol

import numpy as np
from av.audio.frame import AudioFrame
from av.audio.stream import AudioStream
from av.container import OutputContainer
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from models.media.decoding.landing import AnyPacket
from models.media.decoding.lost import skipping_damage
from models.media.decoding.pictures import FALLBACK_S
from models.media.decoding.steady import Steady
from models.media.looking.reading import Reading
from models.media.looking.upright import Box, Upright
from models.types import F32

BOX = Box(longer=854, shorter=480)
FRAME_RATE = 30
CLOSEST_S = 0.9 / FRAME_RATE  # two pictures; timestamps are rounded
TICKS = 90_000  # a second: every picture keeps its moment, whatever the rate
KEY_PICTURE_EVERY = 60  # pictures: what a browser decodes to get anywhere
SOUND_RATE = 48_000
X264 = {"preset": "veryfast", "tune": "fastdecode", "crf": "26", "threads": "2"}
AAC = {"b": "128k"}


class Track(Protocol):
    """Where the packets of a stream go."""

    def take(self, packet: AnyPacket) -> None:
        """The next one; raises TooLarge."""

    def finish(self) -> bool:
        """There are no more; says whether anything came of them."""


class Copied:
    """A stream as it is, its moments counted from the clip's beginning."""

    def __init__(self, source: VideoStream | AudioStream, clip: Reading, into: OutputContainer) -> None:
        self._into, self._stream = into, into.add_stream_from_template(source, opaque=True)
        self._early = round(clip.origin_s / float(source.time_base or 1))
        self._has_content = False

    def take(self, packet: AnyPacket) -> None:
        """Put it where it belongs."""
        if packet.dts is None or packet.pts is None:  # the empty one at the end
            return
        packet.dts, packet.pts = packet.dts - self._early, packet.pts - self._early
        packet.stream = self._stream
        self._into.mux(packet)
        self._has_content = True

    def finish(self) -> bool:
        """Nothing is held."""
        return self._has_content


class Pictures:
    """Pictures as H.264, upright, within BOX, at most FRAME_RATE of them a second; all as large as the first."""

    def __init__(self, first: VideoFrame, clip: Reading, into: OutputContainer) -> None:
        self._clip, self._into = clip, into
        self._upright = Upright(BOX, aspect=clip.showing.aspect, limits=clip.limits)
        self._stream = into.add_stream("libx264", rate=FRAME_RATE, options=X264)
        shown = self._upright(first)
        self._stream.width, self._stream.height, self._stream.pix_fmt = shown.width, shown.height, "yuv420p"
        encoder = self._stream.codec_context
        encoder.time_base, encoder.gop_size = Fraction(1, TICKS), KEY_PICTURE_EVERY
        encoder.colorspace, encoder.color_primaries, encoder.color_trc, encoder.color_range = 6, 6, 6, 1  # BT.601
        self._last_s: float | None = None

    def take(self, packet: AnyPacket) -> None:
        """Encode what is decoded of it."""
        for frame in self._clip.frames(packet):
            if isinstance(frame, VideoFrame):
                self._show(frame)

    def finish(self) -> bool:
        """Let the encoder end."""
        self._into.mux(self._stream.encode(None))
        return self._last_s is not None

    def _show(self, frame: VideoFrame) -> None:
        last_s = -FALLBACK_S if self._last_s is None else self._last_s
        at_s = last_s + FALLBACK_S if frame.time is None else max(frame.time - self._clip.origin_s, 0.0)
        if self._last_s is not None and at_s - last_s < CLOSEST_S:
            return
        self._last_s = at_s
        shown = self._upright(frame)
        if (shown.width, shown.height) != (self._stream.width, self._stream.height):
            shown = shown.reformat(self._stream.width, self._stream.height, threads=1)
        shown.pts, shown.time_base, shown.pict_type = round(at_s * TICKS), Fraction(1, TICKS), 0
        self._into.mux(self._stream.encode(shown))


class Sound:
    """Sound as AAC, of one channel or two, on the clip's clock."""

    def __init__(self, source: AudioStream, clip: Reading, into: OutputContainer) -> None:
        self._clip, self._into = clip, into
        self._layout = "mono" if source.channels == 1 else "stereo"
        self._steady = Steady(rate=SOUND_RATE, layout=self._layout, origin_s=clip.origin_s, limits=clip.limits)
        self._stream = into.add_stream("aac", rate=SOUND_RATE, layout=self._layout, options=AAC)
        self._written = 0

    def take(self, packet: AnyPacket) -> None:
        """Encode what is decoded of it."""
        for frame in self._clip.frames(packet):
            with skipping_damage():
                if isinstance(frame, AudioFrame):
                    for samples in self._steady.take(frame):
                        self._write(samples)

    def finish(self) -> bool:
        """Let the encoder end."""
        for samples in self._steady.finish():
            self._write(samples)
        self._into.mux(self._stream.encode(None))
        return self._written > 0

    def _write(self, samples: F32) -> None:
        frame = AudioFrame.from_ndarray(np.ascontiguousarray(samples), format="fltp", layout=self._layout)
        frame.sample_rate, frame.pts, frame.time_base = SOUND_RATE, self._written, Fraction(1, SOUND_RATE)
        self._written += samples.shape[1]
        self._into.mux(self._stream.encode(frame))

"""One picture of a clip, small."""

from fractions import Fraction
from math import inf
from pathlib import Path

import av
import numpy as np
from av.video.codeccontext import VideoCodecContext
from av.video.frame import VideoFrame

from models.errors import MediaInvalid, SenseNotFound
from models.media.decoding.lost import skipping_damage
from models.media.decoding.pictures import EARLY_S
from models.media.limits import Limits
from models.media.looking.reading import Reading, reading
from models.media.looking.upright import Box, Upright

LONGEST = 320
MEDIA_TYPE = "image/webp"
PLACES = (0.1, 0.3, 0.5)  # parts of the clip's length that are looked at in turn
SOUGHT_S = (0.0, 2.0, inf)  # before the moment: some containers find only what comes after it
LIVELY = 12.0  # standard deviation of brightness, of 255: what is black, white or a fade has less


def thumbnail(path: Path, limits: Limits, *, at_s: float | None) -> bytes:
    """The picture shown at a second of a clip, as WebP, its longer side at most LONGEST.

    None is a telling one: that at a tenth of its length, unless it is of nearly one brightness; then that at three
    tenths, then at half; else the liveliest of the three. Past the end it is the last. The file is read from the key
    picture before. Raises SenseNotFound where there are no pictures, MediaInvalid where none can be decoded.
    """
    with reading(path, limits) as clip:
        if clip.film is None:
            raise SenseNotFound(f"the clip is {clip.probe}, expected pictures to take one from")
        upright = Upright(Box(LONGEST, LONGEST), aspect=clip.showing.aspect, limits=clip.limits)
        shown = _telling(clip) if at_s is None else shown_at(clip, 0.0 if clip.showing.still else at_s)
        if shown is None:
            raise MediaInvalid(f"the clip is {clip.probe}, of which no picture could be decoded")
        return _webp(upright(shown))


def _telling(clip: Reading) -> VideoFrame | None:
    """The first lively picture of those at PLACES, or the liveliest; of a file that says no length the first."""
    best: VideoFrame | None = None
    for part in PLACES if clip.probe.duration_s else (0.0,):
        found = shown_at(clip, part * (clip.probe.duration_s or 0.0))
        if found is not None and (best is None or _liveliness(found) > _liveliness(best)):
            best = found
        if best is not None and _liveliness(best) >= LIVELY:
            break
    return best


def shown_at(clip: Reading, at_s: float) -> VideoFrame | None:
    """The last picture that begins by then, or the first there is; None where none can be decoded."""
    found: VideoFrame | None = None
    for before_s in SOUGHT_S:
        _seek(clip, max(at_s - before_s, 0.0))
        found = _last_by(clip, at_s) or found
        if found is not None and _begins_s(clip, found) <= at_s + EARLY_S:
            break
    return found


def _last_by(clip: Reading, at_s: float) -> VideoFrame | None:
    """The last picture that begins by then, or else the first, of those that come next."""
    shown: VideoFrame | None = None
    for packet in clip.packets(clip.film, None):
        for frame in clip.frames(packet):
            if not isinstance(frame, VideoFrame):
                continue
            if shown is not None and _begins_s(clip, frame) > at_s + EARLY_S:
                return shown
            shown = frame
    return shown


def _begins_s(clip: Reading, frame: VideoFrame) -> float:
    return 0.0 if frame.time is None else frame.time - clip.origin_s


def _seek(clip: Reading, at_s: float) -> None:
    """To the key picture before; a file that cannot be sought in is read on from where it is."""
    assert clip.film is not None
    with skipping_damage():
        clip.container.seek(round((clip.origin_s + at_s) / float(clip.film.time_base or 1)), stream=clip.film)


def _liveliness(frame: VideoFrame) -> float:
    small = frame.reformat(32, 32, "gray", threads=1).to_ndarray()
    return float(np.std(small.astype(np.float64)))


def _webp(frame: VideoFrame) -> bytes:
    encoder = av.CodecContext.create("libwebp", "w")
    assert isinstance(encoder, VideoCodecContext)
    encoder.width, encoder.height, encoder.pix_fmt = frame.width, frame.height, "yuv420p"
    encoder.time_base, encoder.options = Fraction(1, 25), {"quality": "75"}
    frame.pts = None
    return b"".join(bytes(packet) for packet in (*encoder.encode(frame), *encoder.encode(None)))

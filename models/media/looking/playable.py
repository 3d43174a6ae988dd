"""What browsers play: whole files, and streams within an MP4."""

from itertools import islice
from pathlib import Path

from av.audio.stream import AudioStream
from av.video.stream import VideoStream

from models.media.file.probe import codec_of
from models.media.file.rotation import all_boxes
from models.media.looking.reading import Reading

PIXELS = ("yuv420p", "yuvj420p")  # of 8 bits, two by two to a colour
WEB = ({"vp8", "vp9"}, {"opus", "vorbis"})
FILES: dict[str, tuple[set[str], set[str], str]] = {
    "mp4": ({"h264"}, {"aac", "mp3"}, "mp4"),
    "matroska": (*WEB, "webm"),
    "ogg": (set(), {"vorbis", "opus", "flac"}, "ogg"),
    "wav": (set(), {"pcm_u8", "pcm_s16le"}, "wav"),
    "mp3": (set(), {"mp3"}, "mpeg"),
    "flac": (set(), {"flac"}, "flac"),
}
"""What every browser plays: of a container, codecs of pictures and of sound, and its media type's second half."""
IMAGES = {
    "apng": "image/apng",
    "bmp_pipe": "image/bmp",
    "gif": "image/gif",
    "jpeg_pipe": "image/jpeg",
    "png_pipe": "image/png",
    "webp_pipe": "image/webp",
}
MOST_BOXES = 1000
WEBM_WITHIN = 64  # bytes: the kind of document is said in the first element


def as_it_is(path: Path, clip: Reading) -> str | None:
    """The media type of a file that browsers play, or show, as it is; None for any other."""
    if clip.probe.container in IMAGES:
        return IMAGES[clip.probe.container]
    films, sounds, kind = FILES.get(clip.probe.container, (set(), set(), ""))
    if clip.film is not None and not (codec_of(clip.film) in films and has_common_pixels(clip.film)):
        return None
    if clip.sound is not None and codec_of(clip.sound) not in sounds:
        return None
    if not _begins_well(path, clip):
        return None
    return f"{'audio' if clip.film is None else 'video'}/{kind}"


def fits_mp4(stream: VideoStream | AudioStream) -> bool:
    """Whether browsers play a stream of this codec in an MP4."""
    films, sounds, _ = FILES["mp4"]
    if isinstance(stream, VideoStream):
        return codec_of(stream) in films and has_common_pixels(stream)
    return codec_of(stream) in sounds


def has_common_pixels(film: VideoStream) -> bool:
    """8 bits and 4:2:0; others are decoded by some browsers only."""
    return film.codec_context.pix_fmt in PIXELS


def _begins_well(path: Path, clip: Reading) -> bool:
    """An MP4's index is before its content, and a Matroska file says that it is WebM."""
    with path.open("rb") as file:
        if clip.probe.container == "matroska":
            return b"webm" in file.read(WEBM_WITHIN)
        if clip.probe.container == "mp4":
            boxes = (kind for kind, _, _ in islice(all_boxes(file, 0, path.stat().st_size), MOST_BOXES))
            return next((kind for kind in boxes if kind in (b"moov", b"mdat")), b"") == b"moov"
    return True

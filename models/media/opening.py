"""A file opened as a container, with nothing else within its reach."""

from collections.abc import Iterator
from contextlib import contextmanager
from errno import EINVAL
from pathlib import Path

import av
from av.container import InputContainer

from models.errors import MediaInvalid, TooLarge
from models.media.limits import Limits

# Containers that hold their own sound and pictures. Playlists (hls, dash, concat), image sequences and
# scripts are left out: they can name other files and hosts.
FORMATS = (
    "aac,aiff,asf,avi,flac,flv,h264,hevc,ivf,m4v,matroska,webm,mov,mp4,m4a,3gp,3g2,mj2,"
    "mp3,mpeg,mpegts,mpegvideo,ogg,wav"
)
EXPECTED = "a video or sound file such as MP4, WebM, MKV, AVI, MPEG, MP3, WAV, OGG or FLAC"


@contextmanager
def opened(path: Path, limits: Limits) -> Iterator[InputContainer]:
    """The container in a file; raises MediaInvalid where there is none, TooLarge where it is over a limit."""
    _check_size(path, limits)
    options = {"format_whitelist": FORMATS, "protocol_whitelist": "file", "max_pixels": str(limits.pixels)}
    try:
        # An absolute path cannot be taken for a protocol, as `concat:a|b` would be.
        container = av.open(str(path.absolute()), "r", options=options, metadata_errors="replace")
    except av.error.MemoryError:
        raise
    except av.error.FFmpegError as error:
        reason = "of a kind that is not accepted" if error.errno == EINVAL else error.strerror
        raise MediaInvalid(f"the file cannot be read as media ({reason}); expected {EXPECTED}") from error
    with container:
        _check_duration(container, limits)
        yield container


def _check_size(path: Path, limits: Limits) -> None:
    if not path.is_file():
        raise MediaInvalid(f"there is no such file; expected {EXPECTED}")
    size_bytes = path.stat().st_size
    if size_bytes == 0:
        raise MediaInvalid(f"the file is empty; expected {EXPECTED}")
    if size_bytes > limits.size_bytes:
        raise TooLarge(f"the file has {size_bytes} bytes; the limit is {limits.size_bytes}")


def _check_duration(container: InputContainer, limits: Limits) -> None:
    duration_s = (container.duration or 0) / av.time_base
    if duration_s > limits.duration_s:
        raise TooLarge(f"the file lasts {duration_s:.1f} s; the limit is {limits.duration_s:g} s")

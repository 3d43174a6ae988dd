"""A file opened as a container, with nothing else within its reach."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from errno import EINVAL
from functools import cache
from mmap import mmap
from pathlib import Path
from typing import BinaryIO

import av
from av.audio.stream import AudioStream
from av.container import InputContainer
from av.video.stream import VideoStream

from models.errors import MediaInvalid, TooLarge
from models.media.limits import Limits

THREADS = 2  # a decoder's; more gain little on clips and cost memory
NO_DECODER = "none"  # an empty list would allow all

JPEG = b"\xff\xd8\xff"


@contextmanager
def opened(path: Path, limits: Limits, *, codecs: tuple[str, ...]) -> Iterator[InputContainer]:
    """The container in a file, whatever the file is called.

    The details of streams of these `codecs` are completed by decoding their beginnings; of others, and of all
    where there are none, they are what the container and the heads of packets say. Raises MediaInvalid where
    there is no container that is accepted, TooLarge where the file has more bytes or streams than the limits,
    MemoryError.
    """
    _check_size(path, limits)
    with _file(path, limits) as file, _container(file, limits, codecs) as container:
        yield container


def path_of(container: InputContainer) -> Path:
    """The file that a container was opened from, to be read beside it."""
    return Path(f"/proc/self/fd/{container.options['fd']}")


def bound(stream: AudioStream | VideoStream, limits: Limits) -> None:
    """Have a stream decoded within the limits."""
    stream.codec_context.thread_count = THREADS
    stream.codec_context.options = {"max_pixels": str(limits.pixels)}


def starts_s(stream: AudioStream | VideoStream) -> float:
    """When a stream starts, on the file's clock; one that does not say starts at 0."""
    return float((stream.start_time or 0) * (stream.time_base or 0))


def _check_size(path: Path, limits: Limits) -> None:
    if not path.is_file():
        raise MediaInvalid(f"there is no such file; expected {limits.expected}")
    size_bytes = path.stat().st_size
    if size_bytes == 0:
        raise MediaInvalid(f"the file is empty; expected {limits.expected}")
    if size_bytes > limits.size_bytes:
        raise TooLarge(f"the file has {size_bytes} bytes; the limit is {limits.size_bytes}")


def _file(path: Path, limits: Limits) -> BinaryIO:
    try:
        return path.open("rb", buffering=0)
    except OSError as error:
        raise MediaInvalid(f"the file cannot be read ({error.strerror}); expected {limits.expected}") from error


def _container(file: BinaryIO, limits: Limits, codecs: tuple[str, ...]) -> InputContainer:
    options = _options(file, limits) | {"codec_whitelist": ",".join(_decoders(codecs)) or NO_DECODER}
    try:
        return av.open("fd:", "r", format=_kind(file, limits), options=options, metadata_errors="replace")
    except av.error.MemoryError as error:
        _check_room(limits, error)
        raise
    except av.error.FFmpegError as error:
        reason = "of a kind that is not accepted" if error.errno == EINVAL else error.strerror
        raise MediaInvalid(f"the file cannot be read as media ({reason}); expected {limits.expected}") from error


def _kind(file: BinaryIO, limits: Limits) -> str | None:
    """The demuxer of a photograph; None, where its content decides.

    A photograph that carries a small one, or one for brighter screens, would else be taken for a film of JPEGs.
    """
    start = os.pread(file.fileno(), len(JPEG), 0)
    return "jpeg_pipe" if start == JPEG and "jpeg_pipe" in limits.containers else None


def _options(file: BinaryIO, limits: Limits) -> dict[str, str]:
    """The demuxer gets an open file and no name: none to judge the content by, and no protocol to reach others by."""
    return {
        "fd": str(file.fileno()),
        "protocol_whitelist": "fd",
        "format_whitelist": ",".join(limits.containers),
        "enable_drefs": "0",  # parts of a MOV that are said to lie in other files
        "max_streams": str(limits.streams + 1),  # each costs memory; one more tells that there are too many
        "max_pixels": str(limits.pixels),
    }


@cache
def _decoders(codecs: tuple[str, ...]) -> tuple[str, ...]:
    """The decoders that there are for codecs."""
    return tuple(name for name in sorted(av.codecs_available) if _decodes(name, codecs))


def _decodes(name: str, codecs: tuple[str, ...]) -> bool:
    try:
        return av.Codec(name, "r").canonical_name in codecs
    except av.codec.codec.UnknownCodecError:  # it only encodes
        return False


def _check_room(limits: Limits, error: av.error.MemoryError) -> None:
    """Some demuxers say that there is no memory when they mean no more streams; raises TooLarge where there is."""
    try:
        mmap(-1, max(limits.memory_bytes // 2, 1)).close()
    except OSError:
        return
    raise TooLarge(
        f"the file cannot be opened with {limits.streams} streams and {limits.memory_bytes} bytes, the limits"
    ) from error

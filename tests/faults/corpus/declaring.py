"""Files that declare what cannot be: sizes, counts, lengths and shapes, each where its kind of file says it."""

import struct
from collections.abc import Iterator
from dataclasses import dataclass

HUGE32, SIGN32, HUGE64 = 0xFFFF_FFFF, 0x8000_0000, 2**64 - 1
SIDES = (0, 1, 16_384, 65_535)


@dataclass(frozen=True, slots=True)
class Field:
    """A number that a file declares: `at` bytes behind the first `mark`, in struct's `layout`, and values to try."""

    name: str
    mark: bytes
    at: int
    layout: str
    values: tuple[float, ...]


def declaring(kind: str, content: bytes) -> Iterator[tuple[str, bytes]]:
    """The file with another value of a field, for each that it has, by what it then says."""
    for field in FIELDS.get(kind, ()):
        start = content.find(field.mark)
        for value in field.values if start >= 0 else ():
            told = struct.pack(field.layout, value if field.layout[-1] in "fd" else int(value))
            at = start + len(field.mark) + field.at
            if at >= 0 and content[at : at + len(told)] not in (told, b""):
                yield f"{field.name} {value}", content[:at] + told + content[at + len(told) :]


def _sizes(*boxes: str) -> tuple[Field, ...]:
    """What boxes of ISO media say of their own size."""
    return tuple(
        Field(f"{box} size", box.encode(), -8, ">I", (0, 1, 7, 8, 0x7FFF_FFFF, SIGN32, HUGE32)) for box in boxes
    )


def _counts(*boxes: str) -> tuple[Field, ...]:
    """How many rows tables of ISO media say they have."""
    return tuple(Field(f"{box} rows", box.encode(), 4, ">I", (0, 2**20, 0x0FFF_FFFF, HUGE32)) for box in boxes)


ISO = (
    *_sizes("ftyp", "moov", "mvhd", "trak", "mdia", "stbl", "stsd", "stts", "stsz", "mdat", "moof", "trun", "esds"),
    *_counts("stsd", "stts", "stsc", "stco", "ctts", "elst", "dref", "trun"),
    Field("stsz rows", b"stsz", 8, ">I", (0, 2**20, 0x0FFF_FFFF, HUGE32)),
    Field("stsz size of all", b"stsz", 4, ">I", (1, 0x7FFF_FFFF, HUGE32)),
    Field("stco offset", b"stco", 8, ">I", (0, SIGN32, HUGE32)),
    Field("film timescale", b"mvhd", 12, ">I", (0, 1, SIGN32, HUGE32)),
    Field("film duration", b"mvhd", 16, ">I", (0, SIGN32, HUGE32)),
    Field("track timescale", b"mdhd", 12, ">I", (0, 1, 0x7FFF_FFFF, SIGN32, HUGE32)),
    Field("track duration", b"mdhd", 16, ">I", (0, SIGN32, HUGE32)),
    Field("first frames", b"stts", 8, ">I", (0, 2**24, 0x7FFF_FFFF, HUGE32)),
    Field("first frames last", b"stts", 12, ">I", (0, 1, 0x7FFF_FFFF, SIGN32, HUGE32)),
    Field("edit lasts", b"elst", 8, ">I", (0, 1, 0x7FFF_FFFF, HUGE32)),
    Field("edit starts", b"elst", 12, ">i", (-1, -(2**31), 2**31 - 1, 10_000)),
    Field("edit rate", b"elst", 16, ">i", (0, -65_536, 2**31 - 1)),
    *(Field(f"{box} width", box.encode(), 24, ">H", SIDES) for box in ("avc1", "mp4v", "hvc1", "hev1")),
    *(Field(f"{box} height", box.encode(), 26, ">H", SIDES) for box in ("avc1", "mp4v", "hvc1", "hev1")),
    *(Field(f"{box} channels", box.encode(), 16, ">H", (0, 9, 255, 65_535)) for box in ("mp4a", "sowt", "alac")),
    *(Field(f"{box} rate", box.encode(), 24, ">I", (0, 1, SIGN32, HUGE32)) for box in ("mp4a", "sowt", "alac")),
    Field("turn", b"tkhd", 40, ">i", (0, 2**31 - 1, -(2**31))),
)
INFINITE, NO_NUMBER = float("inf"), float("nan")
MATROSKA = (
    Field("segment size", b"\x18\x53\x80\x67", 0, ">Q", (1 << 56, 2**57 - 2, 2**57 - 1, 0)),
    Field("tracks size", b"\x16\x54\xae\x6b", 0, ">Q", (1 << 56, 2**57 - 2, 2**57 - 1)),
    Field("cluster size", b"\x1f\x43\xb6\x75", 0, ">Q", (1 << 56, 2**57 - 2, 2**57 - 1)),
    Field("clock", b"\x2a\xd7\xb1\x83", -1, ">I", (0x8300_0000, 0x8300_0001, 0x83FF_FFFF, 0x80FF_FFFF)),
    Field("duration", b"\x44\x89\x88", 0, ">d", (0.0, -1.0, 1e300, INFINITE, -INFINITE, NO_NUMBER)),
    Field("sample rate", b"\xb5\x88", 0, ">d", (0.0, -1.0, 1.0, 1e9, 1e300, INFINITE, NO_NUMBER)),
    Field("channels", b"\x9f\x81", 0, ">B", (0, 9, 255)),
    Field("width", b"\xb0\x81", -1, ">H", (0x8100, 0x8101, 0x81FF)),
    Field("height", b"\xba\x81", -1, ">H", (0x8100, 0x8101, 0x81FF)),
    Field("track number", b"\xd7\x81", 0, ">B", (0, 255)),
    Field("frame duration", b"\x23\xe3\x83", 1, ">I", (0, 1, HUGE32)),
)
SOUND_FORMAT = (
    Field("format", b"fmt ", 4, "<H", (0, 2, 3, 0x11, 0x55, 0xFFFE, 0xFFFF)),
    Field("channels", b"fmt ", 6, "<H", (0, 9, 255, 65_535)),
    Field("rate", b"fmt ", 8, "<I", (0, 1, 192_001, SIGN32, HUGE32)),
    Field("bytes of a sample", b"fmt ", 16, "<H", (0, 1, 65_535)),
    Field("bits of a sample", b"fmt ", 18, "<H", (0, 1, 7, 64, 65_535)),
)
RIFF_SIZES = tuple(
    Field(f"{chunk} size", chunk.encode(), 0, "<I", (0, 1, 0x7FFF_FFFF, SIGN32, HUGE32))
    for chunk in ("RIFF", "LIST", "fmt ", "data", "hdrl", "strl", "strh", "strf", "movi", "idx1", "VP8 ", "VP8X")
)
AVI = (
    Field("frames take", b"avih", 4, "<I", (0, 1, HUGE32)),
    Field("frames", b"avih", 20, "<I", (0, 0x7FFF_FFFF, HUGE32)),
    Field("streams", b"avih", 28, "<I", (0, 10_000, HUGE32)),
    Field("scale", b"strh", 24, "<I", (0, SIGN32, HUGE32)),
    Field("rate", b"strh", 28, "<I", (0, 1, SIGN32, HUGE32)),
    Field("start", b"strh", 32, "<I", (100_000, SIGN32, HUGE32)),
    Field("length", b"strh", 36, "<I", (0, SIGN32, HUGE32)),
    Field("bytes of a sample", b"auds", 40, "<I", (1, SIGN32, HUGE32)),
    Field("width", b"strf", 8, "<i", (*SIDES, 2**31 - 1, -1)),
    Field("height", b"strf", 12, "<i", (*SIDES, 2**31 - 1, -1)),
    Field("bits", b"strf", 18, "<H", (0, 1, 65_535)),
)
FLAC = (
    Field("head size", b"fLaC", 0, ">I", (0x8000_0000, 0x80FF_FFFF, 0x00FF_FFFF, 0x0000_0022)),
    Field("blocks of", b"fLaC", 4, ">H", (0, 1, 15, 65_535)),
    Field("blocks up to", b"fLaC", 6, ">H", (0, 1, 15, 65_535)),
    Field("rate, channels and bits", b"fLaC", 14, ">I", (0, 0x0000_1000, HUGE32, 0xFFFF_F0F0)),
    Field("samples", b"fLaC", 18, ">I", (0, 1, HUGE32)),
)
FLV = (
    Field("head size", b"FLV\x01", 1, ">I", (0, 0x7FFF_FFFF, HUGE32)),
    Field("tag size", b"\0\0\0\0\x12", 0, ">H", (0, HUGE32 >> 16)),
    *(Field(name, name.encode(), 1, ">d", (0, -1, 1e300, INFINITE, NO_NUMBER)) for name in ("duration", "width")),
    *(Field(name, name.encode(), 1, ">d", (0, -1, 1e300, NO_NUMBER)) for name in ("framerate", "audiosamplerate")),
)
IVF = (
    Field("width", b"DKIF", 8, "<H", SIDES),
    Field("height", b"DKIF", 10, "<H", SIDES),
    Field("rate", b"DKIF", 12, "<I", (0, 1, SIGN32, HUGE32)),
    Field("scale", b"DKIF", 16, "<I", (0, SIGN32, HUGE32)),
    Field("frames", b"DKIF", 20, "<I", (0, HUGE32)),
    Field("frame size", b"DKIF", 28, "<I", (0, 1, 0x7FFF_FFFF, HUGE32)),
    Field("frame time", b"DKIF", 32, "<Q", (2**62, 2**63, HUGE64)),
)
AIFF = (
    Field("size", b"FORM", 0, ">I", (0, SIGN32, HUGE32)),
    Field("head size", b"COMM", 0, ">I", (0, 17, HUGE32)),
    Field("channels", b"COMM", 4, ">H", (0, 9, 65_535)),
    Field("frames", b"COMM", 6, ">I", (0, HUGE32)),
    Field("bits", b"COMM", 10, ">H", (0, 1, 64, 65_535)),
    Field("rate", b"COMM", 12, ">H", (0, 0x3FFF, 0x7FFF, 0xFFFF)),
    Field("sound size", b"SSND", 0, ">I", (0, 1, HUGE32)),
)
OGG = (
    Field("version", b"OggS", 0, ">B", (1, 255)),
    Field("flags", b"OggS", 1, ">B", (0, 4, 7, 255)),
    Field("segments", b"OggS", 22, ">B", (0, 255)),
    Field("first segment", b"OggS", 23, ">B", (0, 1, 255)),
)
PNG = (
    Field("width", b"IHDR", 0, ">I", (*SIDES, 2**31 - 1, HUGE32)),
    Field("height", b"IHDR", 4, ">I", (*SIDES, 2**31 - 1, HUGE32)),
    Field("depth", b"IHDR", 8, ">B", (0, 1, 16, 255)),
    Field("colours", b"IHDR", 9, ">B", (0, 3, 6, 255)),
    Field("order", b"IHDR", 12, ">B", (1, 255)),
    Field("size", b"IDAT", -8, ">I", (0, 0x7FFF_FFFF, HUGE32)),
)
GIF = (
    Field("width", b"GIF89a", 0, "<H", SIDES),
    Field("height", b"GIF89a", 2, "<H", SIDES),
    Field("colours", b"GIF89a", 4, "<B", (0, 255)),
)
JPEG = (
    Field("height", b"\xff\xc0\x00\x11\x08", 0, ">H", SIDES),
    Field("width", b"\xff\xc0\x00\x11\x08", 2, ">H", SIDES),
    Field("parts", b"\xff\xc0\x00\x11\x08", 4, ">B", (0, 1, 4, 255)),
    Field("sampling", b"\xff\xc0\x00\x11\x08", 6, ">B", (0, 0x44, 0xFF)),
    Field("table size", b"\xff\xdb", 0, ">H", (0, 1, 65_535)),
)
FIELDS: dict[str, tuple[Field, ...]] = {
    **{kind: ISO for kind in ("mp4", "fragmented mp4", "hevc mp4", "mov", "m4a")},
    **{kind: MATROSKA for kind in ("mkv", "webm", "av1 mkv")},
    **{kind: OGG for kind in ("ogg", "opus ogg")},
    "avi": (*RIFF_SIZES, *AVI),
    "wav": (*RIFF_SIZES, *SOUND_FORMAT),
    "webp": RIFF_SIZES,
    "flac": FLAC,
    "flv": FLV,
    "ivf": IVF,
    "aiff": AIFF,
    "png": PNG,
    "gif": GIF,
    "jpeg": JPEG,
}
"""What each kind of file declares; marks are looked up in the good file, and left alone where it has none."""

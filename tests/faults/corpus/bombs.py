"""Small files that become large, deep or many when they are read; and files that are two things at once."""

import gzip
import struct
import zlib
from collections.abc import Iterator
from io import BytesIO
from itertools import permutations
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile

import numpy as np

from tests.faults.corpus.good import film, good
from tests.faults.corpus.matroska import deflated, matroska_of, nested, stripped, track
from tests.faults.corpus.ogg import first_page
from tests.faults.corpus.png import chunk, png
from tests.faults.corpus.shapes import wav
from tests.tiny.containers import box, element, matroska

MIB = 2**20
MINUTES = 12
CROWD = 10_000


def bombs() -> Iterator[tuple[str, bytes]]:
    """All of them, by what they are."""
    zeros = bytes(64 * MIB)
    yield "matroska of deflated zeros", deflated(9 * MIB, blocks=30)
    yield "matroska of more deflated zeros", deflated(64 * MIB, blocks=10)
    yield "matroska of a head a block", stripped(MIB, blocks=2000)
    yield "gzip of a clip", gzip.compress(good("mp4"), mtime=0)
    yield "gzip of zeros", gzip.compress(zeros, mtime=0)
    yield "gzip of gzip of zeros", gzip.compress(gzip.compress(zeros, mtime=0), mtime=0)
    yield "zip of zeros", zipped("clip.mp4", zeros, ZIP_DEFLATED)
    yield "film of a deflated index", box(b"moov", box(b"cmov", box(b"dcom", b"zlib") + _deflated_index(zeros)))
    yield "png of deflated words", _with_chunk(b"zTXt", b"x\0\0" + zlib.compress(zeros, 9))
    yield "png of deflated colours", _with_chunk(b"iCCP", b"x\0\0" + zlib.compress(zeros, 9))
    yield from _silences()
    yield "pictures without end", film("matroska", "mpeg4", frames=np.zeros((4000, 16, 16, 3), np.uint8))
    yield "pictures of 3840 x 2160", film("mp4", "libx264", frames=np.zeros((12, 2160, 3840, 3), np.uint8))
    yield "pictures of 3840 x 2162", film("mp4", "libx264", frames=np.zeros((1, 2162, 3840, 3), np.uint8))
    yield "gif without end", _endless_gif(5000)


def depths() -> Iterator[tuple[str, bytes]]:
    """What is within itself, many times."""
    for depth in (10, 100, 10_000):
        for kind in (b"moov", b"trak", b"udta", b"meta", b"moof"):
            yield f"{kind.decode()} {depth} deep", good("mp4")[:32] + _boxed(kind, depth)
        yield f"tags {depth} deep", nested("67c8", min(depth, 3000), parents=("1254c367", "7373"))
        yield f"chapters {depth} deep", nested("b6", min(depth, 3000), parents=("1043a770", "45b9"))
        yield f"segments {depth} deep", nested("18538067", min(depth, 3000), parents=())
        yield f"lists {depth} deep", b"RIFF\xff\xff\xff\x7fAVI " + _listed(depth)


def crowds() -> Iterator[tuple[str, bytes]]:
    """What is there thousands of times."""
    for tracks in (64, 65, 1000, CROWD):
        yield f"matroska of {tracks} tracks", matroska(tracks)
        yield f"mp4 of {tracks} tracks", _with_tracks(tracks)
        yield f"avi of {tracks} streams", _with_streams(tracks)
        yield f"ogg of {tracks} streams", b"".join(first_page(number) for number in range(tracks))
    chapter = element("b6", element("73c4", b"\1") + element("91", b"\0"))
    tag = element("7373", element("67c8", element("45a3", b"NAME") + element("4487", b"x" * 100)))
    cue = element("bb", element("b3", b"\1") + element("b7", element("f7", b"\1") + element("f1", b"\1")))
    for name, parent, each in (("chapters", "1043a770", chapter), ("tags", "1254c367", tag), ("cues", "1c53bb6b", cue)):
        inside = element("45b9", each * CROWD) if name == "chapters" else each * CROWD
        yield f"{CROWD} {name}", matroska_of(track(1, "A_AAC"), after=element(parent, inside))
    yield f"{CROWD} blocks of nothing", matroska_of(track(1, "A_AAC"), block=b"", blocks=CROWD)
    yield f"{CROWD} boxes", good("mp4") + box(b"free", b"") * CROWD
    yield f"{CROWD} films", good("mp4")[:32] + box(b"moov", b"") * CROWD
    yield f"{CROWD} pieces of a song's head", b"ID3\4\0\0" + b"\0\x04\x70\x20" + _frame() * CROWD + good("mp3")
    yield f"{CROWD} empty layers", _flac_blocks(CROWD)


def polyglots() -> Iterator[tuple[str, bytes]]:
    """Files that are two things at once."""
    page = b"<html><script>alert(1)</script></html>"
    for kind in ("mp4", "mkv", "wav", "mp3", "flac", "ogg", "avi", "jpeg"):
        yield f"{kind} and zip", good(kind) + zipped("evil.sh", page, ZIP_STORED)
        yield f"zip of {kind}, stored", zipped("clip", good(kind), ZIP_STORED)
        yield f"pdf and {kind}", b"%PDF-1.4\n1 0 obj<</Length 9999>>stream\n" + good(kind)
        yield f"html and {kind}", page + good(kind)
        yield f"program and {kind}", b"\x7fELF\2\1\1" + bytes(57) + good(kind)
    yield "mp4 with a pdf in its head", box(b"free", b"%PDF-1.4\n") + good("mp4")
    yield "matroska with a page in its head", matroska_of(track(1, "A_AAC"), about=element("ec", page))
    yield "mp4 with a page for a brand", box(b"ftyp", page.ljust(40)) + good("mp4")[32:]
    for first, second in permutations(("mp4", "mkv", "mp3", "wav", "mpegts", "ogg"), 2):
        yield f"{first} and {second}", good(first) + good(second)


def zipped(name: str, content: bytes, how: int) -> bytes:
    """An archive of one file, without a date."""
    written = BytesIO()
    with ZipFile(written, "w", how) as archive:
        archive.writestr(name, content)
    return written.getvalue()


def _silences() -> Iterator[tuple[str, bytes]]:
    """Twelve minutes of nothing, by whoever packs it best."""
    quiet = np.zeros(MINUTES * 60 * 8000, np.float32)
    for container, codec in (("flac", "flac"), ("mp4", "alac"), ("matroska", "flac")):
        yield f"{codec} of silence in {container}", film(container, None, codec, rate=8000, samples=quiet)
    yield "wav of silence", wav(bytes(4 * MIB), rate=1000)


def _deflated_index(content: bytes) -> bytes:
    return box(b"cmvd", struct.pack(">I", 0x7FFF_FFFF) + zlib.compress(content, 9))


def _with_chunk(kind: bytes, content: bytes) -> bytes:
    picture = png(8, 8)
    return picture[:33] + chunk(kind, content) + picture[33:]


def _endless_gif(count: int) -> bytes:
    """Source: GIF89a Specification, 20 (image descriptor), 22 (image data): pictures of one pixel."""
    head = b"GIF89a\xff\xff\xff\xff\x80\0\0" + bytes(6)
    return head + b"\x2c\0\0\0\0\1\0\1\0\0\2\2\x44\1\0" * count + b";"


def _boxed(kind: bytes, depth: int) -> bytes:
    inside = b""
    for _ in range(depth):
        inside = box(kind, (bytes(4) if kind == b"meta" else b"") + inside)
    return inside


def _listed(depth: int) -> bytes:
    inside = b""
    for _ in range(depth):
        inside = b"LIST" + struct.pack("<I", len(inside) + 4) + b"hdrl" + inside
    return inside


def _with_tracks(count: int) -> bytes:
    """The good clip with its first track so many times."""
    whole = good("mp4")
    start, at = whole.index(b"moov") - 4, whole.index(b"trak") - 4
    one = whole[at : at + int.from_bytes(whole[at : at + 4], "big")]
    return whole[:start] + box(b"moov", whole[start + 8 : at] + one * count)


def _with_streams(count: int) -> bytes:
    """The good clip with its first stream so many times."""
    whole = good("avi")
    start, at = whole.index(b"hdrl") - 8, whole.index(b"strl") - 8
    one = whole[at : at + 8 + int.from_bytes(whole[at + 4 : at + 8], "little")]
    inside = whole[start + 8 : at] + one * count
    movi = whole[whole.index(b"movi") - 8 :]
    return whole[:start] + b"LIST" + struct.pack("<I", len(inside)) + inside + movi


def _frame() -> bytes:
    """A piece of an ID3v2.4 tag."""
    return b"TXXX" + struct.pack(">IH", 4, 0) + b"\3a\0b"


def _flac_blocks(count: int) -> bytes:
    """The good sound with so many empty blocks of padding behind its first."""
    whole = good("flac")
    return whole[:4] + bytes([whole[4] & 0x7F]) + whole[5:42] + b"\1\0\0\0" * count + b"\x81\0\0\0" + whole[42:]

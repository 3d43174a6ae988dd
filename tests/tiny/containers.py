"""Containers written byte by byte, to say what no honest encoder would."""

from pathlib import Path

BOXES = ("moov", "trak", "mdia", "minf", "dinf", "dref")  # one within another, in an MP4


def tell(clip: Path, box: str, at: int, content: bytes) -> Path:
    """An MP4 whose first box of a kind has other bytes, `at` bytes into its contents."""
    whole = bytearray(clip.read_bytes())
    start = whole.index(box.encode()) + 4 + at
    whole[start : start + len(content)] = content
    clip.write_bytes(whole)
    return clip


def without_content(clip: Path) -> Path:
    """An MP4 that declares what it did, and holds zeros: nothing in it can be decoded."""
    whole = clip.read_bytes()
    start = whole.index(b"mdat") + 4
    size = int.from_bytes(whole[start - 8 : start - 4], "big") - 8
    clip.write_bytes(whole[:start] + bytes(size) + whole[start + size :])
    return clip


def pointing_at(target: str, *, clip: Path, path: Path) -> Path:
    """A MOV of the clip's index alone, every track of which is said to lie in the file or at the URL `target`.

    Source: QuickTime File Format, "Data reference atoms" and the Macintosh alias record.
    """
    whole = clip.read_bytes()
    start = whole.index(b"moov") - 4
    moov = _rewritten(whole[start : start + int.from_bytes(whole[start : start + 4], "big")], _entry(target))
    path.write_bytes(box(b"ftyp", b"qt  \0\0\2\0qt  ") + moov)
    return path


def matroska(tracks: int) -> bytes:
    """A Matroska file of so many tracks of sound, all without content but the first."""
    entries = b"".join(_track(number) for number in range(1, tracks + 1))
    block = element("a3", b"\x81\0\0\x80" + bytes(20))
    cluster = element("1f43b675", element("e7", b"\0") + block)
    return element("1a45dfa3", element("4282", b"matroska")) + element(
        "18538067", element("1654ae6b", entries) + cluster
    )


def _track(number: int) -> bytes:
    name = number.to_bytes(3, "big")
    return element("ae", element("d7", name) + element("73c5", name) + element("83", b"\2") + element("86", b"A_AAC"))


def element(code: str, content: bytes) -> bytes:
    """A Matroska element of the code, in hexadecimal."""
    return bytes.fromhex(code) + (1 << 56 | len(content)).to_bytes(8, "big") + content


def box(kind: bytes, content: bytes) -> bytes:
    """A box of ISO media."""
    return (len(content) + 8).to_bytes(4, "big") + kind + content


def _rewritten(boxes: bytes, entry: bytes) -> bytes:
    """The boxes with every data reference replaced by one entry."""
    done = b""
    while boxes:
        size, kind = int.from_bytes(boxes[:4], "big"), boxes[4:8]
        content, boxes = boxes[8:size], boxes[size:]
        if kind == b"dref":
            content = content[:8] + entry
        elif kind.decode("latin1") in BOXES:
            content = _rewritten(content, entry)
        done += box(kind, content)
    return done


def _entry(target: str) -> bytes:
    if "://" in target:
        return box(b"url ", bytes(4) + target.encode() + b"\0")
    name = target.encode() + b"\0" * (len(target) % 2)
    volume, file = b"\4disk".ljust(28, b"\0"), b"\4clip".ljust(64, b"\0")
    levels = b"\0\1\0\1" + bytes(16)
    paths = b"\0\2" + len(name).to_bytes(2, "big") + name + b"\xff\xff\0\0"
    return box(b"alis", bytes(4) + bytes(10) + volume + bytes(12) + file + bytes(16) + levels + paths)

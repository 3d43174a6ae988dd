"""Matroska files written element by element."""

import zlib

from tests.tiny.containers import element

HEAD = element("1a45dfa3", element("4282", b"matroska"))


def matroska_of(
    *tracks: bytes, block: bytes = bytes(20), blocks: int = 1, about: bytes = b"", after: bytes = b""
) -> bytes:
    """A file of these tracks; the first one has so many blocks."""
    simple = element("a3", b"\x81\0\0\x80" + block)
    cluster = element("1f43b675", element("e7", b"\0") + simple * blocks)
    return HEAD + element(
        "18538067", element("1549a966", about) + element("1654ae6b", b"".join(tracks)) + cluster + after
    )


def track(number: int, codec: str, *, type_: int = 2, more: bytes = b"") -> bytes:
    """A track of a codec: type 1 pictures, 2 sound, 17 words."""
    name = bytes([number])
    return element(
        "ae",
        element("d7", name)
        + element("73c5", name)
        + element("83", bytes([type_]))
        + element("86", codec.encode())
        + more,
    )


def pictures(width: int, height: int) -> bytes:
    """What a track of pictures says of them."""
    return element("e0", element("b0", width.to_bytes(4, "big")) + element("ba", height.to_bytes(4, "big")))


def attached(name: str, type_: str, content: bytes, *, count: int = 1) -> bytes:
    """A file with sound, and others attached to it."""
    one = element("61a7", element("466e", name.encode()) + element("4660", type_.encode()) + element("465c", content))
    return matroska_of(track(1, "A_PCM/INT/LIT", more=element("e1", b"")), after=element("1941a469", one * count))


def deflated(size_bytes: int, *, blocks: int) -> bytes:
    """Pictures whose every block is zeros of that size, compressed."""
    packed = element("6d80", element("6240", element("5034", element("4254", b"\0"))))
    return matroska_of(
        track(1, "V_MPEG4/ISO/ASP", type_=1, more=pictures(64, 48) + packed),
        block=zlib.compress(bytes(size_bytes), 9),
        blocks=blocks,
    )


def stripped(size_bytes: int, *, blocks: int) -> bytes:
    """Sound whose every block has a head of that size, which is stored once."""
    head = element("4254", b"\3") + element("4255", bytes(size_bytes))
    packed = element("6d80", element("6240", element("5034", head)))
    return matroska_of(track(1, "A_PCM/INT/LIT", more=packed), block=b"", blocks=blocks)


def nested(code: str, depth: int, *, parents: tuple[str, ...]) -> bytes:
    """An element within itself so many times, in a file with sound."""
    inside = b""
    for _ in range(depth):
        inside = element(code, inside)
    for parent in reversed(parents):
        inside = element(parent, inside)
    return matroska_of(track(1, "A_AAC"), after=inside)

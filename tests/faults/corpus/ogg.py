"""OGG pages, whose checksums hold: a demuxer drops those that do not before it looks at what they say.

Source: RFC 3533, 6 (the Ogg page format); RFC 7845, 5.1 (identification header).
"""

import struct

PAGE = b"OggS"
CHECKSUM, TABLE = 22, 27  # where they are in a page's head


def first_page(number: int) -> bytes:
    """The first page of a stream of sound, of this number."""
    content = b"OpusHead\1\1\0\0" + struct.pack("<IHB", 48_000, 0, 0)
    return stamped(PAGE + b"\0\2" + bytes(8) + struct.pack("<III", number, 0, 0) + bytes([1, len(content)]) + content)


def stamped(content: bytes) -> bytes:
    """The file with the checksum of every page set right."""
    head, *pages = content.split(PAGE)
    return head + b"".join(_stamped(PAGE + page) for page in pages)


def _stamped(page: bytes) -> bytes:
    if len(page) < TABLE:
        return page
    lengths = page[TABLE : TABLE + page[TABLE - 1]]
    end = TABLE + len(lengths) + sum(lengths)
    blank = page[:CHECKSUM] + bytes(4) + page[CHECKSUM + 4 : end]
    return blank[:CHECKSUM] + struct.pack("<I", _checksum(blank)) + page[CHECKSUM + 4 :]


def _checksum(page: bytes) -> int:
    """CRC-32 of the polynomial 0x04c11db7, no bit turned round, begun and ended at 0."""
    total = 0
    for byte in page:
        total = (total << 8 ^ REMAINDERS[total >> 24 ^ byte]) & 0xFFFF_FFFF
    return total


def _remainder(byte: int) -> int:
    rest = byte << 24
    for _ in range(8):
        rest = (rest << 1 ^ (0x04C1_1DB7 if rest & 0x8000_0000 else 0)) & 0xFFFF_FFFF
    return rest


REMAINDERS = tuple(_remainder(byte) for byte in range(256))

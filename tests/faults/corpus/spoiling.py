"""Ways to spoil any file, whatever its kind: what wire, disk and malice do to bytes."""

from collections.abc import Callable
from random import Random

Spoil = Callable[[bytes, Random], bytes]
HEAD_BYTES = 256
ODD = (0, 1, 0x7F, 0x80, 0xFF, 0x7FFF, 0x8000, 0xFFFF, 0x7FFF_FFFF, 0x8000_0000, 0xFFFF_FFFF, 2**63 - 1, 2**64 - 1)
"""Numbers at which sizes, counts and times overflow or change their sign."""


def flipped(*, bits: int) -> Spoil:
    """So many bits anywhere are the other way round."""

    def spoil(content: bytes, random: Random) -> bytes:
        return _flipped(content, random, bits=bits, end=len(content))

    return spoil


def flipped_share(share: float) -> Spoil:
    """A share of all bytes is random."""

    def spoil(content: bytes, random: Random) -> bytes:
        whole = bytearray(content)
        for at in random.sample(range(len(whole)), max(round(share * len(whole)), 1)):
            whole[at] = random.randrange(256)
        return bytes(whole)

    return spoil


def flipped_head(*, bits: int) -> Spoil:
    """Bits of the head alone are the other way round."""

    def spoil(content: bytes, random: Random) -> bytes:
        return _flipped(content, random, bits=bits, end=min(HEAD_BYTES, len(content)))

    return spoil


def flipped_body(share: float) -> Spoil:
    """A share of the bytes behind the head is random: what the container says holds, what is in it does not."""

    def spoil(content: bytes, random: Random) -> bytes:
        return content[:HEAD_BYTES] + flipped_share(share)(content[HEAD_BYTES:] or b"\0", random)

    return spoil


def odd_numbers(count: int) -> Spoil:
    """Some whole numbers, of 1 to 8 bytes and either order, are of those at which others overflow."""

    def spoil(content: bytes, random: Random) -> bytes:
        whole = bytearray(content)
        for _ in range(count):
            width = random.choice((1, 2, 4, 8))
            at = random.randrange(max(len(whole) - width, 1))
            number = random.choice(ODD) % 256**width
            whole[at : at + width] = number.to_bytes(width, random.choice(("big", "little")))
        return bytes(whole)

    return spoil


def odd_head(content: bytes, random: Random) -> bytes:
    """One such number in the head."""
    return odd_numbers(1)(content[:HEAD_BYTES], random) + content[HEAD_BYTES:]


def cut_short(content: bytes, random: Random) -> bytes:
    """It ends somewhere."""
    return content[: random.randrange(1, len(content))]


def cut_in_head(content: bytes, random: Random) -> bytes:
    """It ends in its head."""
    return content[: random.randrange(1, min(HEAD_BYTES, len(content)))]


def beheaded(content: bytes, random: Random) -> bytes:
    """It begins somewhere."""
    return content[random.randrange(1, max(len(content) // 2, 2)) :]


def swapped(content: bytes, random: Random) -> bytes:
    """Two blocks have changed places."""
    a, b, c, d = sorted(random.randrange(len(content) + 1) for _ in range(4))
    return content[:a] + content[c:d] + content[b:c] + content[a:b] + content[d:]


def doubled(content: bytes, random: Random) -> bytes:
    """A block is there twice to nine times."""
    start, end = _block(content, random)
    return content[:end] + content[start:end] * random.randrange(1, 9) + content[end:]


def blanked(content: bytes, random: Random) -> bytes:
    """A block is all zeros, or all ones."""
    start, end = _block(content, random)
    return content[:start] + random.choice((b"\0", b"\xff")) * (end - start) + content[end:]


def lacking(content: bytes, random: Random) -> bytes:
    """A block is missing."""
    start, end = _block(content, random)
    return content[:start] + content[end:]


def stuffed(content: bytes, random: Random) -> bytes:
    """Random bytes lie between others."""
    at = random.randrange(len(content))
    return content[:at] + random.randbytes(random.choice((1, 3, 100, 4000))) + content[at:]


def repeated(content: bytes, random: Random) -> bytes:
    """The whole file, several times."""
    return content * random.randrange(2, 6)


def grown(content: bytes, random: Random) -> bytes:
    """The file, and then noise or zeros."""
    return content + random.choice((random.randbytes(20_000), bytes(200_000)))


SPOILING: dict[str, tuple[Spoil, int]] = {
    "one bit flipped": (flipped(bits=1), 4),
    "ten bits flipped": (flipped(bits=10), 6),
    "a hundred bits flipped": (flipped(bits=100), 4),
    "a thousandth random": (flipped_share(0.001), 4),
    "a hundredth random": (flipped_share(0.01), 5),
    "a tenth random": (flipped_share(0.1), 3),
    "half random": (flipped_share(0.5), 1),
    "one bit of the head flipped": (flipped_head(bits=1), 6),
    "twenty bits of the head flipped": (flipped_head(bits=20), 4),
    "the body random": (flipped_body(1.0), 1),
    "a hundredth of the body random": (flipped_body(0.01), 4),
    "an odd number": (odd_numbers(1), 6),
    "twenty odd numbers": (odd_numbers(20), 4),
    "an odd number in the head": (odd_head, 8),
    "cut short": (cut_short, 6),
    "cut in the head": (cut_in_head, 3),
    "beheaded": (beheaded, 3),
    "blocks swapped": (swapped, 3),
    "a block doubled": (doubled, 3),
    "a block blank": (blanked, 4),
    "a block lacking": (lacking, 3),
    "stuffed": (stuffed, 3),
    "repeated": (repeated, 1),
    "grown": (grown, 1),
}
"""Ways and how many mutants of each kind of file each makes."""


def _flipped(content: bytes, random: Random, *, bits: int, end: int) -> bytes:
    whole = bytearray(content)
    for _ in range(bits):
        whole[random.randrange(end)] ^= 1 << random.randrange(8)
    return bytes(whole)


def _block(content: bytes, random: Random) -> tuple[int, int]:
    """Where some stretch of it starts and ends."""
    length = random.choice((1, 8, 64, 512, max(len(content) // 4, 1)))
    start = random.randrange(len(content))
    return start, min(start + length, len(content))

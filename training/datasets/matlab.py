"""Matrices out of MATLAB files of versions 5 to 7.2, and nothing else of them.

A reader of its own, since scipy's follows whatever type a damaged file names and takes Python down with it; and
since matrices of numbers are all that is wanted, there is nothing here that could build an object.

Source: MathWorks, MAT-File Format, "Level 5 MAT-File Format".
"""

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from models.errors import TrainingDataInvalid
from models.types import F32

HEADER = 128
"""Bytes of words, the version and the mark of the byte order, before the first element."""

ORDERS = {b"IM": "<", b"MI": ">"}
MATRIX, COMPRESSED = 14, 15
TYPES = {1: "i1", 2: "u1", 3: "i2", 4: "u2", 5: "i4", 6: "u4", 7: "f4", 9: "f8", 12: "i8", 13: "u8"}
NUMERIC = range(6, 16)
"""The classes of arrays that hold numbers: double, single, and integers of 8 to 64 bits."""

COMPLEX = 0x0800
LARGEST = 2**31
"""Bytes that an element may have once it is no longer compressed."""


@dataclass(frozen=True, slots=True)
class Array:
    """An array as it is stored: its name, its shape, and the element of its numbers; None where they are no reals."""

    name: str
    shape: tuple[int, ...]
    numbers: tuple[int, bytes] | None


def matrix(path: Path, name: str, *, width: int) -> F32:
    """The matrix [n, width] of that name.

    Raises:
        TrainingDataInvalid: the file cannot be read, has no matrix of real numbers of that name and width, or a
            row of it is not finite; the file and the row are named.
    """
    content = path.read_bytes()
    order = ORDERS.get(content[HEADER - 2 : HEADER])
    if order is None:
        raise TrainingDataInvalid(f"{path.name} is no MATLAB file of versions 5 to 7.2")
    try:
        return _finite(path, name, _found(path, name, _arrays(content, order), order=order, width=width))
    except (ValueError, struct.error, zlib.error) as error:
        raise TrainingDataInvalid(f"{path.name} is damaged: {error}") from error


def _found(path: Path, name: str, arrays: Iterator[Array], *, order: str, width: int) -> np.ndarray:
    others = []
    for each in arrays:
        if each.name == name:
            break
        others.append(each.name)
    else:
        raise TrainingDataInvalid(f"{path.name} has no {name}; it has {', '.join(others) or 'nothing'}")
    if each.numbers is None or len(each.shape) != 2 or each.shape[1] != width or not each.shape[0]:
        what = "no array of real numbers" if each.numbers is None else f"of shape {each.shape}"
        raise TrainingDataInvalid(f"{path.name}: {name} is {what}; expected numbers of shape (rows, {width})")
    kind, content = each.numbers
    return np.frombuffer(content, order + TYPES[kind]).reshape(each.shape, order="F")


def _finite(path: Path, name: str, found: np.ndarray) -> F32:
    with np.errstate(over="ignore"):
        numbers = np.ascontiguousarray(found, np.float32)
    finite = np.isfinite(numbers).all(axis=1)
    if not finite.all():
        raise TrainingDataInvalid(f"{path.name}: {name} must be finite in float32, row {int(finite.argmin())} is not")
    return numbers


def _arrays(content: bytes, order: str) -> Iterator[Array]:
    """The arrays of a file, compressed or not."""
    for kind, element in _elements(content, HEADER, order):
        if kind == MATRIX:
            yield _array(element, order)
        if kind == COMPRESSED:
            yield from (_array(part, order) for of, part in _elements(_inflated(element), 0, order) if of == MATRIX)


def _array(content: bytes, order: str) -> Array:
    parts = list(_elements(content, 0, order))
    if len(parts) < 3:
        raise ValueError("an array without flags, shape and name")
    flags = struct.unpack_from(order + "I", parts[0][1])[0]
    shape = tuple(np.frombuffer(parts[1][1], order + "i4").tolist())
    real = flags & 0xFF in NUMERIC and not flags & COMPLEX and len(parts) == 4 and parts[3][0] in TYPES
    return Array(parts[2][1].decode("ascii"), shape, parts[3] if real else None)


def _elements(content: bytes, at: int, order: str) -> Iterator[tuple[int, bytes]]:
    """The kind and content of each element from `at` on; those within a matrix start at multiples of 8 bytes."""
    while at < len(content):
        kind, size = struct.unpack_from(order + "II", content, at)
        start, end = at + 8, at + 8 + size
        if kind >> 16:  # up to 4 bytes, which stand where the size does otherwise
            kind, size = kind & 0xFFFF, kind >> 16
            start, end = at + 4, at + 4 + size
        if end > len(content):
            raise ValueError("it ends within an element")
        yield kind, content[start:end]
        at = end if kind == COMPRESSED else end + -end % 8


def _inflated(content: bytes) -> bytes:
    inflating = zlib.decompressobj()
    found = inflating.decompress(content, LARGEST)
    if inflating.unconsumed_tail or not inflating.eof:
        raise ValueError(f"an element that is cut off, or larger than {LARGEST} bytes")
    return found

"""A vocabulary and its vectors as one file, mapped from the disk.

The file holds, little-endian and without gaps, for n words of one width: the vectors [n, width] in float16 or float32;
`rows` uint32 [n], the vector of each word in the order of the words' UTF-8 bytes; `ends` uint64 [n], where each of them
ends in what follows; the words themselves in that order. One file, so that one hash covers which word has which vector.
"""

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Self

import numpy as np

from models.errors import BundleInvalid
from models.features.card import WordVectorsCard, check_file
from models.types import F32, U8

ROW, END = np.dtype("<u4"), np.dtype("<u8")


class WordTable:
    """Words and their vectors; a word is looked up by bisection in the mapped file, so that opening it needs no memory.

    Safe to share by threads.
    """

    def __init__(self, content: U8, card: WordVectorsCard) -> None:
        number = np.dtype(card.number).newbyteorder("<")
        sizes = [card.words * card.width * number.itemsize, card.words * ROW.itemsize, card.words * END.itemsize]
        if sum(sizes) > len(content):
            raise BundleInvalid(f"{card.file} of {card.ref} is too short for {card.words} words")
        vectors, rows, ends, self._text = np.split(content, np.cumsum(sizes))
        self._vectors = vectors.view(number).reshape(card.words, card.width)
        self._rows, self._ends = rows.view(ROW), ends.view(END)
        if self._rows.max() >= card.words or self._ends[-1] != len(self._text) or not _ascending(self._ends):
            raise BundleInvalid(f"{card.file} of {card.ref} does not hold {card.words} words of width {card.width}")

    @classmethod
    def open(cls, path: Path, card: WordVectorsCard) -> Self:
        """The table in a file; raises BundleInvalid unless it is the one of the card."""
        check_file(path, card.sha256)
        return cls(np.asarray(np.memmap(path, np.uint8, mode="r")), card)

    def __len__(self) -> int:
        return len(self._rows)

    def row(self, word: str) -> int | None:
        """Which vector a word has, if any."""
        sought = word.encode()
        place = bisect_left(range(len(self)), sought, key=self._word)
        return int(self._rows[place]) if place < len(self) and self._word(place) == sought else None

    def word(self, row: int) -> str:
        """The word that a vector is of."""
        return self._word(int(np.flatnonzero(self._rows == row)[0])).decode()

    def vectors(self, rows: Sequence[int]) -> F32:
        """[n, width]"""
        vectors: F32 = self._vectors[list(rows)].astype(np.float32)
        return vectors

    def _word(self, place: int) -> bytes:
        start = self._ends[place - 1] if place else 0
        return self._text[start : self._ends[place]].tobytes()


def word_index(words: Iterable[bytes]) -> bytes:
    """What follows the vectors of these words in a table's file: `rows`, `ends` and the words."""
    listed = list(words)
    rows = sorted(range(len(listed)), key=listed.__getitem__)
    ends = np.cumsum([len(listed[row]) for row in rows], dtype=END)
    return b"".join([np.array(rows, ROW).tobytes(), ends.tobytes(), *(listed[row] for row in rows)])


def _ascending(ends: np.ndarray[tuple[int, ...], np.dtype[np.uint64]]) -> bool:
    return bool((ends[1:] > ends[:-1]).all())

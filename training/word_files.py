"""Files of word vectors as word2vec, fastText and GloVe write them, read a word at a time.

word2vec and fastText begin with a line that says how many words of which width follow; GloVe has no such line. As text,
a line is a word and its numbers; in word2vec's binary files a word ends in a space, its float32 numbers follow at once,
and perhaps a line feed.

Sources: `TrainModel` in word2vec.c of tmikolov/word2vec; `FastText::saveVectors` in fasttext.cc of
facebookresearch/fastText; `save_params` in glove.c of stanfordnlp/GloVe.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import BinaryIO, Literal

import numpy as np

from models.errors import BundleInvalid, DataMissing
from models.types import F32

LONGEST_LINE = 1 << 20
LONGEST_WORD = 1 << 10
MOST_NUMBERS = 1 << 15
SAMPLE = 1 << 16
FLOAT = np.dtype("<f4")
CONTROLS = bytes(set(range(32)) - set(b"\t\r\n"))


@dataclass(frozen=True, slots=True)
class WordFile:
    """What a file of word vectors says of itself; `words` is None where it does not, `start` where they begin."""

    path: Path
    layout: Literal["binary", "text"]
    words: int | None
    width: int
    start: int

    @classmethod
    def of(cls, path: Path) -> "WordFile":
        """Recognised by its content; raises DataMissing, BundleInvalid."""
        if not path.is_file():
            raise DataMissing(f"there is no file {path}")
        with path.open("rb") as file:
            first = _line(file, 1, path)
            said = _header(first)
            if said is None:
                numbers = len(first.split()) - 1 if _is_text(first) else 0
                return cls(path, "text", None, _checked_width(numbers, path), 0)
            words, width = said
            layout: Literal["binary", "text"] = "text" if _is_text(file.read(SAMPLE)) else "binary"
            return cls(path, layout, words, _checked_width(width, path), len(first))

    def rows(self) -> Iterator[tuple[bytes, F32]]:
        """Every word and its vector [width], finite; raises BundleInvalid, naming the line or word, for damage."""
        with self.path.open("rb") as file:
            file.seek(self.start)
            read = _binary_rows if self.layout == "binary" else _text_rows
            for number, (word, vector) in enumerate(read(self, file), start=1):
                if not word or len(word) > LONGEST_WORD:
                    found = f"word {number}, {shown(word)}, has {len(word)} bytes"
                    raise BundleInvalid(f"{self.path}: {found}; expected 1 to {LONGEST_WORD}")
                if not np.isfinite(vector).all():
                    raise BundleInvalid(f"{self.path}: the vector of {shown(word)} is not finite")
                yield word, vector


def shown(word: bytes) -> str:
    """A word as an error names it."""
    return repr(word[:40].decode(errors="replace"))


def _header(line: bytes) -> tuple[int, int] | None:
    fields = line.split()
    if len(fields) != 2 or not all(each.isdigit() and len(each) < 12 for each in fields):
        return None
    words, width = map(int, fields)
    return words, width


def _checked_width(width: int, path: Path) -> int:
    if not 1 <= width <= MOST_NUMBERS:
        raise BundleInvalid(
            f"{path}: line 1 is neither a header nor a word and its numbers; packed files are to be unpacked first"
        )
    return width


def _is_text(sample: bytes) -> bool:
    """Numbers as bytes soon hold control characters; the words of a text may be cut within a character."""
    if sample.translate(None, CONTROLS) != sample:
        return False
    *_, last = [b"", *sample.split(b"\n", 1)[0].split()]
    return is_utf8(sample[: sample.rfind(b"\n") + 1]) or _is_number(last)


def is_utf8(content: bytes) -> bool:
    """Whether these bytes can be read as text."""
    try:
        content.decode()
    except UnicodeDecodeError:
        return False
    return True


def _binary_rows(file: WordFile, content: BinaryIO) -> Iterator[tuple[bytes, F32]]:
    size = file.width * FLOAT.itemsize
    for number in range(1, (file.words or 0) + 1):
        # The line feed after a vector is there in some files only.
        word = _word(content).lstrip(b"\n")
        if (got := len(numbers := content.read(size))) < size:
            place = f"{file.path}: word {number} of {file.words}, {shown(word)}"
            raise BundleInvalid(f"{place}: found {got} bytes of numbers; expected {size}")
        yield word, np.frombuffer(numbers, FLOAT).astype(np.float32)
    if content.read(2) not in (b"", b"\n"):
        raise BundleInvalid(f"{file.path}: something follows the {file.words} words that line 1 announces")


def _word(content: BinaryIO) -> bytes:
    word = bytearray()
    while (character := content.read(1)) not in (b" ", b"") and len(word) <= LONGEST_WORD:
        word += character
    return bytes(word)


def _text_rows(file: WordFile, content: BinaryIO) -> Iterator[tuple[bytes, F32]]:
    headers = 1 if file.start else 0
    number = headers
    while line := _line(content, number := number + 1, file.path):
        yield _parsed(line, number, file)
    if file.words not in (None, found := number - 1 - headers):
        raise BundleInvalid(f"{file.path}: line 1 announces {file.words} words; found {found}")


def _line(content: BinaryIO, number: int, path: Path) -> bytes:
    line = content.readline(LONGEST_LINE)
    if line and not line.endswith(b"\n"):
        reason = "is cut: the file ends in it" if len(line) < LONGEST_LINE else f"is over {LONGEST_LINE} bytes long"
        raise BundleInvalid(f"{path}: line {number} {reason}")
    return line


def _parsed(line: bytes, number: int, file: WordFile) -> tuple[bytes, F32]:
    """The numbers are counted from the right: some words hold spaces."""
    word, *numbers = line.rsplit(None, file.width) or [b""]
    damaged = partial(BundleInvalid, f"{file.path}: line {number}, {shown(word)}: expected {file.width} numbers")
    if len(numbers) != file.width or not word.strip() or _ends_in_number(word) or b"_" in b"".join(numbers):
        raise damaged()
    try:
        with np.errstate(over="ignore"):
            return word.strip(), np.array(list(map(float, numbers)), np.float32)
    except ValueError as error:
        raise damaged() from error


def _ends_in_number(word: bytes) -> bool:
    """Whether a word of several parts ends in what must be a number too many."""
    *before, last = word.split()
    return bool(before) and _is_number(last)


def _is_number(field: bytes) -> bool:
    try:
        float(field)
    except ValueError:
        return False
    return True

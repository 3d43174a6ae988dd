"""Word vectors of word2vec, fastText or GloVe made into a text encoder."""

import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from hashlib import file_digest
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import BinaryIO, Literal

import numpy as np

from models.errors import BundleInvalid, Conflict, QueryInvalid
from models.features.card import NAME, VERSION, WordVectorsCard
from models.features.word_table import word_index
from models.features.word_vectors import lookups
from models.types import F32
from training.word_files import WordFile, is_utf8, shown
from training.writing import write_whole

Number = Literal["float16", "float32"]
FILE = "words.vectors"


def import_words(
    source: Path,
    backbones: Path,
    *,
    name: str,
    version: str = "1",
    licence: str = "unknown",
    texts: Sequence[str] | None = None,
    number: Number = "float32",
    report: Callable[[str], None] = lambda line: None,
) -> WordVectorsCard:
    """A text encoder `<name>@<version>` in a folder of backbones, of the vectors in a file; whole or not there at all.

    The file is read once, a word at a time: what is held in memory is the words. Words that are no UTF-8, that came
    before, or whose vector is zero are left out; `report` is told how many.

    Args:
        texts: keep only what these are looked up by; by default everything.
        number: float16 takes half the disk, at three to four decimal places.

    Raises:
        DataMissing: there is no such file.
        BundleInvalid: it is damaged, or none of the three kinds; the line or word is named.
        QueryInvalid: the name or version cannot be, or none of the words is wanted.
        Conflict: there is an encoder of that name.
    """
    folder = _new_folder(backbones, name, version)
    file = WordFile.of(source)
    kept = _Kept(file, texts=texts, number=np.dtype(number))
    backbones.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=backbones, prefix=".words-") as scratch:
        whole = Path(scratch) / "whole"
        whole.mkdir()
        write_whole(whole / FILE, kept.write)
        card = WordVectorsCard(
            name=name,
            version=version,
            width=file.width,
            file=FILE,
            sha256=_hash(whole / FILE),
            licence=licence,
            source=source.name,
            words=len(kept.words),
            number=number,
        )
        write_whole(whole / "text_encoder.json", lambda out: out.write(card.model_dump_json(indent=2).encode()))
        whole.rename(folder)
    for line in kept.notes(texts or ()):
        report(line)
    return card


class _Kept:
    """The words of a file that become an encoder, in its order, and how many did not."""

    def __init__(self, file: WordFile, *, texts: Sequence[str] | None, number: np.dtype[np.floating]) -> None:
        self._file, self._number = file, number
        self._wanted = None if texts is None else {each.encode() for text in texts for each in lookups(text)}
        self.words: dict[bytes, None] = {}
        self._left_out: Counter[str] = Counter()

    def write(self, out: BinaryIO) -> None:
        """The whole table, as `models.features.word_table` reads it."""
        for word, vector in self._file.rows():
            if self._wanted is not None and word not in self._wanted:
                continue
            stored = self._stored(word, vector)
            if reason := self._reason(word, stored):
                self._left_out[reason] += 1
                continue
            self.words[word] = None
            out.write(stored.tobytes())
        if not self.words:
            raise QueryInvalid(f"{self._file.path} has no vector for any of the words that are wanted")
        out.write(word_index(self.words))

    def notes(self, texts: Sequence[str]) -> Iterator[str]:
        """What to tell people: words left out, and texts of which no word is there."""
        for reason, count in self._left_out.items():
            yield f"{count} words left out: {reason}"
        if unknown := [text for text in texts if not any(each.encode() in self.words for each in lookups(text))]:
            yield f"no vector for: {', '.join(unknown)}"

    def _stored(self, word: bytes, vector: F32) -> np.ndarray[tuple[int, ...], np.dtype[np.floating]]:
        with np.errstate(over="ignore"):
            stored = vector.astype(self._number.newbyteorder("<"))
        if not np.isfinite(stored).all():
            raise BundleInvalid(f"{self._file.path}: the vector of {shown(word)} is too large for {self._number}")
        return stored

    def _reason(self, word: bytes, stored: np.ndarray[tuple[int, ...], np.dtype[np.floating]]) -> str | None:
        """Why a word has to be left out, if so."""
        if word in self.words:
            return "they came before"
        if not stored.any():
            return "their vectors are zero"
        return None if is_utf8(word) else "they are not UTF-8"


def _new_folder(backbones: Path, name: str, version: str) -> Path:
    if not re.fullmatch(NAME, name) or not re.fullmatch(VERSION, version):
        raise QueryInvalid(f"{name}@{version} cannot name an encoder; expected lower case letters, digits, . _ and -")
    folder = backbones / f"{name}@{version}"
    if folder.exists():
        raise Conflict(f"there is {folder.name} in {backbones} already")
    return folder


def _hash(path: Path) -> str:
    with path.open("rb") as file:
        return file_digest(file, "sha256").hexdigest()

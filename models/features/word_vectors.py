"""Word vectors as a text encoder: word2vec, fastText and GloVe.

Source: a text is the mean of its words' unit vectors in word2vec's own `distance.c` (tmikolov/word2vec) and in
`FastText::getSentenceVector` of fasttext.cc (facebookresearch/fastText); features of class names are unit vectors in
the releases of this field.
"""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Self
from unicodedata import category

import numpy as np

from models.errors import QueryInvalid
from models.features.card import WordVectorsCard
from models.features.word_table import WordTable
from models.types import F32

NAMED = 5  # unknown words that an error names
NOTHING = 1e-6  # the length of a mean of unit vectors that rounding alone may leave


class WordVectors:
    """From a text to the mean of its words' unit vectors, again of unit length; words without a vector do not count.

    A text that has a vector of its own, such as the name of a class, has that one instead. Words are looked up as
    written and in lower case, then without the punctuation around them, then by the parts that punctuation joins.
    """

    def __init__(self, card: WordVectorsCard, table: WordTable) -> None:
        self.card = card
        self._table = table

    @classmethod
    def open(cls, folder: Path, card: WordVectorsCard) -> Self:
        """From the folder of the card; raises BundleInvalid where its file does not fit."""
        return cls(card, WordTable.open(folder / card.file, card))

    @property
    def example(self) -> str:
        """A text that it knows."""
        return self._table.word(0)

    def embed(self, texts: Sequence[str]) -> F32:
        """[n, width], rows of unit length; raises QueryInvalid for a text of which no word has a vector."""
        return np.stack([self._mean(text) for text in texts])

    def _mean(self, text: str) -> F32:
        rows = list(self._rows(text, SPLITS))
        if not rows:
            unknown = ", ".join(repr(word[:40]) for word in text.split()[:NAMED])
            raise QueryInvalid(f"none of the {len(self._table)} words of {self.card.ref} is in the text: {unknown}")
        vectors = self._table.vectors(rows).astype(np.float64)
        mean = (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).mean(axis=0)
        length = np.linalg.norm(mean)
        if length < NOTHING:
            raise QueryInvalid(f"the vectors of the words of {text[:40]!r} cancel each other in {self.card.ref}")
        unit: F32 = (mean / length).astype(np.float32)
        return unit

    def _rows(self, text: str, splits: "Sequence[Split]") -> Iterator[int]:
        row = next((row for form in _forms(text) if (row := self._table.row(form)) is not None), None)
        if row is not None:
            yield row
        elif splits:
            for part in splits[0](text):
                yield from self._rows(part, splits[1:])


def lookups(text: str) -> Iterator[str]:
    """Every entry of a vocabulary that may count for a text."""
    return _lookups(text, SPLITS)


def _lookups(text: str, splits: "Sequence[Split]") -> Iterator[str]:
    yield from _forms(text)
    for part in splits[0](text) if splits else ():
        yield from _lookups(part, splits[1:])


def _forms(text: str) -> dict[str, None]:
    """How a vocabulary may write a text, the likeliest first: word2vec joins the words of a name by underscores."""
    words = text.split()
    spaced, joined = " ".join(words), "_".join(words)
    return dict.fromkeys([spaced, spaced.lower(), joined, joined.lower()])


def _bare(word: str) -> list[str]:
    return [word.strip("".join(filter(_is_mark, word)))]


def _parts(word: str) -> list[str]:
    return "".join(" " if _is_mark(character) else character for character in word).split()


def _is_mark(character: str) -> bool:
    """Punctuation, symbols and what cannot be seen; a script's vowel signs are none."""
    return category(character)[0] in "PSZC"


Split = Callable[[str], list[str]]
SPLITS: tuple[Split, ...] = (str.split, _bare, _parts)
"""What is tried in turn where a text has no vector of its own."""

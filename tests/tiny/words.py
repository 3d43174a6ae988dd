"""Files of word vectors, written as the tools of word2vec, fastText and GloVe write them."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from models.types import F32

WIDTH = 8
WORDS = ("the", "of", "dog", "barking", "Dog", "new_york", "café", "हिन्दी", "high", "bell", "ringing", "red", "ball")


def random_vectors(words: tuple[str, ...] = WORDS, *, width: int = WIDTH, seed: int = 0) -> dict[str, F32]:
    """Vectors of several lengths."""
    numbers = np.random.default_rng(seed)
    return {word: numbers.normal(0, 1 + i, width).astype(np.float32) for i, word in enumerate(words)}


def binary(path: Path, vectors: Mapping[str, F32], *, feed: bytes = b"\n") -> Path:
    """word2vec's `-binary 1`; some files lack the line feeds. Returns `path`."""
    rows = [word.encode() + b" " + vector.astype("<f4").tobytes() + feed for word, vector in vectors.items()]
    path.write_bytes(_header(vectors) + b"".join(rows))
    return path


def text(path: Path, vectors: Mapping[str, F32]) -> Path:
    """A .vec file: a header, and a space at the end of every line. Returns `path`."""
    path.write_bytes(_header(vectors) + b"".join(_line(word, vector) + b" \n" for word, vector in vectors.items()))
    return path


def glove(path: Path, vectors: Mapping[str, F32]) -> Path:
    """No header. Returns `path`."""
    path.write_bytes(b"".join(_line(word, vector) + b"\n" for word, vector in vectors.items()))
    return path


WRITERS = {"word2vec": binary, "fasttext": text, "glove": glove}


def _header(vectors: Mapping[str, F32]) -> bytes:
    return f"{len(vectors)} {len(next(iter(vectors.values())))}\n".encode()


def _line(word: str, vector: F32) -> bytes:
    return " ".join([word, *(str(number) for number in vector)]).encode()

"""A gallery's vectors made anew from stored features, against the head alone and reading alone."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import ClassVar

import numpy as np

from benchmarks.contest import Contest
from benchmarks.library import DIM, NAME, library
from index.catalog import features as stored
from index.catalog import galleries as rows
from index.catalog.database import Connection, Database
from index.embedding import Embedding, embeddings
from models.types import F32, I64

WIDTHS = (1024, 512, DIM)
BATCH = 256


@dataclass(frozen=True, slots=True)
class Reembedding:
    """A gallery of so many windows with features of 1,024 numbers and a head 1024-512-64."""

    name: ClassVar[str] = "re-embedding"
    windows: int = 50_000

    @contextmanager
    def contest(self) -> Iterator[Contest]:
        """All windows a time, as a reindexing embeds them; the head alone is given the same features ready."""
        numbers = np.random.default_rng(0)
        features = numbers.standard_normal((self.windows, WIDTHS[0]), np.float32).astype(np.float16).astype(np.float32)
        layers = [_layer(numbers, *each) for each in pairwise(WIDTHS)]
        with TemporaryDirectory() as folder, closing(library(Path(folder), features, *layers)) as galleries:
            (embedding,) = embeddings(galleries.bundle(NAME)).values()
            catalog = Database(f"sqlite:///{Path(folder) / 'catalog.sqlite'}")
            with closing(catalog), catalog.reading() as connection:
                yield _contest(embedding, connection, features)


def _contest(embedding: Embedding, connection: Connection, features: F32) -> Contest:
    ids = embedding.windows(connection, rows.key(connection, NAME))
    again, alone = embedding.all_vectors(connection, ids), _by_head(embedding, features)
    assert np.allclose(again, alone, atol=1e-5), "the stored features and those they were made from differ"
    ours = f"Embedding.all_vectors, {len(ids):,} windows"
    head, reading = f"the head alone, batch {BATCH}", "reading the features alone"
    return Contest(
        ways={
            ours: lambda: embedding.all_vectors(connection, ids),
            head: lambda: _by_head(embedding, features),
            reading: lambda: _read(embedding, connection, ids),
        },
        pairs=[(ours, head), (ours, reading)],
    )


def _layer(numbers: np.random.Generator, width: int, out: int) -> F32:
    """[width, out] random weights that keep the length of what they are multiplied with, about."""
    return numbers.standard_normal((width, out), np.float32) / np.float32(width**0.5)


def _by_head(embedding: Embedding, features: F32) -> F32:
    """[n, 64] of features [n, 1024]."""
    parts = [features[start : start + BATCH] for start in range(0, len(features), BATCH)]
    return np.concatenate([embedding.bundle.embed(embedding.head, {"video": part}) for part in parts])


def _read(embedding: Embedding, connection: Connection, ids: I64) -> None:
    for _ in stored.batches(connection, ids, embedding.backbones):
        pass

"""One query against a gallery, with its embedding and its catalog rows, against bare FAISS on the same vectors."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from itertools import cycle
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import ClassVar

import faiss
import numpy as np

from benchmarks.contest import Contest
from benchmarks.library import DIM, NAME, ROUTE, WIDTH, clip_id, library
from index.gallery import Gallery
from models.types import F32, I64

QUERIES = 64
K = 10


@dataclass(frozen=True, slots=True)
class Search:
    """A gallery of so many windows, asked one query at a time."""

    name: ClassVar[str] = "search"
    windows: int = 31_000

    @contextmanager
    def contest(self) -> Iterator[Contest]:
        """`Gallery.search`, the part of it without the catalog, and FAISS alone, each by its best thread count."""
        numbers = np.random.default_rng(0)
        features = numbers.standard_normal((self.windows, WIDTH), np.float32).astype(np.float16).astype(np.float32)
        texts = numbers.standard_normal((QUERIES, WIDTH), np.float32)
        with TemporaryDirectory() as folder, closing(library(Path(folder), features)) as galleries, _one_thread():
            gallery = galleries.get(NAME)
            queries = gallery.active.bundle.embed("text", {"text": texts})
            flat = faiss.IndexFlatL2(DIM)
            flat.add(gallery.active.bundle.embed("video", {"video": features}))

            def embed(text: F32) -> F32:
                return gallery.active.query_vectors(ROUTE, {"text": text[None]})

            _check_same(gallery, texts[0], flat.search(queries[:1], K)[1][0])
            asked, embedded, searched = cycle(texts), cycle(queries[:, None]), cycle(texts)
            whole, active = f"Gallery.search, {self.windows:,} windows", "the same without the catalog"
            bare = "FAISS alone, 64-d, exact"
            yield Contest(
                ways={
                    whole: lambda: gallery.search(ROUTE, {"text": next(asked)}, k=K),
                    active: lambda: gallery.active.search(ROUTE, embed(next(searched)), K),
                    bare: lambda: flat.search(next(embedded), K),
                },
                pairs=[(whole, bare), (active, bare)],
            )


@contextmanager
def _one_thread() -> Iterator[None]:
    """The faster number of FAISS's threads for a single query."""
    before = faiss.omp_get_max_threads()
    faiss.omp_set_num_threads(1)
    try:
        yield
    finally:
        faiss.omp_set_num_threads(before)


def _check_same(gallery: Gallery, text: F32, rows: I64) -> None:
    found = [hit.clip_id for hit in gallery.search(ROUTE, {"text": text}, k=K)]
    assert found == [clip_id(row) for row in rows.tolist() if row >= 0], "the gallery and FAISS find different clips"

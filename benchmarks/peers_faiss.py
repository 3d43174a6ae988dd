"""FAISS alone, in our process."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import faiss

from benchmarks.peers_store import LINKS, LOOKED_AT, WALKS, Ask, K, Step, Store
from models.cores import cores
from models.types import F32


class FaissGraph:
    """`IndexHNSWFlat`, built by all cores and asked on one."""

    def __init__(self) -> None:
        self._index: faiss.IndexHNSWFlat | None = None

    def build(self, vectors: F32) -> None:
        """In one call."""
        faiss.omp_set_num_threads(cores())
        self._index = faiss.IndexHNSWFlat(vectors.shape[1], LINKS)
        self._index.hnsw.efConstruction = LOOKED_AT
        self._index.add(vectors)
        faiss.omp_set_num_threads(1)

    def steps(self) -> Sequence[Step]:
        """Lengths of the list that a walk keeps."""
        return [{"efSearch": walk} for walk in WALKS]

    def asking(self, step: Step) -> Ask:
        """The bare call."""
        index = self._index
        assert index is not None, "it is built before it is asked"
        index.hnsw.efSearch = step["efSearch"]
        return lambda query: index.search(query[None], K)[1][0].tolist()


@contextmanager
def graph(folder: Path) -> Iterator[Store]:
    """By its graph."""
    yield FaissGraph()

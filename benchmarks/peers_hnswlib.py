"""hnswlib, in our process."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import hnswlib

from benchmarks.peers_store import LINKS, LOOKED_AT, WALKS, Ask, K, Step, Store
from benchmarks.peers_task import DIM
from models.cores import cores
from models.types import F32


class Hnswlib:
    """`hnswlib.Index`, built by all cores and asked on one."""

    def __init__(self) -> None:
        self._index = hnswlib.Index(space="l2", dim=DIM)

    def build(self, vectors: F32) -> None:
        """In one call."""
        self._index.init_index(max_elements=len(vectors), M=LINKS, ef_construction=LOOKED_AT, random_seed=0)
        self._index.add_items(vectors, num_threads=cores())
        self._index.set_num_threads(1)

    def steps(self) -> Sequence[Step]:
        """Lengths of the list that a walk keeps."""
        return [{"ef": walk} for walk in WALKS]

    def asking(self, step: Step) -> Ask:
        """The bare call."""
        self._index.set_ef(step["ef"])
        return lambda query: self._index.knn_query(query, K)[0][0].tolist()


@contextmanager
def graph(folder: Path) -> Iterator[Store]:
    """By its graph."""
    yield Hnswlib()

"""Our own vector tables and galleries, asked as the others are."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np

from benchmarks.library import NAME, ROUTE, library_of
from benchmarks.peers_store import Ask, K, Step, Store
from index.galleries import Galleries
from index.searching import Search
from index.vectors.building import build
from index.vectors.faiss_store import FaissIndex
from index.vectors.kinds import IndexOptions, Kind
from index.vectors.structure import Hnsw, IvfPq
from index.vectors.training import steps
from models.types import F32, Metric


class Table:
    """A table of one kind; of its building only the structure is used, and every step is tried again."""

    def __init__(self, kind: Kind) -> None:
        self._kind: Kind = kind
        self._index: FaissIndex | None = None

    def build(self, vectors: F32) -> None:
        """As a gallery does, its recall measured."""
        options = IndexOptions(kind=self._kind)
        built = build(np.arange(len(vectors)), vectors, metric=Metric.EUCLIDEAN, options=options).index
        assert isinstance(built, FaissIndex), "FAISS is installed where it is measured"
        self._index = built

    def steps(self) -> Sequence[Step]:
        """Those that building tries; none where every vector is looked at."""
        structure = self._built.parts[0].structure
        return [{}] if structure is None else list(steps(self._kind, structure.index))

    def asking(self, step: Step) -> Ask:
        """The table's own search."""
        index = self._at(step)
        return lambda query: index.search(query[None], K).ids[0].tolist()

    def _at(self, step: Step) -> FaissIndex:
        sealed, _ = self._built.parts
        if not isinstance(sealed.structure, IvfPq | Hnsw):
            return self._built
        way = replace(sealed.structure, parameters=step)
        return FaissIndex(self._built.dim, Metric.EUCLIDEAN, sealed=replace(sealed, structure=way))

    @property
    def _built(self) -> FaissIndex:
        assert self._index is not None, "it is built before it is asked"
        return self._index


class InGallery:
    """A gallery of as many clips, whose bundle's heads give the features themselves back."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._galleries: Galleries | None = None

    def build(self, vectors: F32) -> None:
        """Clips with names, labels and stored features go into a new catalog; then it is opened."""
        self._galleries = library_of(self._folder, vectors)
        self._galleries.get(NAME)

    def steps(self) -> Sequence[Step]:
        """None: a gallery chooses by itself."""
        return [{}]

    def asking(self, step: Step) -> Ask:
        """A search in process: the table, and the hits' names and labels from the catalog."""
        assert self._galleries is not None, "it is built before it is asked"
        gallery = self._galleries.get(NAME)
        asked = Search(ROUTE, K)
        return lambda query: [int(hit.clip_id, 16) for hit in gallery.search_vectors(query[None], asked)[0]]

    def close(self) -> None:
        """Close its catalog."""
        if self._galleries is not None:
            self._galleries.close()


@contextmanager
def flat(folder: Path) -> Iterator[Store]:
    """Every vector looked at."""
    yield Table("flat")


@contextmanager
def lists(folder: Path) -> Iterator[Store]:
    """By inverted lists of product codes, re-ranked."""
    yield Table("ivfpq")


@contextmanager
def graph(folder: Path) -> Iterator[Store]:
    """By a graph."""
    yield Table("hnsw")


@contextmanager
def gallery(folder: Path) -> Iterator[Store]:
    """With a catalog."""
    store = InGallery(folder)
    try:
        yield store
    finally:
        store.close()

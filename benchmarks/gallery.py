"""Searches of a gallery, and of its vector table alone, filtered and not, against FAISS's bare call."""

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from itertools import cycle
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, ClassVar

import faiss
import numpy as np

from benchmarks.contest import Contest
from benchmarks.library import DIM, NAME, ROUTE, clip_id, library_of, widened
from index.filters import Filter
from index.gallery import Gallery
from index.searching import Search
from index.vectors.building import build
from index.vectors.faiss_store import FaissIndex
from models.types import F32, I64, Metric

QUERIES = 64
K = 10
SHARE = 0.01
"""Of the windows, admitted by a filter of when clips came."""

bare: Any = faiss
"""FAISS's own names, of which its type stubs lack these."""


@dataclass(frozen=True, slots=True)
class GallerySearch:
    """A gallery of so many windows of 64-d, by the kind of table that this many get; one query at a time."""

    name: ClassVar[str] = "gallery"
    windows: int = 31_000

    @contextmanager
    def contest(self) -> Iterator[Contest]:
        """Features are their own vectors, so that all ways search the same ones; the filter admits the first 1 %."""
        numbers = np.random.default_rng(0)
        vectors, queries = _drawn(numbers, self.windows), _drawn(numbers, QUERIES)
        allowed = np.arange(max(round(SHARE * self.windows), K))
        table = build(np.arange(self.windows), vectors, metric=Metric.EUCLIDEAN, queries=queries).index
        assert isinstance(table, FaissIndex), "FAISS is installed where it is measured"
        alone, within = bare_call(table, vectors), _bare_within(vectors, allowed)
        with TemporaryDirectory() as folder, closing(library_of(Path(folder), vectors)) as galleries:
            gallery = galleries.get(NAME)
            _check(gallery, table, queries)
            _check_filtered(gallery, table, within(queries[:4]), queries=queries[:4], allowed=allowed)
            rows, texts = [cycle(queries[:, None]) for _ in range(6)], cycle(widened(queries))
            asked, among = Search(ROUTE, K), Search(ROUTE, K, Filter(added_to=float(len(allowed))))
            whole, filtered = f"Gallery.search_vectors, {self.windows:,} windows", "Gallery.search_vectors, 1 % allowed"
            ours, some = f"the vector table alone, {table.kind}", "the vector table alone, 1 % allowed"
            asking = "Gallery.search, from a text's feature"
            call, selected = "FAISS's bare call", "FAISS's bare call with a selector of 1 %"
            yield Contest(
                ways={
                    asking: lambda: gallery.search(ROUTE, {"text": next(texts)}, k=K),
                    whole: lambda: gallery.search_vectors(next(rows[0]), asked),
                    filtered: lambda: gallery.search_vectors(next(rows[1]), among),
                    ours: lambda: table.search(next(rows[2]), K),
                    some: lambda: table.search(next(rows[3]), K, allowed=allowed),
                    call: lambda: alone(next(rows[4])),
                    selected: lambda: within(next(rows[5])),
                },
                pairs=[
                    (asking, call),
                    (whole, call),
                    (ours, call),
                    (filtered, call),
                    (filtered, selected),
                    (some, selected),
                ],
            )


def _drawn(numbers: np.random.Generator, count: int) -> F32:
    """[n, 64] that float16 holds, as a catalog keeps them."""
    return numbers.standard_normal((count, DIM), np.float32).astype(np.float16).astype(np.float32)


def bare_call(table: FaissIndex, vectors: F32) -> Callable[[F32], I64]:
    """FAISS's own call for one query [1, 64] that gives the table's rows [1, 10]: by its structure, scored exactly
    again where that is one of product codes, or else by a flat index.
    """
    flat = faiss.IndexFlatL2(DIM)
    flat.add(vectors)
    structure = table.parts[0].structure
    if structure is None:
        return lambda query: flat.search(query, K)[1]
    visited = bare.SearchParametersIVF(nprobe=structure.parameters["nprobe"])
    refined = bare.IndexRefine(structure.index, flat)
    how = bare.IndexRefineSearchParameters(k_factor=structure.parameters["candidates"], base_index_params=visited)
    return lambda query: refined.search(query, K, params=how)[1]


def bare_structure(table: FaissIndex) -> Callable[[F32], I64] | None:
    """FAISS's own call for the candidates alone [1, c], which are not yet scored exactly; None where there are none."""
    structure = table.parts[0].structure
    if structure is None:
        return None
    visited = bare.SearchParametersIVF(nprobe=structure.parameters["nprobe"])
    return lambda query: structure.index.search(query, K * structure.parameters["candidates"], params=visited)[1]


def _bare_within(vectors: F32, allowed: I64) -> Callable[[F32], I64]:
    """FAISS's flat search of the allowed rows only."""
    flat = faiss.IndexFlatL2(DIM)
    flat.add(vectors)
    how = bare.SearchParameters(sel=bare.IDSelectorBatch(allowed))
    return lambda query: flat.search(query, K, params=how)[1]


def _check(gallery: Gallery, table: FaissIndex, queries: F32) -> None:
    """That both find the same, where each looks at every vector."""
    if table.kind == "flat":
        found = gallery.search_vectors(queries[:4], Search(ROUTE, K))
        expected = [[clip_id(row) for row in rows] for rows in table.search(queries[:4], K).ids.tolist()]
        assert [[hit.clip_id for hit in hits] for hits in found] == expected, "the gallery and the table differ"


def _check_filtered(gallery: Gallery, table: FaissIndex, bare_ids: I64, *, queries: F32, allowed: I64) -> None:
    """That the gallery, the table and FAISS find the same rows among those allowed."""
    assert np.array_equal(table.search(queries, K, allowed=allowed).ids, bare_ids), "the table and FAISS differ"
    found = gallery.search_vectors(queries, Search(ROUTE, K, Filter(added_to=float(len(allowed)))))
    expected = [[clip_id(row) for row in rows] for rows in bare_ids.tolist()]
    assert [[hit.clip_id for hit in hits] for hits in found] == expected, "the gallery and FAISS differ"

"""Ways into a sealed part that do not look at every row: inverted lists of product codes, and a graph."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Protocol

import faiss
import numpy as np

from index.vectors.kinds import Near
from index.vectors.scan import Admission, bare
from models.scoring import TINY, normalised
from models.types import F32, I64, Metric

AT_LEAST = 10
"""Hits for which candidates are taken at least, so that a small `k` loses nothing."""

Parameters = Mapping[str, int]


class Structure(Protocol):
    """Proposes rows, which are then scored exactly; `parameters` are what a search is steered by."""

    @property
    def kind(self) -> str: ...
    @property
    def index(self) -> "faiss.Index": ...
    @property
    def near(self) -> Near: ...
    @property
    def parameters(self) -> Parameters: ...
    def propose(self, queries: F32, k: int, admitted: Admission | None) -> I64: ...


@dataclass(frozen=True, eq=False)
class IvfPq:
    """Inverted lists of 4-bit product codes (fast scan); of `candidates` rows a hit the best are kept by exact score.

    `nprobe` lists are visited, more of them as a filter admits less.
    """

    index: "faiss.Index"
    near: Near
    parameters: Parameters
    kind = "ivfpq"

    def propose(self, queries: F32, k: int, admitted: Admission | None) -> I64:
        """The rows [q, k or more] that may be nearest, and admitted; -1 pads."""
        if admitted is None:
            how = _visiting(self.parameters["nprobe"])
        else:
            probed = min(int(self.parameters["nprobe"] / admitted.share), self.parameters["nlist"])
            how = bare.SearchParametersIVF(nprobe=probed, sel=admitted.bitmap)
        count = min(max(k, AT_LEAST) * self.parameters["candidates"], self.index.ntotal)
        return _proposed(self, queries, count, how)


@dataclass(frozen=True, eq=False)
class Hnsw:
    """A graph over the vectors (HNSW), walked with a list of `efSearch` nodes, longer as a filter admits less.

    Of `candidates` rows a hit, of which there need be more than one where nearness is not the exact score.
    """

    index: "faiss.Index"
    near: Near
    parameters: Parameters
    kind = "hnsw"

    def propose(self, queries: F32, k: int, admitted: Admission | None) -> I64:
        """The rows [q, k or more] that may be nearest, and admitted; -1 pads."""
        count = max(k, AT_LEAST) * self.parameters["candidates"]
        walked = max(self.parameters["efSearch"], 2 * k, count)
        if admitted is None:
            how = _walking(walked)
        else:
            how = bare.SearchParametersHNSW(efSearch=int(walked / admitted.share), sel=admitted.bitmap)
        return _proposed(self, queries, min(count, self.index.ntotal), how)


STRUCTURES: Mapping[str, type[IvfPq] | type[Hnsw]] = {"ivfpq": IvfPq, "hnsw": Hnsw}


def save(structure: Structure, path: Path) -> None:
    """Write FAISS's file of it."""
    faiss.write_index(structure.index, str(path))


def load(kind: str, path: Path, *, near: Near, parameters: Parameters) -> Structure:
    """The structure of this file; what FAISS can map it maps, the rest it reads. Raises KeyError, RuntimeError."""
    return STRUCTURES[kind](faiss.read_index(str(path), bare.IO_FLAG_MMAP_IFC), near, parameters)


def lifted(vectors: F32, metric: Metric, length: float, *, width: int) -> F32:
    """Vectors [n, d] in the space of the structure [n, width], where the nearest are those of the best score.

    Structures know the L2 distance alone. Inner products become one on the unit sphere: vectors are divided by the
    greatest `length` of all, and one dimension more brings each of them to length 1. The rest of the width is zeros.

    Source: Bachrach et al., "Speeding Up the Xbox Recommender System Using a Euclidean Transformation for
    Inner-Product Spaces", RecSys 2014, section 3.
    """
    wide = np.zeros((len(vectors), width), np.float32)
    wide[:, : vectors.shape[1]] = vectors
    if metric is Metric.INNER:
        wide /= np.float32(max(length, TINY))
        wide[:, vectors.shape[1]] = np.sqrt(np.maximum(1 - np.einsum("nd,nd->n", wide, wide), 0))
    return wide


def lifted_queries(queries: F32, metric: Metric, *, width: int) -> F32:
    """Queries [q, d] in that space: for inner products of length 1, on which their order does not depend."""
    wide = np.zeros((len(queries), width), np.float32)
    wide[:, : queries.shape[1]] = normalised(queries) if metric is Metric.INNER else queries
    return wide


def lifted_width(dim: int, metric: Metric) -> int:
    """The width of the structure's space: even, so that it divides into pairs, with one dimension more for `INNER`."""
    wide = dim + (metric is Metric.INNER)
    return wide + wide % 2


@lru_cache(maxsize=64)
def _visiting(lists: int) -> Any:
    """FAISS's parameters without a filter, which searches may share: making them takes 4 us."""
    return bare.SearchParametersIVF(nprobe=lists)


@lru_cache(maxsize=64)
def _walking(nodes: int) -> Any:
    return bare.SearchParametersHNSW(efSearch=nodes)


def _proposed(structure: Structure, queries: F32, count: int, how: "faiss.SearchParameters") -> I64:
    index, near = structure.index, structure.near
    asked = lifted_queries(queries[:, : near.dim], near.metric, width=index.d)
    _, rows = index.search(asked, count, params=how)
    return rows

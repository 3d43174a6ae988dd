"""Structures trained on a table's vectors, and the steps by which their search is made to look harder."""

from collections.abc import Callable, Iterator, Mapping

import faiss
import numpy as np

from index.vectors.kinds import Kind, Near, Stage, untold
from index.vectors.scan import bare
from index.vectors.structure import Parameters, lifted, lifted_width
from models.types import F32, Metric

LEAST = 256
"""Vectors below which nothing is gained, nor learnt, by a structure."""

LARGEST = 1e15
"""Numbers beyond which nothing is learnt: FAISS ends the process where squares of distances leave float32."""

SAMPLED = 64
"""Vectors a list that the lists' centres are learnt from."""

ROWS = 65_536
"""How many vectors are lifted at once: 16 MiB of 64 dimensions."""

LINKED = 8_192
"""How many are put into a graph at once, in about a second."""

LINKS, LOOKED_AT = 16, 80
"""Of the graph: links a node, and candidates looked at when one is added."""

PROBES = ((8, 8), (16, 8), (16, 16), (32, 16), (32, 64), (64, 64), (64, 256), (256, 512))
"""Lists visited and candidates a hit, from quick to thorough."""

WALKS = (16, 32, 64, 128, 256, 512)
"""Lengths of the list that a walk through the graph keeps, from quick to thorough."""


def train(kind: Kind, vectors: F32, near: Near, watch: Stage = untold) -> "faiss.Index":
    """FAISS's index of this kind over what is near of vectors [n, d]; the same for the same vectors."""
    return TRAINERS[kind](vectors[:, : near.dim], near.metric, watch)


def steps(kind: Kind, index: "faiss.Index", *, least: int = 1) -> Iterator[Parameters]:
    """What a search can be steered by, from quick to thorough; of `least` candidates a hit."""
    if kind == "hnsw":
        yield from ({"links": LINKS, "efSearch": walk, "candidates": least} for walk in WALKS)
        return
    lists = bare.downcast_index(index).nlist
    probes = dict.fromkeys((min(nprobe, lists), max(candidates, least)) for nprobe, candidates in PROBES)
    yield from ({"nlist": lists, "nprobe": nprobe, "candidates": candidates} for nprobe, candidates in probes)


def _train_ivfpq(vectors: F32, metric: Metric, watch: Stage) -> "faiss.Index":
    """About as many lists as the root of the vectors' number; a 4-bit code for every two dimensions of the residual."""
    width, lists = lifted_width(vectors.shape[1], metric), 2 ** int(np.log2(np.sqrt(len(vectors))))
    index = bare.IndexIVFPQFastScan(faiss.IndexFlatL2(width), width, lists, width // 2, 4)
    index.by_residual = True
    index.cp.niter, index.cp.max_points_per_centroid = 10, SAMPLED
    index.cp.min_points_per_centroid = index.pq.cp.min_points_per_centroid = 1  # else it complains on stdout
    sample = np.random.default_rng(0).permutation(len(vectors))[: max(SAMPLED * lists, 4 * LEAST)]
    watch(f"training {lists} lists")
    index.train(lifted(vectors[np.sort(sample)], metric, _length(vectors), width=width))
    return _filled(index, vectors, metric, rows=ROWS, watch=watch)


def _train_hnsw(vectors: F32, metric: Metric, watch: Stage) -> "faiss.Index":
    """By one thread, in the order of the ids: two would make another graph every time."""
    index = bare.IndexHNSWFlat(lifted_width(vectors.shape[1], metric), LINKS)
    index.hnsw.efConstruction = LOOKED_AT
    faiss.omp_set_num_threads(1)
    return _filled(index, vectors, metric, rows=LINKED, watch=watch)


def _filled(index: "faiss.Index", vectors: F32, metric: Metric, *, rows: int, watch: Stage) -> "faiss.Index":
    """The index with all vectors, so many at a time."""
    length = _length(vectors)
    for start in range(0, len(vectors), rows):
        block = vectors[start : start + rows]
        watch(f"adding rows {start} to {start + len(block)}")
        index.add(lifted(block, metric, length, width=index.d))
    return index


def _length(vectors: F32) -> float:
    """The greatest length."""
    return float(np.sqrt(np.einsum("nd,nd->n", vectors, vectors).max()))


TRAINERS: Mapping[Kind, Callable[[F32, Metric, Stage], "faiss.Index"]] = {"ivfpq": _train_ivfpq, "hnsw": _train_hnsw}

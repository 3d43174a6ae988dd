"""LanceDB, in our process, over files."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import lancedb
import numpy as np
import pyarrow as pa
from lancedb.index import HnswFlat, IvfPq

from benchmarks.peers_store import Ask, K, Step, Store
from models.types import F32

PRODUCT = IvfPq(distance_type="l2", num_sub_vectors=16)
"""Four dimensions a code: by LanceDB's default of one code for sixteen the candidates are too many."""
GRAPH = HnswFlat(distance_type="l2")

PROBES = (
    (1, 1),
    (1, 2),
    (2, 2),
    (4, 2),
    (4, 4),
    (8, 4),
    (10, 5),
    (20, 5),
    (20, 10),
    (40, 10),
    (40, 20),
    (80, 20),
    (160, 20),
    (160, 50),
    (320, 100),
)
WALKS = ((1, 32), (2, 32), (4, 32), (4, 64), (8, 64), (8, 128), (16, 128), (32, 256))


class Lance:
    """A table of a local database with one index over all its rows."""

    def __init__(self, folder: Path, config: IvfPq | HnswFlat) -> None:
        self._database = lancedb.connect(folder)
        self._config = config
        self._table: Any = None

    def build(self, vectors: F32) -> None:
        """All rows as one Arrow table, then the index."""
        column = pa.FixedSizeListArray.from_arrays(pa.array(vectors.ravel()), vectors.shape[1])
        rows = pa.table({"id": pa.array(np.arange(len(vectors))), "vector": column})
        self._table = self._database.create_table("vectors", rows)
        self._table.create_index("vector", config=self._config)

    def steps(self) -> Sequence[Step]:
        """Partitions visited, and candidates a hit that are scored exactly or the list that a walk keeps."""
        if isinstance(self._config, IvfPq):
            return [{"nprobes": probes, "refine_factor": factor} for probes, factor in PROBES]
        return [{"nprobes": probes, "ef": walk} for probes, walk in WALKS]

    def asking(self, step: Step) -> Ask:
        """Its query builder, read as Arrow; distances are asked for, as it warns where they are not."""

        def ask(query: F32) -> Sequence[int]:
            found = self._table.search(query).nprobes(step["nprobes"]).limit(K).select(["id", "_distance"])
            found = found.refine_factor(step["refine_factor"]) if "refine_factor" in step else found.ef(step["ef"])
            ids: list[int] = found.to_arrow()["id"].to_pylist()
            return ids

        return ask


@contextmanager
def product_codes(folder: Path) -> Iterator[Store]:
    """By inverted lists of product codes, re-ranked."""
    yield Lance(folder, PRODUCT)


@contextmanager
def graph(folder: Path) -> Iterator[Store]:
    """By a graph over whole vectors."""
    yield Lance(folder, GRAPH)

"""Tables searched on a GPU: a copy, on the device, of a table on the host."""

import logging
from dataclasses import dataclass
from functools import partial
from threading import Lock
from weakref import finalize

import numpy as np

from index.vectors.base import VectorIndex, check_k, check_vectors, padded
from index.vectors.contents import Contents
from index.vectors.exact import ExactIndex
from index.vectors.gate import Gate
from index.vectors.gpu_device import Device, FaissDevice, Fill, Kind, suited
from index.vectors.owner import Owner
from index.vectors.snapshot import Kept
from models.errors import Unavailable
from models.scoring import normalised, scores
from models.types import F32, I64, Hits, Metric

SMALL = 1_000
"""Below so many vectors the device holds them flat: CAGRA hangs on tiny sets, and nothing is gained."""
MASKED = 256
"""How many removed rows the device skips before it is filled anew: each makes every search one hit longer."""
FRESH = 1_000
"""How many vectors, or a fiftieth of all, wait on the host before a device that cannot add is filled anew."""
GROWN = 4
"""By how much lists may outgrow what their centres were trained on."""
MOST = 1_024
"""The most hits asked of the device (FAISS allows 2,048, a graph is slow long before); the host finds more."""
SLACK = 16
"""Further candidates scored on the host: the device's distances are rounded, ours are not."""

logger = logging.getLogger(__name__)


@dataclass(slots=True)
class _Copy:
    """What a device was filled with, and what has changed since."""

    kind: Kind
    owner: Owner[Device]
    grows: bool
    rows: I64
    """The id of each of its rows; -1 where it was removed."""
    fresh: ExactIndex
    """What it could not take, and what replaces rows of it."""
    filled_with: int
    masked: int = 0

    def remove(self, ids: I64) -> None:
        """Mask the rows of these ids."""
        self.fresh.remove(ids)
        self.rows[np.isin(self.rows, ids)] = -1
        self.masked = int((self.rows < 0).sum())

    def ids_at(self, rows: I64) -> I64:
        """The ids at rows [q, k]; -1 where a row is masked or none, which a graph says by 2^32 - 1."""
        known = (rows >= 0) & (rows < len(self.rows))
        return np.where(known, self.rows[np.where(known, rows, 0)], -1)


class GpuIndex:
    """A host table whose searches run on a GPU.

    GPU indexes can neither be shared by threads nor forget a vector, so one thread owns the device and takes all who
    wait in one call, and removed rows are masked here: searches ask for as many more. What is found is scored again
    from the host's vectors, so that scores are exact and equal ones in the order of their ids. Searches among given
    ids, for more hits than a device gives, or that it has no room for, are the host's. Past some thresholds the device
    is filled anew beside the old one, by whoever made the change; searches go on meanwhile.
    """

    def __init__(self, host: VectorIndex, *, kind: Kind | None = None, fill: Fill = FaissDevice) -> None:
        """Fill the device from an exact table, which is changed through this index only from now on.

        Without a kind it follows from the size. Raises RuntimeError where the device refuses, as FAISS does.
        """
        self.dim = host.dim
        self.metric = host.metric
        self._host = host
        self._wanted = kind
        self._fill = fill
        self._gate = Gate()
        self._changing = Lock()
        self._copy = self._filled()

    @property
    def kind(self) -> str:
        """gpu-flat, gpu-ivf or gpu-cagra."""
        return f"gpu-{self._copy.kind}"

    def __len__(self) -> int:
        return len(self._host)

    def ids(self) -> I64:
        """The ids that are there, ascending."""
        return self._host.ids()

    def vectors(self, ids: I64) -> F32:
        """Those of the ids [n], as [n, dim] in their order; of unit length where the metric is cosine."""
        return self._host.vectors(ids)

    def contents(self) -> Contents:
        """Those of the host, as a snapshot keeps them."""
        assert isinstance(self._host, Kept), "tables on the host can be kept"
        with self._gate.reading():
            return self._host.contents()

    def add(self, ids: I64, vectors: F32) -> None:
        """Add vectors [n, dim] under new ids [n]; Unavailable, and none is added, where the device refuses them."""
        with self._changing:
            with self._gate.writing():
                self._host.add(ids, vectors)
                self._place(ids)
            self._refill_if_due()

    def replace(self, ids: I64, vectors: F32) -> None:
        """Give ids [n] that are there other vectors [n, dim], kept beside the device until it is filled anew."""
        with self._changing:
            with self._gate.writing():
                self._host.replace(ids, vectors)
                self._copy.remove(ids)
                self._copy.fresh.add(ids, vectors)
            self._refill_if_due()

    def remove(self, ids: I64) -> int:
        """Forget these ids; says how many there were."""
        with self._changing:
            with self._gate.writing():
                count = self._host.remove(ids)
                self._copy.remove(ids)
            self._refill_if_due()
            return count

    def search(self, queries: F32, k: int, *, allowed: I64 | None = None) -> Hits:
        """The `k` best for each of the queries [q, dim]."""
        check_vectors(queries, self.dim)
        check_k(k)
        with self._gate.reading():
            reach = k + self._copy.masked + SLACK
            if allowed is not None or reach > MOST or len(queries) == 0:
                return self._host.search(queries, k, allowed=allowed)
            try:
                near = self._candidates(queries, k, reach)
            except RuntimeError as error:  # where what else is on the device left no room to search in
                logger.warning("the GPU did not search, the CPU does: %s", error)
                return self._host.search(queries, k)
            return self._scored(queries, near, k)

    def close(self) -> None:
        """End the thread and free the device; the index is of no use afterwards."""
        self._copy.owner.close()

    def _candidates(self, queries: F32, k: int, reach: int) -> I64:
        """Ids [q, n] of what may be among the best, nearest first in each part; -1 pads."""
        copy = self._copy
        fresh = copy.fresh.search(queries, k).ids
        if len(copy.rows) == 0:
            return fresh
        prepared = normalised(queries) if self.metric is Metric.COSINE else queries
        _, rows = copy.owner.search(prepared, min(reach, len(copy.rows)))
        return np.concatenate([fresh, copy.ids_at(rows)], axis=1)

    def _scored(self, queries: F32, candidates: I64, k: int) -> Hits:
        ids, best = np.full((len(queries), k), -1, np.int64), np.full((len(queries), k), -np.inf, np.float32)
        for row, (query, near) in enumerate(zip(queries, candidates, strict=True)):
            there = np.unique(near[near >= 0][: 2 * k + SLACK])
            found = scores(query[None], self._host.vectors(there), self.metric)[0]
            order = np.argsort(-found, kind="stable")[:k]
            ids[row, : len(order)], best[row, : len(order)] = there[order], found[order]
        return padded(ids, best, k)

    def _place(self, ids: I64) -> None:
        """Put what the host has just taken where searches find it: on the device, or beside it."""
        vectors, copy = self._host.vectors(ids), self._copy
        if not copy.grows:
            copy.fresh.add(ids, vectors)
            return
        try:
            copy.owner.run(lambda device: device.add(vectors))
        except RuntimeError as error:
            self._host.remove(ids)
            raise Unavailable(f"the GPU did not take {len(ids)} more vectors: {error}") from error
        copy.rows = np.concatenate([copy.rows, ids])

    def _refill_if_due(self) -> None:
        if not self._due():
            return
        old = self._copy
        try:
            new = self._filled()
        except RuntimeError as error:  # the old copy is right, only slow: in the end the host answers all
            logger.warning("the GPU could not be filled anew: %s", error)
            return
        with self._gate.writing():
            self._copy = new
        old.owner.close()

    def _due(self) -> bool:
        copy = self._copy
        outgrown = copy.kind == "ivf" and len(copy.rows) > GROWN * copy.filled_with
        waiting = len(copy.fresh) > max(FRESH, len(copy.rows) // 50)
        better = copy.kind == "flat" and self._suited() != "flat"
        return outgrown or waiting or better or copy.masked > MASKED

    def _suited(self) -> Kind:
        count = len(self._host)
        if count < SMALL:
            return "flat"
        return self._wanted or suited(count)

    def _filled(self) -> _Copy:
        """A device with all that the host has."""
        kind, ids = self._suited(), self._host.ids().copy()
        owner = Owner(partial(self._fill, kind, self._host.vectors(ids), self.metric))
        finalize(self, owner.close)  # the thread does not keep this index, and must not outlive it
        grows = owner.run(lambda device: device.grows)
        return _Copy(kind, owner, grows, ids, ExactIndex(self.dim, self.metric), len(ids))

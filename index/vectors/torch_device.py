"""What holds vectors on a GPU by torch, which looks at every one: where FAISS has nothing for GPUs."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from index.vectors.gpu_device import Kind
from models.types import F32, I64, Metric

BLOCK_BYTES = 2**28
"""Of vectors that lie together: a million of 64 numbers."""
QUERIES = 256
"""At once, whose closeness to a block of a million vectors takes 1 GiB."""
GROUP = 32
"""Neighbours of which first the closest alone is compared: what is chosen among is read once, not sorted."""


@dataclass(frozen=True, slots=True)
class _Block:
    """Vectors [n, d], and what is added to a query's products with them: half of their squared lengths taken off."""

    vectors: Tensor
    offsets: Tensor | None

    def closeness(self, queries: Tensor) -> Tensor:
        """[q, n], the higher the nearer."""
        if self.offsets is None:
            return queries @ self.vectors.T
        return torch.addmm(self.offsets, queries, self.vectors.T)


class TorchDevice:
    """Every vector on one device of torch; used by one thread.

    What is nearest by L2 is so by q.x - |x|^2 / 2, seen from the vectors' middle, so that vectors that are all far away
    in the same direction lose no digits.
    """

    grows = True

    def __init__(self, _: Kind, vectors: F32, metric: Metric, *, place: str = "cuda") -> None:
        """Put vectors [n, d] there, whatever the kind; raises torch's RuntimeError where they do not fit."""
        self._place, self._metric = torch.device(place), metric
        seen_from_there = metric is Metric.EUCLIDEAN and len(vectors)
        middle = vectors.mean(axis=0, dtype=np.float64) if seen_from_there else np.zeros(vectors.shape[1])
        self._middle: F32 = middle.astype(np.float32)
        self._blocks: tuple[_Block, ...] = (self._block(torch.empty((0, vectors.shape[1]), device=self._place)),)
        self.add(vectors)

    @torch.inference_mode()
    def add(self, vectors: F32) -> None:
        """Append vectors [n, d]; their rows go on from the last. What does not fit changes nothing."""
        *full, last = self._blocks
        at_once = max(BLOCK_BYTES // (4 * vectors.shape[1]), 1)
        room = at_once - len(last.vectors)
        begun = torch.cat([last.vectors, self._there(vectors[:room])])
        others = [self._there(vectors[start : start + at_once]) for start in range(room, len(vectors), at_once)]
        self._blocks = (*full, *(self._block(each) for each in (begun, *others)))

    @torch.inference_mode()
    def search(self, queries: F32, k: int) -> tuple[F32, I64]:
        """Distances, squared, or products, and rows [q, k] for queries [q, d], best first."""
        asked = self._there(queries)
        found = [self._nearest(some, k) for some in torch.split(asked, QUERIES)]
        near, rows = (torch.cat(each) for each in zip(*found, strict=True))
        if self._metric is Metric.EUCLIDEAN:
            near = (asked.square().sum(1, keepdim=True) - 2 * near).clamp(min=0)
        return near.cpu().numpy(), rows.cpu().numpy()

    def _there(self, vectors: F32) -> Tensor:
        return torch.from_numpy(vectors - self._middle).to(self._place)

    def _block(self, vectors: Tensor) -> _Block:
        squares = vectors.square().sum(1) / -2 if self._metric is Metric.EUCLIDEAN else None
        return _Block(vectors, squares)

    def _nearest(self, queries: Tensor, k: int) -> tuple[Tensor, Tensor]:
        """Closeness and rows [q, k] among all blocks."""
        found = [(near, rows + first) for near, rows, first in self._by_block(queries, k)]
        near, rows = (torch.cat(each, dim=1) for each in zip(*found, strict=True))
        nearest, order = near.topk(min(k, near.shape[1]))
        return nearest, rows.gather(1, order)

    def _by_block(self, queries: Tensor, k: int) -> Iterator[tuple[Tensor, Tensor, int]]:
        first = 0
        for block in self._blocks:
            yield *best(block.closeness(queries), k), first
            first += len(block.vectors)


def best(near: Tensor, k: int) -> tuple[Tensor, Tensor]:
    """The `k` highest of each row of [q, n], or all where there are fewer, and their columns; highest first.

    They lie in the k groups whose highest are highest: a group without one of them has nothing above any of them.
    """
    groups = near.shape[1] // GROUP
    if groups <= 2 * k:
        return near.topk(min(k, near.shape[1]))
    grouped, rest = near[:, : groups * GROUP].view(len(near), groups, GROUP), near[:, groups * GROUP :]
    chosen = grouped.amax(2).topk(k).indices
    within = torch.arange(GROUP, device=near.device)
    after = torch.arange(groups * GROUP, near.shape[1], device=near.device)
    columns = torch.cat([(chosen[:, :, None] * GROUP + within).flatten(1), after.expand(len(near), -1)], dim=1)
    among = torch.cat([near.gather(1, columns[:, : k * GROUP]), rest], dim=1)
    highest, order = among.topk(k)
    return highest, columns.gather(1, order)


def missing() -> str | None:
    """Why torch can use no GPU; None where it can."""
    return None if torch.cuda.is_available() else f"torch {torch.__version__} finds none"

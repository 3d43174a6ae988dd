"""Average precisions over full rankings where torch computes: what `models.evaluation.ranking` does with numpy."""

from dataclasses import dataclass

import torch
from torch import Tensor

from models.evaluation.label_ranking import LabelRanking
from models.types import F32, F64, I64, Metric

BLOCK = 2**25
"""Pairs of a query and a gallery item that are ordered at once, in some 60 bytes each."""
MIDDLE = 2**30
"""Of the bits of a remoteness, so that twice their distance from it, and one, is an int32."""
NEVER = 2**31 - 1
"""The key of an item that is left out: after all others, and counted with none."""


def by_label(
    queries: F32,
    gallery: F32,
    *,
    query_labels: I64,
    gallery_labels: I64,
    metric: Metric,
    own: I64 | None = None,
    device: torch.device,
) -> F64:
    """As `models.evaluation.ranking.by_label`, on a device.

    Products are made in float64, so that what is near is no less exact than what is far; of items whose scores differ
    by less than float32 tells apart, either may come first there and here.
    """
    labels = {"query_labels": query_labels, "gallery_labels": gallery_labels}
    ranking = LabelRanking.of(queries, gallery, **labels, metric=metric, own=own)
    return _Ranking.of(ranking, device).average_precisions()


@dataclass(frozen=True, slots=True)
class _Ranking:
    """The arrays of a LabelRanking on a device."""

    queries: Tensor
    gallery: Tensor
    columns: Tensor | None
    first: Tensor
    after: Tensor
    own: Tensor

    @classmethod
    @torch.inference_mode()
    def of(cls, ranking: LabelRanking, device: torch.device) -> "_Ranking":
        factors, columns = ranking.remoteness, ranking.columns
        queries, gallery = (torch.from_numpy(each).to(device).double() for each in (factors.queries, factors.gallery))
        first, after, own = (torch.from_numpy(each).to(device) for each in (ranking.first, ranking.after, ranking.own))
        return cls(
            queries, gallery, None if columns is None else torch.from_numpy(columns).to(device), first, after, own
        )

    @property
    def items(self) -> int:
        """How many are ranked for each query."""
        return self.gallery.shape[1] if self.columns is None else len(self.columns)

    @torch.inference_mode()
    def average_precisions(self) -> F64:
        """[q]; NaN where nothing is relevant."""
        at_once = max(BLOCK // max(self.items, 1), 1)
        parts = torch.split(torch.arange(len(self.queries), device=self.queries.device), at_once)
        found: F64 = torch.cat([self._of_queries(each) for each in parts]).cpu().numpy()
        return found

    def _of_queries(self, rows: Tensor) -> Tensor:
        remote = (self.queries[rows] @ self.gallery).float()
        if self.columns is not None:
            remote = remote[:, self.columns]
        keys = ((remote.view(torch.int32) - MIDDLE) << 1) | self._relevant(rows)
        has_own = self.own[rows] >= 0
        keys[has_own, self.own[rows][has_own]] = NEVER
        ordered = keys.sort(dim=1).values
        return _precisions(ordered, relevant=(ordered & 1).bool() & (ordered < NEVER))

    def _relevant(self, rows: Tensor) -> Tensor:
        """[n, g] whether an item has the query's label."""
        items = torch.arange(self.items, device=rows.device)
        return (items >= self.first[rows, None]) & (items < self.after[rows, None])


def _precisions(ordered: Tensor, *, relevant: Tensor) -> Tensor:
    """[n] average precisions of keys [n, g] in their order, each relevant item behind all others that equal it.

    A relevant item's key is the larger among those of equal remoteness, so only other relevant ones can follow.
    """
    hits, places = relevant.cumsum(1), torch.arange(ordered.shape[1], device=ordered.device)
    if (relevant[:, 1:] & (ordered[:, 1:] == ordered[:, :-1])).any():
        places = _last_of_equals(ordered, places)
        hits = hits.gather(1, places)
    precisions = (hits.double() / (places + 1)).where(relevant, 0.0)
    return precisions.sum(1) / relevant.sum(1)


def _last_of_equals(ordered: Tensor, places: Tensor) -> Tensor:
    """[n, g] the last place of the run of equal keys that each is in."""
    ends = torch.ones_like(ordered, dtype=torch.bool)
    ends[:, :-1] = ordered[:, 1:] != ordered[:, :-1]
    return places.expand(ordered.shape).where(ends, ordered.shape[1]).flip(1).cummin(1).values.flip(1)

"""The scores of every route between embedded rows, and those that papers make of two routes."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal, Protocol

import numpy as np

from models.bundle.manifest import RouteSpec
from models.evaluation.mixture import log_mixture
from models.evaluation.ranking import average_precision, by_label
from models.scoring import scores
from models.types import F32, F64, I64, Metric


@dataclass(frozen=True, slots=True)
class Fusion:
    """A clip's score made of the scores of two routes, the first by its sound, the second by its pictures.

    `mean` averages both, weighed by the outputs [n, 2] of the head `weights` where one is named; `sum` adds them,
    for which a beta of a fixed grid is half as much; `best` takes the higher one. `mixture` gives the probability of
    a text under the mixture of two softmaxes over all texts, the second's share being `share`; `log_mixture` its
    logarithm. A bundle's routes are single searches; papers also score clips in ways that no single search can.
    """

    routes: tuple[RouteSpec, RouteSpec]
    rule: Literal["mean", "sum", "best", "mixture", "log_mixture"]
    weights: str | None = None
    share: float = 0.5

    def __post_init__(self) -> None:
        if self.weights is not None and self.rule != "mean":
            raise ValueError(f"only a mean is weighed, found the rule {self.rule!r} with weights {self.weights!r}")


class Ranker(Protocol):
    """What finds average precisions as `ranking.by_label` does, perhaps elsewhere."""

    def __call__(
        self,
        queries: F32,
        gallery: F32,
        *,
        query_labels: I64,
        gallery_labels: I64,
        metric: Metric,
        own: I64 | None = None,
    ) -> F64: ...


class Scorer:
    """Scores by route name, from a function that embeds all rows a head can read; embeds each head once."""

    def __init__(
        self,
        embed: Callable[[str], F32],
        routes: Mapping[str, RouteSpec],
        fusions: Mapping[str, Fusion],
        *,
        rank: Ranker = by_label,
    ) -> None:
        self.routes = routes
        self._fusions = fusions
        self._embed, self._rank = embed, rank
        self._embedded: dict[str, F32] = {}

    def embedded(self, head: str) -> F32:
        """What a head makes of all rows: [n, dim]."""
        if head not in self._embedded:
            self._embedded[head] = self._embed(head)
        return self._embedded[head]

    def scores(self, name: str) -> F32:
        """[q, g], higher is better: the route's own, or of the fusion that stands for it."""
        if name not in self._fusions:
            return self._of_route(self.routes[name])
        fusion = self._fusions[name]
        first, second = (self._of_route(route) for route in fusion.routes)
        if fusion.rule == "best":
            return np.maximum(first, second)
        if fusion.rule == "sum":
            return first + second
        if fusion.rule != "mean":
            found = log_mixture(first, second, share=fusion.share, texts=1 if name.endswith("text") else 0)
            return found if fusion.rule == "log_mixture" else np.exp(found)
        weights = self._weights(fusion, clips_are_queries=name.startswith("av"))
        return weights[0] * first + weights[1] * second

    def searched(self, name: str) -> tuple[F32, F32, Metric]:
        """The queries [q, d], gallery [g, d] and metric of a route; raises ValueError for one that a fusion stands for.

        A fusion's scores are not those of one search, which alone can take a bias off its scores.
        """
        if name in self._fusions:
            raise ValueError(f"the route {name!r} is scored by a fusion, expected one of a single search")
        route = self.routes[name]
        return self.embedded(route.query), self.embedded(route.gallery), route.metric

    def scores_distances(self, name: str) -> bool:
        """Whether the scores of a route are minus L2 distances, or made of such."""
        if name not in self._fusions:
            return self.routes[name].metric is Metric.EUCLIDEAN
        fusion = self._fusions[name]
        return fusion.rule in ("mean", "sum", "best") and all(
            route.metric is Metric.EUCLIDEAN for route in fusion.routes
        )

    def average_precisions(self, name: str, *, query_labels: I64, gallery_labels: I64, own: I64 | None) -> F64:
        """[q] average precision, the gallery rows of a query's label being relevant; `own` as in `by_label`."""
        if name not in self._fusions:
            queries, gallery, metric = self.searched(name)
            return self._rank(
                queries, gallery, query_labels=query_labels, gallery_labels=gallery_labels, metric=metric, own=own
            )
        return average_precision(self.scores(name), query_labels[:, None] == gallery_labels, own=own)

    def _of_route(self, route: RouteSpec) -> F32:
        return scores(self.embedded(route.query), self.embedded(route.gallery), route.metric)

    def _weights(self, fusion: Fusion, *, clips_are_queries: bool) -> tuple[F32, F32]:
        """Of both routes, shaped to multiply [q, g] scores."""
        if fusion.weights is None:
            half = np.full((1, 1), 0.5, np.float32)
            return half, half
        of_clips = self.embedded(fusion.weights)
        first, second = of_clips[:, :1], of_clips[:, 1:]
        return (first, second) if clips_are_queries else (first.T, second.T)

"""A route of a gallery evaluated without and with biases: its generation's own, or some chosen on half of the clips."""

from dataclasses import dataclass, replace

import numpy as np

from index.embedding import spread
from index.evaluation import Examined
from index.gallery import Gallery
from index.generations import Generation
from models.evaluation.curves import LEVELS, precision_at_recall
from models.evaluation.evaluating import Precision, averaged, precision, retrieval
from models.evaluation.hubness import OFF, Correction, choose, choose_seen, correct
from models.evaluation.likelihood import Likelihood, likelihood
from models.evaluation.retrieval import Retrieval
from models.evaluation.worst import Worst, worst
from models.hubness import RouteBias
from models.types import F64, I64
from service.evaluations import figures
from service.schemas import Document

MOST = 5000
"""Queries of a route, evenly chosen, for the figures both ways: they rank everything for every query, twice."""
MOST_TRIED = 500
"""Those by which a bias is chosen, as they rank everything for every bias that is tried, and a curve drawn."""


@dataclass(frozen=True, slots=True)
class Judged:
    """A generation of a gallery on what it is evaluated on, by any of its routes."""

    gallery: Gallery
    generation: Generation
    examined: Examined

    def precision(self, route: str) -> Precision:
        """As the gallery answers: with the bias that the route has, if any."""
        scorer, labels, bias = self.examined.scorer, self.examined.labels, self.bias(route)
        if bias.is_off:
            return precision(scorer, route, labels, leave_one_out=True)
        return averaged(self._retrieval(route).average_precisions(bias), route, labels, leave_one_out=True)

    def both_ways(self, route: str) -> Document | None:
        """Figures without and with a bias; null where there is one query alone."""
        whole, bias = self._retrieval(route), self.bias(route)
        if len(whole.queries) < 2:
            return None
        if bias.is_off:
            tried, others = self._halves(whole, route)
            return _document(others, correct(others, _chosen(tried, route)), on="validation")
        some = _asked(whole, np.arange(len(whole.queries)), MOST)
        return _document(some, correct(some, bias), on="generation")

    def curve(self, route: str) -> F64:
        """[11] precision at each level of recall, of up to MOST_TRIED queries on average; NaN where none finds any."""
        whole, bias = self._retrieval(route), self.bias(route)
        asked = _asked(whole, np.arange(len(whole.queries)), MOST_TRIED)
        found = np.concatenate(
            [precision_at_recall(scored, relevant, own=own) for scored, relevant, own in asked.answers(bias)]
        )
        known = found[~np.isnan(found[:, 0])]
        return known.mean(axis=0) if len(known) else np.full(len(LEVELS), np.nan)

    def worst(self, route: str, by_query: F64) -> list[Worst]:
        """The queries of the lowest average precision [q], as the gallery answers them."""
        return worst(self._retrieval(route), self.bias(route), by_query)

    def likelihood(self, route: str) -> Likelihood | None:
        """How probable it is that what the gallery answers is of the query's class; None where too little is known."""
        labels, number = self.examined.labels.clips, self.generation.number
        on = f"{len(labels)} clips of {len(np.unique(labels))} classes of the gallery {self.gallery.name}"
        return likelihood(self._retrieval(route), self.bias(route), fitted_on=f"{on}, generation {number}")

    def bias(self, route: str) -> RouteBias:
        """What the generation takes off the scores of a route."""
        return self.generation.biases.get(route, OFF)

    def _retrieval(self, route: str) -> Retrieval:
        """With the bank that the gallery has; a clip that is in it is left out of the one it meets."""
        found = retrieval(self.examined.scorer, route, self.examined.labels, leave_one_out=True)
        if _is_by_words(route):
            return found
        windows, bank = self.gallery.bank(route, self.generation)
        return replace(found, bank=bank, in_bank=_places(windows, self.examined.windows))

    def _halves(self, whole: Retrieval, route: str) -> tuple[Retrieval, Retrieval]:
        """Every other clip, class by class, and the rest: as what is found by words, or else as what asks."""
        order = np.argsort(self.examined.labels.clips, kind="stable")
        first, second = np.sort(order[::2]), np.sort(order[1::2])
        if _is_by_words(route):
            return whole.among(first), whole.among(second)
        return _asked(whole, first, MOST_TRIED), _asked(whole, second, MOST)


def _chosen(tried: Retrieval, route: str) -> RouteBias:
    bias = choose(tried, merit="precision").bias
    return choose_seen(tried, bias).bias if _is_by_words(route) else bias


def _is_by_words(route: str) -> bool:
    return route.startswith("text->")


def _document(asked: Retrieval, found: Correction, *, on: str) -> Document:
    return {
        "on": on,
        "chosen": found.bias.model_dump(mode="json"),
        "queries": len(asked.queries),
        "plain": figures.figures_document(found.plain),
        "corrected": figures.figures_document(found.corrected),
    }


def _asked(whole: Retrieval, rows: I64, most: int) -> Retrieval:
    return whole.asked(spread(rows, most))


def _places(among: I64, windows: I64) -> I64:
    """[n] where windows [n] are in ascending others, -1 for nowhere."""
    places = np.minimum(np.searchsorted(among, windows), max(len(among) - 1, 0))
    return np.where(np.isin(windows, among), places, -1)

"""How early what is relevant is found, by a route as it is and with biases taken off its scores."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import numpy as np

from models.evaluation.metrics import class_means, mean_known, split
from models.evaluation.ranking import average_precision
from models.hubness import RouteBias, corrected, seen_biases
from models.hubness.correction import biases_of, without_own
from models.hubness.similarities import Highest, rounded
from models.scoring import scores
from models.types import F32, F64, I64, Bool, Metric

RANKS = (1, 5, 10)
BLOCK = 2**22
"""Scores made at once: 32 MB of float64."""


@dataclass(frozen=True, slots=True)
class Figures:
    """How well a route finds, in [0, 1]; queries with nothing to find are left out, NaN where all are.

    Args:
        recall: by rank, the share of queries with something relevant up to that rank.
        by_class: mean average precision, averaged by class, then over classes.
        by_sample: that over all queries.
        harmonic: the harmonic mean of those of seen and of other classes; None where either has none.
    """

    recall: Mapping[int, float]
    by_class: float
    by_sample: float
    harmonic: float | None = None


@dataclass(frozen=True, slots=True)
class Retrieval:
    """Queries [q, d] and the gallery [g, d] of one route, the items of a query's label being the relevant ones.

    Where every clip is a label of its own, that is its other half alone.

    Args:
        query_labels: [q].
        gallery_labels: [g].
        own: [q] the item that is left out of each ranking, None where nothing is.
        bank: [b, d] the queries that biases are made of; None for the queries themselves, each left out of the bank
            that it meets, as one that is yet to come would be.
        in_bank: [q] which of a given bank a query is, to be left out alike, -1 for none; no two are the same. None
            where all meet the whole bank.
        seen_items: [g] whether training saw the item's class; None where no score depends on that.
    """

    queries: F32
    gallery: F32
    metric: Metric
    query_labels: I64
    gallery_labels: I64
    own: I64 | None = None
    bank: F32 | None = None
    in_bank: I64 | None = None
    seen_items: Bool | None = None

    def asked(self, rows: I64) -> "Retrieval":
        """With these queries alone, and the same bank."""
        own, in_bank, bank = self.own, self._in_bank(), self.queries if self.bank is None else self.bank
        return replace(
            self,
            queries=self.queries[rows],
            query_labels=self.query_labels[rows],
            own=None if own is None else own[rows],
            bank=bank,
            in_bank=None if in_bank is None else in_bank[rows],
        )

    def among(self, rows: I64) -> "Retrieval":
        """With these gallery items alone, of which none is left out."""
        seen = None if self.seen_items is None else self.seen_items[rows]
        found = replace(self, gallery=self.gallery[rows], gallery_labels=self.gallery_labels[rows], seen_items=seen)
        return replace(found, own=None)

    def highest(self, neighbours: int) -> Highest:
        """The similarities that biases of up to so many neighbours are made of."""
        bank = self.queries if self.bank is None else self.bank
        items, queries = rounded(self.gallery, self.metric), rounded(bank, self.metric)
        return Highest.of(items, queries, np.arange(len(bank)), k=neighbours + 1, metric=self.metric)

    def figures(self, bias: RouteBias, highest: Highest) -> Figures:
        """With the biases that are made of `highest`, which is of at least as many neighbours."""
        found = [
            (first_ranks(scored, relevant, own), average_precision(scored, relevant, own=own))
            for scored, relevant, own in self.blocks(bias, highest)
        ]
        ranks, precisions = (np.concatenate([each[side] for each in found]) for side in (0, 1))
        classes = class_means(precisions, self.query_labels, int(self.query_labels.max(initial=-1)) + 1)
        return Figures(recall_at(ranks), mean_known(classes), mean_known(precisions), self._harmonic(classes))

    def recall(self, bias: RouteBias, highest: Highest) -> Mapping[int, float]:
        """That of `figures` alone, many times as fast."""
        return recall_at(np.concatenate([first_ranks(*each) for each in self.blocks(bias, highest)]))

    def average_precisions(self, bias: RouteBias) -> F64:
        """[q] of every query, NaN for one with nothing to find."""
        blocks = self.blocks(bias, self.highest(bias.neighbours))
        return np.concatenate([average_precision(scored, relevant, own=own) for scored, relevant, own in blocks])

    def answers(self, bias: RouteBias) -> Iterator[tuple[F32, Bool, I64]]:
        """As `blocks`, made of what the bias needs alone: to meet a bank is what takes long."""
        asked = self if bias.alpha else replace(self, bank=self.queries[:0], in_bank=None)
        return asked.blocks(bias, asked.highest(bias.neighbours))

    def blocks(self, bias: RouteBias, highest: Highest) -> Iterator[tuple[F32, Bool, I64]]:
        """Corrected scores [n, g], what is relevant [n, g], and the items left out [n], of some queries at a time."""
        own = np.full(len(self.queries), -1) if self.own is None else self.own
        at_once = max(BLOCK // max(len(self.gallery), 1), 1)
        for start in range(0, max(len(self.queries), 1), at_once):
            rows = np.arange(start, min(start + at_once, len(self.queries)))
            plain = scores(self.queries[rows], self.gallery, self.metric)
            scored = corrected(plain, self._biases(rows, bias, highest), self.metric)
            yield scored, self.query_labels[rows, None] == self.gallery_labels, own[rows]

    def _biases(self, rows: I64, bias: RouteBias, highest: Highest) -> F32:
        """[g], or [n, g] where queries are left out of the bank."""
        seen = np.zeros(len(self.gallery), np.bool_) if self.seen_items is None else self.seen_items
        return self._of_bank(rows, bias, highest) + seen_biases(seen, bias.seen)

    def _of_bank(self, rows: I64, bias: RouteBias, highest: Highest) -> F32:
        if not bias.alpha:
            return np.zeros(len(self.gallery), np.float32)
        if (in_bank := self._in_bank()) is None:
            return biases_of(highest.first(bias.neighbours).means(), bias.alpha)
        return without_own(highest.first(bias.neighbours + 1), in_bank[rows], bias.alpha)

    def _in_bank(self) -> I64 | None:
        return np.arange(len(self.queries)) if self.bank is None else self.in_bank

    def _harmonic(self, classes: F64) -> float | None:
        if self.seen_items is None:
            return None
        seen = np.isin(np.arange(len(classes)), self.gallery_labels[self.seen_items])
        found = split(classes, seen).harmonic
        return None if np.isnan(found) else found


def first_ranks(scored: F32, relevant: Bool, own: I64) -> F64:
    """[q] the rank, from 1, of the first relevant item, after all others of its score; NaN where nothing is relevant.

    Args:
        scored: [q, g].
        relevant: [q, g].
        own: [q] the item left out of each ranking, -1 for none.
    """
    rows = np.flatnonzero(own >= 0)
    others, wanted = ~relevant, relevant.copy()
    others[rows, own[rows]] = wanted[rows, own[rows]] = False
    best = np.where(wanted, scored, -np.inf).max(axis=1, initial=-np.inf)
    ahead = (others & (scored >= best[:, None])).sum(axis=1)
    return np.where(wanted.any(axis=1), ahead + 1.0, np.nan)


def recall_at(ranks: F64) -> dict[int, float]:
    """The share of first ranks [q] that are within each of `RANKS`; NaN ones are left out."""
    known = ranks[~np.isnan(ranks)]
    return {rank: float((known <= rank).mean()) if len(known) else float("nan") for rank in RANKS}

"""Average precision: how early in a ranking the relevant items come, and what chance would give."""

import os

import numpy as np

from models.evaluation.label_ranking import LabelRanking
from models.types import F32, F64, I64, Bool, Metric

THREADS = min(os.cpu_count() or 1, 8)
"""Of one ranking."""


def average_precision(scores: F32, relevant: Bool, *, own: I64 | None = None) -> F64:
    """The mean, over the relevant items, of the precision at their rank.

    Items of equal score share the last of their ranks, so no order among them can help; this is the rule of
    scikit-learn's `average_precision_score`.

    Args:
        scores: [q, g].
        relevant: [q, g].
        own: [q] the item that is left out of each ranking, -1 for none.

    Returns:
        [q] in (0, 1]; NaN where nothing is relevant.

    Source: AP = (1/R) sum_k precision@k rel_k over the full ranking, as in CJME (arXiv 1910.08732).
    """
    left_out = np.full(len(scores), -1) if own is None else own
    return np.array([_of_row(*each) for each in zip(scores, relevant, left_out.tolist(), strict=True)], np.float64)


def expected_average_precision(relevant: int, ranked: int) -> float:
    """The mean average precision over all orders of `ranked` items, `relevant` of them relevant.

    E[AP] = (1/N) (H_N + (R-1)/(N-1) (N - H_N)), H_N the harmonic number: rank k is relevant with probability
    R/N, and then (k-1)(R-1)/(N-1) of the k-1 items above are expected to be.

    Source: the exact expectation of Bestgen, Exact Expected Average Precision of the Random Baseline for
    System Evaluation, 2015; also arXiv 2511.02571 for a ranking without cutoff.
    """
    if not 1 <= relevant <= ranked:
        raise ValueError(f"{relevant} relevant of {ranked} ranked items; expected 1 <= relevant <= ranked")
    if ranked == 1:
        return 1.0
    harmonic = float(np.sum(1 / np.arange(1, ranked + 1)))
    return (harmonic + (relevant - 1) / (ranked - 1) * (ranked - harmonic)) / ranked


def by_label(
    queries: F32,
    gallery: F32,
    *,
    query_labels: I64,
    gallery_labels: I64,
    metric: Metric,
    own: I64 | None = None,
    threads: int = THREADS,
) -> F64:
    """The average precision of each query, the gallery items of its label being the relevant ones.

    The whole gallery is ranked, by float32 products (their rounding: `remoteness.Remoteness`); equal vectors always
    have equal scores.

    Args:
        queries: [q, d].
        gallery: [g, d].
        query_labels: [q].
        gallery_labels: [g].
        own: [q] the gallery item that is left out for each query (its own clip), -1 for none.
        threads: how many queries are ranked at a time.

    Returns:
        [q]; NaN where no other item has the query's label.

    Raises:
        InvalidInput: vectors that are not finite.
    """
    ranking = LabelRanking.of(
        queries,
        gallery,
        query_labels=query_labels,
        gallery_labels=gallery_labels,
        metric=metric,
        own=own,
    )
    return ranking.average_precisions(threads)


def chance_by_label(*, query_labels: I64, gallery_labels: I64, own: I64 | None = None) -> F64:
    """The expected average precision of each query of `by_label` when the ranking is random: [q]."""
    ordered = np.sort(gallery_labels)
    relevant = np.searchsorted(ordered, query_labels, "right") - np.searchsorted(ordered, query_labels, "left")
    left_out = np.zeros(len(query_labels), dtype=np.int64) if own is None else (own >= 0).astype(np.int64)
    if own is not None:
        relevant = relevant - ((own >= 0) & (gallery_labels[own] == query_labels))
    pairs = list(zip(relevant.tolist(), (len(gallery_labels) - left_out).tolist(), strict=True))
    known = {pair: expected_average_precision(*pair) if pair[0] else np.nan for pair in set(pairs)}
    return np.array([known[pair] for pair in pairs])


def _of_row(scored: F32, wanted: Bool, own: int) -> float:
    """Average precision by sorting all scores [g] and searching for those of the relevant items."""
    if own >= 0:
        scored, wanted = np.delete(scored, own), np.delete(wanted, own)
    if not wanted.any():
        return float("nan")
    ascending, found = np.sort(scored), np.sort(scored[wanted])
    at_least = len(ascending) - np.searchsorted(ascending, found, side="left")
    hits = len(found) - np.searchsorted(found, found, side="left")
    return float(np.mean(hits / at_least))

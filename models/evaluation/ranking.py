"""Average precision: how early in a ranking the relevant items come, and what chance would give."""

import numpy as np

from models.scoring import scores
from models.types import F32, F64, I64, Bool, Metric

CHUNK = 256
"""Queries scored at once: with 30,000 gallery items, 30 MB."""


def average_precision(scores: F32, relevant: Bool) -> F64:
    """The mean, over the relevant items, of the precision at their rank.

    Items of equal score share the last of their ranks, so no order among them can help; this is the rule of
    scikit-learn's `average_precision_score`.

    Args:
        scores: [q, g]; -inf takes an item out of the ranking if it is not relevant.
        relevant: [q, g].

    Returns:
        [q] in (0, 1]; NaN where nothing is relevant.

    Source: AP = (1/R) sum_k precision@k rel_k over the full ranking, as in CJME (arXiv 1910.08732).
    """
    ascending = np.sort(scores, axis=1)
    rows = zip(ascending, scores, relevant, strict=True)
    return np.array([_one(ranked, scored[wanted]) for ranked, scored, wanted in rows], dtype=np.float64)


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
) -> F64:
    """The average precision of each query, the gallery items of its label being the relevant ones.

    Args:
        queries: [q, d].
        gallery: [g, d].
        query_labels: [q].
        gallery_labels: [g].
        own: [q] the gallery item that is left out for each query (its own clip), -1 for none.

    Returns:
        [q]; NaN where no other item has the query's label.
    """
    if own is None:
        own = np.full(len(queries), -1)
    parts = [
        _chunk(queries[rows], gallery, query_labels[rows, None] == gallery_labels, metric, own[rows])
        for rows in (slice(start, start + CHUNK) for start in range(0, len(queries), CHUNK))
    ]
    return np.concatenate(parts) if parts else np.empty(0, dtype=np.float64)


def chance_by_label(*, query_labels: I64, gallery_labels: I64, own: I64 | None = None) -> F64:
    """The expected average precision of each query of `by_label` when the ranking is random: [q]."""
    relevant = (query_labels[:, None] == gallery_labels).sum(axis=1)
    left_out = np.zeros(len(query_labels), dtype=np.int64) if own is None else (own >= 0).astype(np.int64)
    if own is not None:
        relevant = relevant - ((own >= 0) & (gallery_labels[own] == query_labels))
    pairs = list(zip(relevant.tolist(), (len(gallery_labels) - left_out).tolist(), strict=True))
    known = {pair: expected_average_precision(*pair) if pair[0] else np.nan for pair in set(pairs)}
    return np.array([known[pair] for pair in pairs])


def _chunk(queries: F32, gallery: F32, relevant: Bool, metric: Metric, own: I64) -> F64:
    scored = scores(queries, gallery, metric)
    rows = np.flatnonzero(own >= 0)
    scored[rows, own[rows]] = -np.inf
    relevant[rows, own[rows]] = False
    return average_precision(scored, relevant)


def _one(ascending: F32, of_relevant: F32) -> float:
    """Average precision from a row's sorted scores and the scores of its relevant items, by binary search."""
    if not len(of_relevant):
        return float("nan")
    found = np.sort(of_relevant)
    at_least = len(ascending) - np.searchsorted(ascending, found, side="left")
    hits = len(found) - np.searchsorted(found, found, side="left")
    return float(np.mean(hits / at_least))

"""Nearest Neighbor Normalization: the bias of a gallery item is how near it is to the queries it is nearest to.

Across modalities a few items, the hubs, are near to nearly every query. With a bank of queries, a score becomes

    s'(q, g) = s(q, g) - b(g),    b(g) = alpha * mean of the k highest s(q', g), q' in the bank,

equations 2 and 1 of Chowdhury et al., "Nearest Neighbor Normalization Improves Multimodal Retrieval", EMNLP 2024 (arXiv
2410.24114). `s` there is an inner product or a cosine. Minus an L2 distance is neither, but minus its *square* is
2 q.g - |g|^2 but for |q|^2, which no ranking of one query's hits depends on: so for `Metric.EUCLIDEAN` the bias is made
of, and taken off, minus squared distances. Without a bias both rank alike.
"""

from dataclasses import dataclass
from math import isfinite

import numpy as np

from models.hubness.similarities import Highest, rounded
from models.types import F32, F64, I64, Bool, Metric


@dataclass(frozen=True, slots=True)
class Normalisation:
    """How much of the mean similarity to how many nearest bank queries is taken off; `alpha` 0 takes nothing off."""

    alpha: float
    neighbours: int

    def __post_init__(self) -> None:
        if not (isfinite(self.alpha) and self.alpha >= 0):
            raise ValueError(f"alpha must be a number of at least 0, found {self.alpha}")
        if self.neighbours < 1:
            raise ValueError(f"neighbours must be at least 1, found {self.neighbours}")


OFF = Normalisation(alpha=0.0, neighbours=1)
"""No correction."""


def biases(gallery: F32, bank: F32, metric: Metric, normalisation: Normalisation) -> F32:
    """What is taken off the similarities of every gallery item.

    Args:
        gallery: [g, d].
        bank: [q, d] queries; where there are fewer than `neighbours`, the mean is of all, and of none it is 0.

    Returns:
        [g], in units of the score, for `EUCLIDEAN` of the squared distance, where no bias is above 0. O(g q d) in
        float64, in memory bounded whatever the lengths of both; the same as a `Bank` keeps, to the bit.

    Raises:
        InvalidInput: vectors that are not finite, or too long.
    """
    if not normalisation.alpha:
        return np.zeros(len(gallery), np.float32)
    items, queries = rounded(gallery, metric), rounded(bank, metric)
    found = Highest.of(items, queries, np.arange(len(bank)), k=normalisation.neighbours, metric=metric)
    return biases_of(found.means(), normalisation.alpha)


def biases_of(means: F64, alpha: float) -> F32:
    """[g] from the means [g] of the highest similarities: equation 1."""
    return (alpha * means).astype(np.float32)


def seen_biases(seen: Bool, beta: float) -> F32:
    """Calibrated stacking as a bias [g], to be added to others: `beta` for items of seen classes, 0 for others.

    Lets words for an unseen class find its clips among those of seen ones. `beta` is in units of a bias: of the score,
    as a bundle's are; but for `EUCLIDEAN` of the squared distance, so that it has to be chosen for such.

    Args:
        seen: [g] whether the item's class was seen in training.

    Source: `models.calibration.stack`, which takes the same off scores.
    """
    return np.float32(beta) * seen.astype(np.float32)


def corrected(scores: F32, biases: F32, metric: Metric) -> F32:
    """Scores [q, g] of `models.scoring.scores` with biases taken off: the definition that all searches are held to.

    Args:
        biases: [g], or [q, g] where each query has its own.

    Returns:
        [q, g], higher is better. For `EUCLIDEAN` the root of the squared distance plus the bias, with its sign, is
        taken as the distance: the plain score where the bias is 0, and above 0 for an item that is nearer to the query
        than to its bank.
    """
    if metric is not Metric.EUCLIDEAN:
        return scores - biases
    return minus_roots(np.square(scores, dtype=np.float64) + biases)


def minus_roots(squares: F64) -> F32:
    """Scores of squared distances that a bias may have made negative: in their order, and comparable with distances."""
    return (-np.copysign(np.sqrt(np.abs(squares)), squares) + 0.0).astype(np.float32)


def without_own(highest: Highest, queries: I64, alpha: float) -> F32:
    """The biases [q, g] that every query meets when it is left out of the bank.

    Args:
        highest: of one more query than the normalisation has neighbours, so that the next one takes its place.
        queries: [q] the ids in the bank of the queries that are asked; those below 0 are not in it.
    """
    usual = biases_of(highest.first(highest.ids.shape[1] - 1).means(), alpha)
    found = np.tile(usual, (len(queries), 1))
    rows, items, others = highest.without(queries)
    found[rows, items] = biases_of(others.means(), alpha)
    return found

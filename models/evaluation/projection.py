"""Points of a shared space in the plane: near each other there are those that are near in the space (t-SNE)."""

from collections.abc import Callable
from importlib.util import find_spec

import numpy as np

from models.errors import DependencyMissing
from models.scoring import normalised
from models.types import F32, F64, I64, Metric

SEED = 0
PERPLEXITY = 30.0
"""How many neighbours of a point count, about: what the paper's authors take for some thousands of points."""
EXAGGERATED, ROUNDS = 250, 500
"""Rounds in which clusters form, and those in which they settle."""
TOLD_EVERY = 10
EXACT = 2000
"""Points up to which neighbours are found by comparing all; beyond, by trees, which is as good for a picture."""
FEWEST = 5
"""Points with neighbours to speak of; fewer are put side by side."""
DEPENDENCY = "a map needs openTSNE: pip install 'sightsound[map]'"
Told = Callable[[float], None]


def check_projection() -> None:
    """Refuse where t-SNE is not installed; raises DependencyMissing."""
    if find_spec("openTSNE") is None:  # to import it takes seconds
        raise DependencyMissing(DEPENDENCY)


def projected(vectors: F32, metric: Metric, *, told: Told) -> F32:
    """Where each of vectors [n, d] lies in the plane: [n, 2] in [-1, 1], the same for the same vectors.

    `told` hears now and then how much is done, 0 to 1. Of scores that are no distances, directions alone count.
    Raises DependencyMissing.

    Source: van der Maaten and Hinton, Visualizing Data using t-SNE, JMLR 9, 2008; gradients by interpolation
    (Linderman et al., Nature Methods 16, 2019).
    """
    check_projection()
    rows = vectors if metric is Metric.EUCLIDEAN else normalised(vectors)
    return _fitted(_line(len(rows)) if len(rows) < FEWEST else _embedded(rows, told))


def sampled(labels: I64, most: int) -> I64:
    """At most so many rows of labels [n], ascending: by turns one of each class, at random by a fixed seed."""
    shuffled = np.random.default_rng(SEED).permutation(len(labels))
    by_class = shuffled[np.argsort(labels[shuffled], kind="stable")]
    _, starts, counts = np.unique(labels[by_class], return_index=True, return_counts=True)
    turns = np.arange(len(labels)) - np.repeat(starts, counts)
    chosen: I64 = np.sort(by_class[np.argsort(turns, kind="stable")[:most]])
    return chosen


def _embedded(rows: F32, told: Told) -> F32:
    from openTSNE import TSNE

    done = [0]

    def tell(_round: int, _error: float, _places: F64) -> None:
        done[0] += TOLD_EVERY
        told(min(done[0] / (EXAGGERATED + ROUNDS), 1.0))

    fit = TSNE(
        perplexity=min(PERPLEXITY, (len(rows) - 1) / 3),
        neighbors="exact" if len(rows) <= EXACT else "annoy",
        negative_gradient_method="bh" if len(rows) <= EXACT else "fft",
        early_exaggeration_iter=EXAGGERATED,
        n_iter=ROUNDS,
        n_jobs=1,  # with more, sums differ in their last bits, and the picture with them
        random_state=SEED,
        callbacks=tell,
        callbacks_every_iters=TOLD_EVERY,
    ).fit(rows.astype(np.float64))
    return np.asarray(fit, np.float32)


def _line(count: int) -> F32:
    return np.stack([np.linspace(-1, 1, count), np.zeros(count)], axis=1).astype(np.float32)


def _fitted(places: F32) -> F32:
    """Moved and scaled alike in both directions, so that all are in [-1, 1] and the middle is at 0."""
    low, high = places.min(axis=0), places.max(axis=0)
    found: F32 = (places - (low + high) / 2) / max(float((high - low).max()) / 2, 1e-12)
    return found

"""The choice of beta among sixteen, against the distances that it looks at."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from benchmarks.contest import Contest
from models.calibration import FIXED_GRID, choose_beta, stack
from models.scoring import scores
from models.types import F32, I64, Bool, Metric

DIM = 64


@dataclass(frozen=True, slots=True)
class BetaSweep:
    """So many samples of so many classes, three quarters of them seen: by default the test clips of VGGSound-GZSL."""

    name: ClassVar[str] = "beta sweep"
    samples: int = 12_482
    classes: int = 276

    @contextmanager
    def contest(self) -> Iterator[Contest]:
        """Sixteen betas by `choose_beta`, and by stacking all scores for each; distances by L2."""
        numbers = np.random.default_rng(0)
        text = numbers.standard_normal((self.classes, DIM), np.float32)
        labels, seen = numbers.integers(0, self.classes, self.samples), np.arange(self.classes) < self.classes * 0.75
        clips = numbers.standard_normal((self.samples, DIM), np.float32) + text[labels] / np.float32(4)
        found = scores(clips, text, Metric.EUCLIDEAN)
        ours, distances = f"choose_beta, {self.samples:,} x {self.classes}", "the distances alone"
        stacked = "stacking and searching all scores for every beta"
        _check(found, labels, seen)
        yield Contest(
            ways={
                ours: lambda: choose_beta(found, labels, seen, FIXED_GRID),
                distances: lambda: scores(clips, text, Metric.EUCLIDEAN),
                stacked: lambda: _by_stacking(found, labels, seen),
            },
            pairs=[(ours, distances), (ours, stacked)],
        )


def _by_stacking(found: F32, labels: I64, seen: Bool) -> list[Bool]:
    """Which samples [n] are right under each beta."""
    return [stack(found, seen, float(beta)).argmax(axis=1) == labels for beta in FIXED_GRID]


def _check(found: F32, labels: I64, seen: Bool) -> None:
    chosen = choose_beta(found, labels, seen, FIXED_GRID)
    right = _by_stacking(found, labels, seen)[FIXED_GRID.tolist().index(chosen.beta)]
    recalls = [right[labels == label].mean() for label in np.unique(labels[seen[labels]])]
    if not np.isclose(np.mean(recalls), chosen.seen_accuracy):
        raise ValueError(f"stacking gives {np.mean(recalls):.4f} at beta {chosen.beta}, not {chosen.seen_accuracy:.4f}")

"""Seen, unseen and zero-shot accuracies against the evaluator behind the AVCA paper's tables."""

import numpy as np
import pytest

from models.calibration import choose_beta
from models.evaluation.gzsl import accuracies
from models.scoring import scores
from models.types import F32, Bool, Metric
from tests.golden import reference

GRID = [step * 0.2 for step in range(16)]
# Rounding of float32 accuracies, of means over float32 recalls.
CLOSE = 1e-6


@pytest.fixture(scope="module")
def golden() -> dict[str, np.ndarray]:
    return {key: value.numpy() for key, value in reference.tensors("eval").items()}


def channel_scores(golden: dict[str, np.ndarray], channel: str) -> F32:
    """Minus the distances to the class embeddings; for both, their sum, as the reference has it."""
    parts = ["in/a", "in/v"] if channel == "both" else ["in/a" if channel == "audio" else "in/v"]
    found: F32 = np.sum([scores(golden[each], golden["in/t"], Metric.EUCLIDEAN) for each in parts], axis=0)
    return found


def seen_mask(golden: dict[str, np.ndarray]) -> Bool:
    return np.isin(np.arange(len(golden["in/t"])), golden["in/seen"])


@pytest.mark.parametrize("channel", ["audio", "video", "both"])
def test_accuracies_at_a_fixed_beta_are_the_references(golden: dict[str, np.ndarray], channel: str) -> None:
    found = accuracies(channel_scores(golden, channel), golden["in/y"], seen_mask(golden), 0.6)
    expected = [golden[f"result/{channel}_0.6_{figure}"].item() for figure in ("seen", "unseen", "hm", "zsl")]
    stacked = found.stacked
    assert (stacked.seen, stacked.unseen, stacked.harmonic, found.zsl) == pytest.approx(expected, abs=CLOSE)


@pytest.mark.parametrize("channel", ["audio", "video", "both"])
def test_the_swept_beta_is_the_references(golden: dict[str, np.ndarray], channel: str) -> None:
    chosen = choose_beta(channel_scores(golden, channel), golden["in/y"], seen_mask(golden), GRID)
    assert chosen.beta == pytest.approx(golden[f"result/{channel}_None_beta"], abs=CLOSE)
    assert chosen.harmonic_mean == pytest.approx(golden[f"result/{channel}_None_hm"], abs=CLOSE)

"""The whole evaluator behind the AVCA paper's tables: distances, betas, and all four accuracies."""

from dataclasses import dataclass
from statistics import mean

import numpy as np
import pytest

from models.bundle.manifest import Channel, RouteSpec
from models.calibration import FIXED_GRID, Stacking, choose_beta, curve
from models.evaluation.evaluating import Evaluation, Labels, evaluate
from models.evaluation.scorer import Fusion, Scorer
from models.types import F32, I64, Bool, Metric
from tests.golden import reference
from training.comparison.trial import chosen_betas
from training.protocol import PROTOCOLS

PROTOCOL = PROTOCOLS["avca@1"]
CHANNELS: dict[Channel, str] = {"audio": "audio", "video": "video", "av": "both"}
"""Ours, and what the reference calls them; it adds the two distances for both."""
ROUTES = {
    f"{head}->text": RouteSpec(query=head, gallery="text", metric=Metric.EUCLIDEAN) for head in ("audio", "video")
}
FIXED = 0.6
# Rounding of the reference's float32 accuracies, and of its means over float32 recalls.
CLOSE = 1e-6


@dataclass(frozen=True, slots=True)
class Golden:
    """The reference's embeddings of samples and classes, labels and results."""

    scorer: Scorer
    labels: I64
    seen: Bool
    results: dict[str, float]

    def scores(self, channel: Channel) -> F32:
        return self.scorer.scores(f"{channel}->text")

    def chosen(self, channel: Channel) -> Stacking:
        """By the protocol: the first of the best betas of the fixed grid."""
        return choose_beta(self.scores(channel), self.labels, self.seen, FIXED_GRID, equals=PROTOCOL.equal_betas)

    def evaluated(self, betas: dict[Channel, float]) -> Evaluation:
        return evaluate(self.scorer, Labels(clips=self.labels, seen=self.seen), betas)

    def expected(self, channel: Channel, beta: float | None) -> list[float]:
        """Seen, unseen, harmonic and zero-shot accuracy; None is the beta that the reference chose."""
        return [self.results[f"{CHANNELS[channel]}_{beta}_{figure}"] for figure in ("seen", "unseen", "hm", "zsl")]


@pytest.fixture(scope="module")
def golden() -> Golden:
    arrays = {key: value.numpy() for key, value in reference.tensors("eval").items()}
    classes = np.sort(np.concatenate([arrays["in/seen"], arrays["in/unseen"]]))
    embedded = {"audio": arrays["in/a"], "video": arrays["in/v"], "text": arrays["in/t"][classes]}
    both = Fusion((ROUTES["audio->text"], ROUTES["video->text"]), "sum")
    return Golden(
        Scorer(lambda head: embedded[head], {**ROUTES, "av->text": ROUTES["audio->text"]}, {"av->text": both}),
        labels=np.searchsorted(classes, arrays["in/y"]),
        seen=np.isin(classes, arrays["in/seen"]),
        results={key.removeprefix("result/"): value.item() for key, value in arrays.items() if "result/" in key},
    )


def figures(found: Evaluation, channel: Channel) -> list[float]:
    each = found.classification[channel]
    return [each.stacked.seen, each.stacked.unseen, each.stacked.harmonic, each.zsl]


def test_scores_are_minus_the_distances_and_for_both_minus_their_sum(golden: Golden) -> None:
    rows = slice(0, 50)
    audio, video, text = (golden.scorer.embedded(head).astype(np.float64) for head in ("audio", "video", "text"))
    by_sound, by_pictures = (np.linalg.norm(each[rows, None] - text, axis=2) for each in (audio, video))
    assert golden.scores("audio")[rows] == pytest.approx(-by_sound, rel=1e-6, abs=1e-6)
    assert golden.scores("av")[rows] == pytest.approx(-by_sound - by_pictures, rel=1e-6, abs=1e-6)


@pytest.mark.parametrize("channel", CHANNELS)
def test_the_swept_beta_and_what_it_gives_are_the_references(golden: Golden, channel: Channel) -> None:
    chosen = golden.chosen(channel)
    assert chosen.beta == pytest.approx(golden.results[f"{CHANNELS[channel]}_None_beta"], abs=CLOSE)
    expected = golden.expected(channel, None)[:3]
    found = (chosen.seen_accuracy, chosen.unseen_accuracy, chosen.harmonic_mean)
    assert found == pytest.approx(expected, abs=CLOSE)


@pytest.mark.parametrize("channel", CHANNELS)
def test_all_figures_at_the_swept_betas_are_the_references(golden: Golden, channel: Channel) -> None:
    found = golden.evaluated({each: golden.chosen(each).beta for each in CHANNELS})
    assert figures(found, channel) == pytest.approx(golden.expected(channel, None), abs=CLOSE)


@pytest.mark.parametrize("channel", CHANNELS)
def test_all_figures_at_a_fixed_beta_are_the_references(golden: Golden, channel: Channel) -> None:
    found = golden.evaluated(dict.fromkeys(CHANNELS, FIXED))
    assert figures(found, channel) == pytest.approx(golden.expected(channel, FIXED), abs=CLOSE)


def test_what_is_tested_with_is_the_mean_of_the_three_betas(golden: Golden) -> None:
    betas = chosen_betas({channel: golden.chosen(channel).beta for channel in CHANNELS}, PROTOCOL)
    expected = mean(golden.results[f"{name}_None_beta"] for name in CHANNELS.values())
    assert list(betas.values()) == pytest.approx([expected] * 3, abs=CLOSE)


@pytest.mark.parametrize("channel", CHANNELS)
def test_no_beta_of_the_grid_does_better_and_none_before_as_well(golden: Golden, channel: Channel) -> None:
    tried = curve(golden.scores(channel), golden.labels, golden.seen, FIXED_GRID)
    best = golden.results[f"{CHANNELS[channel]}_None_hm"]
    assert max(each.harmonic_mean for each in tried) == pytest.approx(best, abs=CLOSE)
    first = min(each.beta for each in tried if each.harmonic_mean > best - CLOSE)
    assert first == pytest.approx(golden.results[f"{CHANNELS[channel]}_None_beta"], abs=CLOSE)

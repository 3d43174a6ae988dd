"""Scores that papers make of two routes, against loops."""

from collections.abc import Callable
from typing import Literal

import numpy as np
import pytest

from models.bundle.manifest import RouteSpec
from models.evaluation.scorer import Fusion, Scorer
from models.types import F32, Metric

MODALITIES = ("audio", "video")
NUMBERS = np.random.default_rng(0)
ROWS: dict[str, F32] = {
    "audio": NUMBERS.normal(size=(4, 3)).astype(np.float32),
    "video": NUMBERS.normal(size=(4, 3)).astype(np.float32),
    "text": NUMBERS.normal(size=(5, 3)).astype(np.float32),
    "attention": NUMBERS.uniform(size=(4, 2)).astype(np.float32),
}


def route(query: str, gallery: str) -> RouteSpec:
    return RouteSpec(query=query, gallery=gallery, metric=Metric.EUCLIDEAN)


def fused(rule: Literal["mean", "sum", "best"], weights: str | None = None) -> Scorer:
    routes = {"av->text": route("av", "text"), "text->av": route("text", "av")}
    fusions = {
        "av->text": Fusion((route("audio", "text"), route("video", "text")), rule, weights),
        "text->av": Fusion((route("text", "audio"), route("text", "video")), rule, weights),
    }
    return Scorer(ROWS.__getitem__, routes, fusions)


def assert_each(scorer: Scorer, score: Callable[[float, float, F32], float]) -> None:
    """Both directions score as `score` makes it of minus both distances and the clip's weights."""
    from_clips, from_text = scorer.scores("av->text"), scorer.scores("text->av")
    for clip in range(4):
        for text in range(5):
            of_audio, of_video = (-float(np.linalg.norm(ROWS[each][clip] - ROWS["text"][text])) for each in MODALITIES)
            expected = score(of_audio, of_video, ROWS["attention"][clip])
            assert from_clips[clip, text] == pytest.approx(expected, rel=1e-5)
            assert from_text[text, clip] == pytest.approx(expected, rel=1e-5)


def test_a_mean_weighs_both_the_same() -> None:
    assert_each(fused("mean"), lambda of_audio, of_video, _: (of_audio + of_video) / 2)


def test_a_weighed_mean_takes_each_clip_s_own_weights_in_both_directions() -> None:
    assert_each(fused("mean", "attention"), lambda of_audio, of_video, each: each[0] * of_audio + each[1] * of_video)


def test_a_sum_adds_both() -> None:
    assert_each(fused("sum"), lambda of_audio, of_video, _: of_audio + of_video)


def test_the_best_is_the_higher_one() -> None:
    assert_each(fused("best"), lambda of_audio, of_video, _: max(of_audio, of_video))


@pytest.mark.parametrize("rule", ["sum", "best"])
def test_weights_that_a_rule_would_not_look_at_are_refused(rule: Literal["sum", "best"]) -> None:
    with pytest.raises(ValueError, match=f"only a mean is weighed, found the rule '{rule}'"):
        fused(rule, "attention")

"""Mixtures of two opinions against a loop, and as a scorer gives them."""

import math
from typing import Literal

import numpy as np
import pytest

from models.bundle.manifest import RouteSpec
from models.evaluation.mixture import log_mixture
from models.evaluation.scorer import Fusion, Scorer
from models.types import F32, Metric

NUMBERS = np.random.default_rng(0)
HEADS = {
    name: NUMBERS.normal(size=(rows, 3)).astype(np.float32) for name, rows in (("heard", 4), ("shown", 4), ("words", 5))
}
BY_SOUND, BY_PICTURES = (RouteSpec(query=name, gallery="words", metric=Metric.INNER) for name in ("heard", "shown"))


def softmax(row: list[float]) -> list[float]:
    raw = [math.exp(each) for each in row]
    return [each / sum(raw) for each in raw]


def expected(share: float) -> list[list[float]]:
    """Probabilities of texts for clips, by a loop."""
    opinions = [[softmax(row) for row in (HEADS[name] @ HEADS["words"].T).tolist()] for name in ("heard", "shown")]
    return [
        [(1 - share) * heard + share * shown for heard, shown in zip(*rows, strict=True)]
        for rows in zip(*opinions, strict=True)
    ]


def scored(rule: Literal["mixture", "log_mixture"], share: float) -> F32:
    fusion = Fusion((BY_SOUND, BY_PICTURES), rule, share=share)
    return Scorer(HEADS.__getitem__, {"av->text": BY_SOUND}, {"av->text": fusion}).scores("av->text")


@pytest.mark.parametrize("share", [0.5, 0.2])
def test_a_mixture_is_the_weighted_mean_of_two_softmaxes_over_texts(share: float) -> None:
    np.testing.assert_allclose(scored("mixture", share), expected(share), rtol=1e-5)
    np.testing.assert_allclose(scored("log_mixture", share), np.log(expected(share)), rtol=1e-4, atol=1e-6)


def test_texts_compete_for_clips_whichever_of_both_asks() -> None:
    routes = tuple(RouteSpec(query="words", gallery=name, metric=Metric.INNER) for name in ("heard", "shown"))
    fusion = Fusion((routes[0], routes[1]), "mixture")
    found = Scorer(HEADS.__getitem__, {"text->av": routes[0]}, {"text->av": fusion}).scores("text->av")
    np.testing.assert_allclose(found, np.transpose(expected(0.5)), rtol=1e-5)


def test_sure_opinions_neither_overflow_nor_vanish() -> None:
    sure = np.array([[2000, 0, -2000]], np.float32)
    found = log_mixture(sure, sure, share=0.5, texts=1)
    np.testing.assert_allclose(found, [[0, -2000, -4000]], rtol=1e-6, atol=1e-6)

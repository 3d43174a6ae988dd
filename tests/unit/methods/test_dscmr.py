"""DSCMR: its terms by a loop, its gradients, its shared layers, and what it serves."""

import math
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from models.errors import RecipeInvalid
from models.methods import build
from models.methods.base import Batch, Samples, Task, Widths, total
from models.methods.dscmr import DSCMR, TERMS, Options
from models.types import Metric
from tests.tiny.samples import with_negatives

WEIGHTS = dict(zip(TERMS, (1.0, 2.0, 0.5), strict=True))


def task() -> Task:
    return Task(Widths(0, 7, 5), class_text=torch.empty(3, 0), unseen_text=torch.empty(0, 0))


def made(**options: Any) -> DSCMR:
    torch.manual_seed(0)
    return DSCMR(task(), Options(hidden=6, out=4, **options)).double()


def batch(rows: int = 6) -> Batch:
    numbers = torch.Generator().manual_seed(1)
    images, texts = (torch.randn(rows, width, generator=numbers, dtype=torch.float64) for width in (7, 5))
    none, label = images[:, :0], torch.arange(rows) % 3
    return with_negatives(Samples(none, images, texts, label, none))


def similarity(x: Tensor, y: Tensor, label: list[int]) -> float:
    """The mean over all pairs of rows."""
    found = 0.0
    for row, one in enumerate(x.tolist()):
        for column, other in enumerate(y.tolist()):
            theta = sum(a * b for a, b in zip(one, other, strict=True)) / math.hypot(*one) / math.hypot(*other) / 2
            found += math.log(1 + math.exp(theta)) - (label[row] == label[column]) * theta
    return found / len(x) / len(y)


def test_every_term_is_that_of_a_loop_over_samples() -> None:
    method, given = made(), batch()
    x = method.shared(method.own["video"](given.video))
    y = method.shared(method.own["text"](given.text))
    label = given.label.tolist()
    expected = dict.fromkeys(TERMS, 0.0)
    for row in range(6):
        for each in (x[row], y[row]):
            predicted = method.classifier(each).tolist()
            expected["label_space"] += math.dist(predicted, [float(each == label[row]) for each in range(3)]) / 6
        expected["invariance"] += math.dist(x[row].tolist(), y[row].tolist()) / 6
    expected["common_space"] = similarity(x, x, label) + similarity(x, y, label) + similarity(y, y, label)
    found = {term: value.item() for term, value in method.terms(given).items()}
    # Distances add 1e-6 to every difference.
    assert found == pytest.approx(expected, abs=1e-5)


def test_the_gradients_are_those_of_finite_differences() -> None:
    method, given = made(), batch()
    torch.autograd.backward(total(method.terms(given), WEIGHTS))
    numbers = np.random.default_rng(0)
    for parameter in method.parameters():
        entry = int(numbers.integers(parameter.numel()))
        assert parameter.grad is not None
        with torch.no_grad():
            flat, sides = parameter.view(-1), []
            for step in (1e-6, -2e-6):
                flat[entry] += step
                sides.append(total(method.terms(given), WEIGHTS).item())
            flat[entry] += 1e-6
        difference = (sides[0] - sides[1]) / 2e-6
        assert parameter.grad.flatten()[entry].item() == pytest.approx(difference, rel=1e-5, abs=1e-8)


def test_both_modalities_go_through_one_layer_into_one_space() -> None:
    method, given = made().eval(), batch()
    heads = method.heads()
    assert set(heads) == {"video", "text"}
    torch.testing.assert_close(heads["video"].module(given.video), method.shared(method.own["video"](given.video)))
    torch.testing.assert_close(heads["text"].module(given.text), method.shared(method.own["text"](given.text)))
    shared = [set(map(id, head.module.parameters())) for head in heads.values()]
    assert shared[0] & shared[1] == set(map(id, method.shared.parameters()))


def test_it_serves_both_directions_by_the_cosine_and_pictures_by_pictures() -> None:
    routes = made().routes()
    assert set(routes) == {"video->text", "text->video", "video->video"}
    assert {route.metric for route in routes.values()} == {Metric.COSINE}


def test_a_modality_that_the_data_lack_is_refused_by_name() -> None:
    with pytest.raises(RecipeInvalid, match=r"options\.pair: the data have no audio"):
        build("dscmr", task(), {"pair": ("audio", "video")})

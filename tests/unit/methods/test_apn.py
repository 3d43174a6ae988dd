"""APN: its terms against loops, its two maps, and which of them serves."""

import math
from dataclasses import replace
from typing import Any

import pytest
import torch

from models.methods.apn import APN, Options
from models.methods.base import Batch, Samples, Task, Widths
from tests.tiny.samples import with_negatives

TASK = Task(Widths(6, 5, 4), class_text=torch.eye(3, 4), unseen_text=torch.empty(0, 4))


def made(**options: Any) -> APN:
    torch.manual_seed(0)
    return APN(TASK, Options(spread=1.0, **options))


@pytest.fixture
def batch() -> Batch:
    numbers = torch.Generator().manual_seed(0)
    audio, video, classes = (torch.randn(3, width, generator=numbers) for width in (6, 5, 4))
    label = torch.tensor([2, 0, 1])
    return with_negatives(Samples(audio, video, classes[label], label, classes))


def softmax(values: list[float]) -> list[float]:
    raw = [math.exp(each) for each in values]
    return [each / sum(raw) for each in raw]


@pytest.mark.parametrize("often", ["once", "twice"])
def test_classes_is_the_cross_entropy_of_both_maps(often: str, batch: Batch) -> None:
    method = made(softmax=often)
    expected = 0.0
    for weight in (method.embedding.map.weight, method.prototypes.map.weight):
        scores = torch.cat([batch.video, batch.audio], dim=1) @ weight.T @ batch.class_text.T
        for row, label in zip(scores.tolist(), batch.label.tolist(), strict=True):
            inner = softmax(row) if often == "twice" else row
            expected -= math.log(softmax(inner)[label]) / len(scores)
    assert method.terms(batch)["classes"].item() == pytest.approx(expected, rel=1e-4)


def test_attributes_is_the_mean_squared_difference_of_both_maps(batch: Batch) -> None:
    method = made()
    expected = 0.0
    for weight in (method.embedding.map.weight, method.prototypes.map.weight):
        differences = torch.cat([batch.video, batch.audio], dim=1) @ weight.T - batch.text
        expected += sum(each**2 for each in differences.flatten().tolist()) / differences.numel()
    assert method.terms(batch)["attributes"].item() == pytest.approx(expected, rel=1e-4)


def test_the_first_map_alone_serves(batch: Batch) -> None:
    method = made().eval()
    head = method.heads()["av"]
    before = head.module(batch.video, batch.audio)
    with torch.no_grad():
        method.prototypes.map.weight.zero_()
    assert torch.equal(head.module(batch.video, batch.audio), before)
    torch.testing.assert_close(before, torch.cat([batch.video, batch.audio], dim=1) @ method.embedding.map.weight.T)


def test_the_weights_start_small_and_positive() -> None:
    weights = torch.cat([each.flatten() for each in APN(TASK, Options()).parameters()])
    assert 0 <= weights.min() < weights.max() <= 2e-4


def test_normalised_clips_have_no_length(batch: Batch) -> None:
    longer = replace(batch, audio=2 * batch.audio, video=2 * batch.video)
    for normalise, same in (("none", False), ("l2", True)):
        method = made(normalise=normalise)
        assert torch.allclose(method.terms(batch)["classes"], method.terms(longer)["classes"]) is same

"""Recognition of classes by inner products against a loop that follows its formula."""

import math

import pytest
import torch

from models.losses.recognition import recognition


def test_recognition_is_minus_the_log_of_the_right_class_s_softmax() -> None:
    numbers = torch.Generator().manual_seed(0)
    embeddings, classes = torch.randn(5, 4, generator=numbers), torch.randn(6, 4, generator=numbers)
    label = torch.tensor([0, 5, 2, 2, 3])
    losses = []
    for embedding, right in zip(embeddings, label.tolist(), strict=True):
        raw = [math.exp(sum((embedding * each).tolist())) for each in classes]
        losses.append(-math.log(raw[right] / sum(raw)))
    assert recognition(embeddings, classes, label).item() == pytest.approx(sum(losses) / 5, rel=1e-5)


def test_recognition_stays_finite_where_a_wrong_class_is_certain() -> None:
    embeddings, classes = torch.tensor([[1000.0]], requires_grad=True), torch.tensor([[1.0], [-1.0]])
    loss = recognition(embeddings, classes, torch.tensor([1]))
    torch.autograd.backward(loss)
    assert loss.item() == 2000
    assert embeddings.grad is not None
    assert embeddings.grad.isfinite().all()

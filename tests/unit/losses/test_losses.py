"""Every loss against a loop that follows its formula."""

import math

import pytest
import torch
from torch import Tensor

from models.losses.attention import attention_target, entropy, weighed_by_batch, weighed_by_sample
from models.losses.distances import euclidean, mean_squared
from models.losses.reconstruction import reconstruction
from models.losses.triplet import triplet


def rows(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def distance(x: Tensor, y: Tensor) -> float:
    return math.sqrt(sum((a - b + 1e-6) ** 2 for a, b in zip(x.tolist(), y.tolist(), strict=True)))


def test_euclidean_is_the_distance_of_each_pair_of_rows() -> None:
    x, y = rows(7, 5), rows(7, 5, seed=1)
    expected = [distance(a, b) for a, b in zip(x, y, strict=True)]
    assert euclidean(x, y).tolist() == pytest.approx(expected, rel=1e-5)


def test_the_gradient_of_the_distance_of_equal_rows_is_finite() -> None:
    x = rows(2, 3).requires_grad_()
    torch.autograd.backward(euclidean(x, x.detach()).sum())
    assert x.grad is not None
    assert x.grad.isfinite().all()


def test_mean_squared_averages_over_rows_and_dimensions() -> None:
    x, y = rows(4, 3), rows(4, 3, seed=1)
    squares = [(a - b) ** 2 for a, b in zip(x.flatten().tolist(), y.flatten().tolist(), strict=True)]
    assert mean_squared(x, y).item() == pytest.approx(sum(squares) / 12, rel=1e-5)


def test_triplet_is_the_hinge_of_each_sample() -> None:
    near, far = rows(9).abs(), rows(9, seed=1).abs()
    expected = [max(p - n + 0.5, 0) for p, n in zip(near.tolist(), far.tolist(), strict=True)]
    assert triplet(near, far, margin=0.5).tolist() == pytest.approx(expected)
    assert 0 in expected
    assert max(expected) > 0.5


def test_reconstruction_sums_the_distances_of_all_decodings() -> None:
    target, decoded = rows(4, 6), [rows(4, 6, seed=seed) for seed in (1, 2, 3)]
    expected = [sum(distance(each[row], target[row]) for each in decoded) for row in range(4)]
    assert reconstruction(decoded, target).tolist() == pytest.approx(expected, rel=1e-5)


def test_entropy_is_that_of_a_softmax_over_inner_products() -> None:
    embeddings, classes = rows(5, 4), rows(6, 4, seed=1)
    for found, embedding in zip(entropy(embeddings, classes).tolist(), embeddings, strict=True):
        raw = [math.exp(sum((embedding * each).tolist())) for each in classes]
        expected = -sum(value / sum(raw) * math.log(value / sum(raw)) for value in raw)
        assert found == pytest.approx(expected, rel=1e-4)


def test_entropy_stays_finite_where_one_class_is_certain() -> None:
    assert entropy(torch.tensor([[1000.0]]), torch.tensor([[1.0], [-1.0]])).tolist() == [0]


def test_entropy_without_preference_is_the_log_of_the_number_of_classes() -> None:
    assert entropy(torch.zeros(1, 3), rows(8, 3)).item() == pytest.approx(math.log(8))


def test_the_attention_target_is_the_surer_modality_or_a_half() -> None:
    audio, video = torch.tensor([2.0, 1.0, 1.0, 1.05]), torch.tensor([1.0, 2.0, 1.0, 1.0])
    assert attention_target(audio, video, gap=0.1).tolist() == [1, 0, 0.5, 0.5]


def test_weighing_by_batch_is_the_mean_of_the_matrix_that_broadcasting_makes() -> None:
    audio, video, weight = rows(5).abs(), rows(5, seed=1).abs(), rows(5, seed=2).sigmoid()
    pairs = [(1 - w) * a + w * v for w in weight.tolist() for a, v in zip(audio.tolist(), video.tolist(), strict=True)]
    assert weighed_by_batch(audio, video, weight).item() == pytest.approx(sum(pairs) / 25, rel=1e-5)


def test_weighing_by_sample_keeps_each_weight_with_its_sample() -> None:
    audio, video, weight = torch.tensor([1.0, 10.0]), torch.tensor([3.0, 30.0]), torch.tensor([1.0, 0.0])
    assert weighed_by_sample(audio, video, weight).item() == (3 + 10) / 2

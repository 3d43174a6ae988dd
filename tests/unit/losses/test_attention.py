"""What the paper's attention is trained by, where the version behind the AVCA tables differs, against loops."""

import math

import pytest
import torch
from torch import Tensor

from models.losses.attention import (
    attention_cross_entropy,
    attention_squared,
    entropy_of_inverse_distances,
    weighed_by_sample,
    weighed_equally,
)


def rows(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def test_the_entropy_of_inverse_distances_is_that_of_their_shares() -> None:
    embeddings, classes = rows(5, 4), rows(6, 4, seed=1)
    for found, embedding in zip(entropy_of_inverse_distances(embeddings, classes).tolist(), embeddings, strict=True):
        inverse = [1 / math.dist(embedding.tolist(), each.tolist()) for each in classes]
        shares = [each / sum(inverse) for each in inverse]
        assert found == pytest.approx(-sum(share * math.log(share) for share in shares), rel=1e-5)


def test_an_embedding_on_a_class_is_all_but_sure() -> None:
    classes = rows(6, 4)
    assert (entropy_of_inverse_distances(classes[:2], classes) < 1e-3).all()


def test_an_embedding_as_near_to_all_classes_is_as_undecided_as_can_be() -> None:
    assert entropy_of_inverse_distances(torch.zeros(1, 4), torch.eye(4)).item() == pytest.approx(math.log(4))


def test_squared_and_cross_entropy_are_means_over_the_batch() -> None:
    weights, target = [0.9, 0.2, 0.7], [1.0, 0.0, 0.5]
    squares = [(weight - goal) ** 2 for weight, goal in zip(weights, target, strict=True)]
    entropies = [
        -goal * math.log(weight) - (1 - goal) * math.log(1 - weight)
        for weight, goal in zip(weights, target, strict=True)
    ]
    found = torch.tensor(weights), torch.tensor(target)
    assert attention_squared(*found).item() == pytest.approx(sum(squares) / 3, rel=1e-5)
    assert attention_cross_entropy(*found).item() == pytest.approx(sum(entropies) / 3, rel=1e-5)


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_cross_entropy_is_finite_where_the_attention_is_sure_of_the_wrong_modality(dtype: torch.dtype) -> None:
    weights = torch.tensor([0.0, 1.0], dtype=dtype, requires_grad=True)
    found = attention_cross_entropy(weights, torch.tensor([1.0, 0.0], dtype=dtype))
    torch.autograd.backward(found)
    assert found.item() == pytest.approx(-math.log(1e-6), rel=1e-2)
    assert weights.grad is not None
    assert weights.grad.isfinite().all()


def test_cross_entropy_with_a_half_is_least_at_a_half() -> None:
    half = torch.tensor([0.5])
    tried = [attention_cross_entropy(torch.tensor([each]), half).item() for each in (0.4, 0.5, 0.6)]
    assert tried[1] == pytest.approx(math.log(2))
    assert tried[1] < min(tried[0], tried[2])


def test_weighing_equally_is_weighing_each_sample_by_a_half() -> None:
    audio, video = rows(5).abs(), rows(5, seed=1).abs()
    expected = weighed_by_sample(audio, video, torch.full((5,), 0.5))
    torch.testing.assert_close(weighed_equally(audio, video), expected)

"""Triplets among several embeddings, against a loop over samples."""

import pytest
import torch
from torch import Tensor

from models.losses.triplets import triplets

WANTED = [(2, 0, 3), (0, 2, 1), (2, 0, 1), (0, 2, 3), (1, 3, 2)]


@pytest.fixture
def embeddings() -> list[Tensor]:
    numbers = torch.Generator().manual_seed(0)
    return [torch.rand(7, 5, generator=numbers) for _ in range(4)]


@pytest.mark.parametrize("margin", [0.1, 1.0])
def test_hinges_are_those_of_a_loop(embeddings: list[Tensor], margin: float) -> None:
    def looped(anchor: int, positive: int, negative: int) -> float:
        found = 0.0
        for row in range(7):
            near = (embeddings[anchor][row] - embeddings[positive][row] + 1e-6).square().sum().sqrt()
            far = (embeddings[anchor][row] - embeddings[negative][row] + 1e-6).square().sum().sqrt()
            found += max(0.0, (near - far).item() + margin)
        return found / 7

    assert triplets(embeddings, WANTED, margin=margin).tolist() == pytest.approx(
        [looped(*each) for each in WANTED], abs=1e-6
    )


def test_a_triplet_s_hinge_does_not_depend_on_the_others(embeddings: list[Tensor]) -> None:
    alone = [triplets(embeddings, [each], margin=1.0) for each in WANTED]
    torch.testing.assert_close(triplets(embeddings, WANTED, margin=1.0), torch.cat(alone), rtol=0, atol=0)


def test_equal_embeddings_have_finite_gradients() -> None:
    same = torch.ones(3, 4, requires_grad=True)
    triplets([same, same, same], [(0, 1, 2)], margin=1.0).sum().backward()  # type: ignore[no-untyped-call]  # torch's
    assert same.grad is not None
    assert same.grad.isfinite().all()

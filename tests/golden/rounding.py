"""What rounding makes of a bias before a batch norm: all that a step of ours and the reference's may differ in.

Such a bias changes nothing in training, so its gradient is rounding alone, 1e-10 to 1e-7, with a sign that ours shares
with the reference's no more often than by chance. Adam makes up to a learning rate of it, either way. In evaluation
mode, where the batch norm's statistics are fixed, the bias does count: with our own steps the embeddings are off by
7e-5 to 1.2e-3, and with none by as much. With the reference's they agree to 4e-6: nothing else is left to explain.
"""

import copy
from collections.abc import Mapping

import torch
from torch import Tensor, nn
from torch.func import functional_call, jacrev, vmap

from models.methods.base import Batch, Method
from models.types import Modality
from tests.golden.reference import PROJECTIONS

RATE = 1e-3
"""Of the one Adam step that the reference files hold."""

EPSILON = 1e-8
"""Adam's, which tells for gradients as small as these."""

AGREED = RATE / 5
"""How near a step that embeddings determine must come to that which the file's gradient gives.

Measured: 3e-8 and 3e-6 for text, 1e-5 for sound and pictures; 1e-4 at worst in files of our own with other seeds.
"""

DETERMINED = 20.0
"""Embeddings determine a step if it moves by no more than this for every 1 that they are off; the others' is 1e5."""


def take_reference_step(
    network: nn.Module, golden: Mapping[str, Tensor], *, theirs: str, features: Tensor, embedding: Tensor
) -> None:
    """Give a projection's first bias the step that the reference took.

    Files hold the first 32 of the bias's gradients only. So all its steps are fitted to the embeddings, by least
    squares within Adam's rate, and then held to what those 32 gradients make, where embeddings determine a step. There
    are up to 2.5 embedded numbers a step, so that what else is wrong stays visible: a rate that is 2% too high leaves
    embeddings off by 2e-4 to 1e-2 and those 32 steps by half a rate or more. The caller looks at the embeddings.

    Args:
        theirs: the reference's name of the projection.
        features: [n, width] what it embeds.
        embedding: [n, out] the reference's, in evaluation mode after the step.
    """
    before = golden[f"w/{theirs}.0.bias"]
    step, determined = _fitted(network, before, features=features, embedding=embedding)
    gradient = golden[f"gradhead/{theirs}.0.bias"].double()
    known = -RATE * gradient / (gradient.abs() + EPSILON)
    off = torch.where(determined[: len(known)], step[: len(known)] - known, 0)
    assert off.abs().max() < AGREED
    with torch.no_grad():
        network.get_parameter("0.bias").copy_(before + step)


def assert_embeds(method: Method, batch: Batch, golden: Mapping[str, Tensor], *, modality: Modality) -> None:
    """After the step, a projection embeds a modality as the reference's does, but for the step of its first bias."""
    features, embedding = {
        "audio": (batch.audio, golden["eval/a"]),
        "video": (batch.video, golden["eval/v"]),
        "text": (batch.class_text, golden["eval/t"]),
    }[modality]
    network = method.get_submodule(modality)
    take_reference_step(network, golden, theirs=PROJECTIONS[modality], features=features, embedding=embedding)
    torch.testing.assert_close(network(features), embedding, rtol=0, atol=1e-4)


def _fitted(network: nn.Module, before: Tensor, *, features: Tensor, embedding: Tensor) -> tuple[Tensor, Tensor]:
    """The steps [h] of the first bias that bring embeddings nearest to the reference's, and which are determined."""
    exact, start = copy.deepcopy(network).double().requires_grad_(False), before.double()

    def embed(bias: Tensor, row: Tensor) -> Tensor:
        embedded: Tensor = functional_call(exact, {"0.bias": bias}, (row[None],))
        return embedded[0]

    step = torch.zeros_like(start)
    # A step can carry a hidden unit over its ReLU, so the fit is repeated from where it led, until it leads nowhere.
    for _ in range(5):
        bias, last = start + step, step
        slopes = vmap(jacrev(embed), in_dims=(None, 0))(bias, features.double()).flatten(0, 1)
        off = embedding.double() - functional_call(exact, {"0.bias": bias}, (features.double(),))
        factor = _factor(slopes.T @ slopes)
        fitted = torch.cholesky_solve((slopes.T @ (off.flatten() + slopes @ step))[:, None], factor)[:, 0]
        step = fitted.clamp(-RATE, RATE)
        if (step - last).abs().max() < RATE * 1e-6:
            break
    return step, torch.cholesky_inverse(factor).diagonal().sqrt() < DETERMINED


def _factor(products: Tensor) -> Tensor:
    """Of a matrix of inner products, so little ridged that only what nothing determines becomes 0."""
    ridge = 1e-10 * products.diagonal().mean() * torch.eye(len(products), dtype=products.dtype)
    factor: Tensor = torch.linalg.cholesky(products + ridge)
    return factor

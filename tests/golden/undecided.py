"""Which biases only rounding moved in a reference, several layers deep, and what that explains."""

from collections.abc import Callable, Mapping

import torch
from torch import Tensor

from models.methods.base import Method
from tests.golden.reference import renamed

NOISE = 2e-6
"""The root mean square, at most, of a gradient that is nothing but rounding: of a bias before a batch norm."""
SURE = 6.0
"""How many root mean squares of the noise weight decay must outweigh to decide a step's direction alone."""


def undecided(
    method: Method, golden: Mapping[str, Tensor], names: Mapping[str, str], *, weight_decay: float
) -> dict[str, Tensor]:
    """By parameter, 1 where only rounding decided which way the reference's Adam moved it, and how far; 0 elsewhere.

    A bias before a batch norm has gradient 0. In float32 it has noise, different on every machine, which Adam turns
    into a first step of the whole learning rate either way, but where weight decay is plainly the larger part.
    """
    theirs = renamed(method, names)
    found = {}
    for name, parameter in method.named_parameters():
        noise = golden[f"gradnorm/{theirs[name]}"].item() / parameter.numel() ** 0.5
        if noise < NOISE:
            found[name] = ((weight_decay * parameter).abs() < SURE * noise).to(parameter.dtype)
    return found


def moved(method: Method, biases: Mapping[str, Tensor], difference: Callable[[], Tensor]) -> float:
    """Move those biases to where a sum of squared differences is least; how far the farthest had to go."""
    chosen = {method.get_parameter(name): free for name, free in biases.items()}
    before = [each.detach().clone() for each in chosen]
    search = torch.optim.LBFGS(
        list(chosen), max_iter=60, history_size=50, tolerance_grad=0, tolerance_change=0, line_search_fn="strong_wolfe"
    )

    def squares() -> Tensor:
        search.zero_grad()
        # Scaled up, as squares of 1e-4 are lost in float32 beside the line search's own tolerances.
        found = difference().square().sum() * 1e6
        torch.autograd.backward(found, inputs=list(chosen))
        for each, free in chosen.items():
            if each.grad is not None:
                each.grad *= free
        return found

    search.step(squares)  # type: ignore[no-untyped-call]  # torch's
    return max(float((now - then).abs().max().detach()) for now, then in zip(chosen, before, strict=True))

"""How well a critic tells generated features from real ones: the Wasserstein distance and what keeps it one."""

from collections.abc import Callable

import torch
from torch import Tensor


def wasserstein(of_real: Tensor, of_generated: Tensor) -> Tensor:
    """Minus the critic's estimate of how far the generated features are from the real ones: a scalar.

    Args:
        of_real: [b, 1] what the critic says of real features.
        of_generated: [b, 1] what it says of generated ones.

    Source: WGAN-GP (arXiv 1704.00028), its critic loss without the penalty; L_WGAN of f-VAEGAN-D2
    (arXiv 1903.10132).
    """
    return of_generated.mean() - of_real.mean()


def gradient_penalty(critic: Callable[[Tensor], Tensor], real: Tensor, generated: Tensor) -> Tensor:
    """How far the length of the critic's gradient is from 1, squared, averaged over points between pairs: a scalar.

    Args:
        critic: from features [b, d] to [b, 1]; sees each row alone.
        real: [b, d].
        generated: [b, d]; each row's point lies evenly at random between it and the real row of its number.

    Source: WGAN-GP (arXiv 1704.00028), its penalty without the weight lambda, which a recipe gives.
    """
    share = torch.rand(len(real), 1, device=real.device)
    between = (share * real + (1 - share) * generated).detach().requires_grad_()
    (gradients,) = torch.autograd.grad(critic(between).sum(), between, create_graph=True)
    lengths: Tensor = gradients.norm(dim=1)
    return (lengths - 1).square().mean()

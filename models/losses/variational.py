"""What a variational autoencoder minimises: how much the code says, and how badly it is decoded."""

from torch import Tensor
from torch.nn.functional import binary_cross_entropy_with_logits


def divergence(mean: Tensor, log_variance: Tensor) -> Tensor:
    """How far normal distributions, independent in each dimension, are from the standard one: KL, in nats.

    Args:
        mean: [b, d].
        log_variance: [b, d].

    Returns:
        [b] -1/2 sum (1 + log s^2 - m^2 - s^2), summed over dimensions.

    Source: appendix B of arXiv 1312.6114; the first part of L_VAE of f-VAEGAN-D2 (arXiv 1903.10132).
    """
    return -0.5 * (1 + log_variance - mean.square() - log_variance.exp()).sum(dim=1)


def bernoulli(decoded: Tensor, target: Tensor) -> Tensor:
    """The binary cross-entropy of features between 0 and 1, summed over dimensions, in nats.

    Args:
        decoded: [b, d] logits of what is decoded.
        target: [b, d] in [0, 1].

    Returns:
        [b].

    Source: the reconstruction of L_VAE of f-VAEGAN-D2 (arXiv 1903.10132) as in the version behind the AVCA
    paper's tables.
    """
    return binary_cross_entropy_with_logits(decoded, target, reduction="none").sum(dim=1)


def gaussian(decoded: Tensor, target: Tensor) -> Tensor:
    """Minus the log likelihood of unit vectors in a normal distribution around what is decoded, up to a constant.

    Its variance is 1/d in each dimension, the mean square of a unit vector's coordinates.

    Args:
        decoded: [b, d].
        target: [b, d] of unit length.

    Returns:
        [b] d/2 |decoded - target|^2.

    Source: ours, for features of either sign, which `bernoulli` cannot describe.
    """
    return target.shape[1] / 2 * (decoded - target).square().sum(dim=1)

"""How far two embeddings are from each other."""

from torch import Tensor
from torch.nn.functional import mse_loss, pairwise_distance


def euclidean(x: Tensor, y: Tensor) -> Tensor:
    """The L2 distance of each pair of rows.

    1e-6 is added to every difference, which keeps the gradient finite where both rows are the same.

    Args:
        x: [b, d].
        y: [b, d], same order.

    Returns:
        [b] distances.

    Source: d(., .) of CJME (arXiv 1910.08732) and AVGZSLNet (arXiv 2005.13402); that it is the plain, not the
    squared, L2 distance is from the versions behind the AVCA paper's tables.
    """
    return pairwise_distance(x, y)


def mean_squared(x: Tensor, y: Tensor) -> Tensor:
    """The squared difference, averaged over the batch and the dimensions: a scalar.

    Args:
        x: [b, d].
        y: [b, d], same order.

    Source: L_AV of CJME (arXiv 1910.08732), a squared L2 distance there, here divided by d as in the version
    behind the AVCA paper's tables.
    """
    return mse_loss(x, y)


def mean_squared_rows(x: Tensor, y: Tensor) -> Tensor:
    """The squared difference of each pair of rows, averaged over the dimensions.

    Args:
        x: [b, d].
        y: [b, d], same order.

    Returns:
        [b] mean squared errors.

    Source: d(., .) of AVGZSLNet (arXiv 2005.13402), which calls it the mean squared error.
    """
    return mse_loss(x, y, reduction="none").mean(dim=1)

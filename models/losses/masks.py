"""Masks over features: which elements a loss says to turn to, and how far predicted masks are from those."""

from collections.abc import Callable, Mapping

import torch
from torch import Tensor
from torch.nn.functional import l1_loss, mse_loss


def _euclidean(predicted: Tensor, wanted: Tensor) -> Tensor:
    distances: Tensor = torch.linalg.vector_norm(predicted - wanted, dim=1)
    return distances.mean()


DISTANCES: Mapping[str, Callable[[Tensor, Tensor], Tensor]] = {
    "squared": mse_loss,
    "absolute": l1_loss,
    "euclidean": _euclidean,
}
"""What a recipe may choose between."""


def pseudo_mask(loss: Tensor, features: Tensor, *, share: float) -> Tensor:
    """1 at the elements whose growth would raise a loss most, 0 elsewhere: a constant.

    Args:
        loss: a scalar that depends on `features`; its graph stays.
        features: [b, d], of which gradients are known.
        share: of the d elements that are 1, at least one a row; the largest signed ones of the gradient.

    Returns:
        [b, d].

    Source: the pseudo masks of MDIR ("Coordinate and Generalize", 2023), g = dL_CLS/dv, by its top k.
    """
    (gradient,) = torch.autograd.grad(loss, features, retain_graph=True)
    chosen = gradient.topk(max(1, round(share * features.shape[1])), dim=1).indices
    return torch.zeros_like(gradient).scatter_(1, chosen, 1.0)


def mask_distance(predicted: Tensor, wanted: Tensor, *, kind: str) -> Tensor:
    """How far masks in [0, 1] are from those wanted, averaged over the batch: a scalar.

    Args:
        predicted, wanted: [b, d].
        kind: `squared` or `absolute` differences, averaged over elements; `euclidean` L2 distances of rows.

    Source: L_M of MDIR ("Coordinate and Generalize", 2023), which does not say of which norm it is.
    """
    return DISTANCES[kind](predicted, wanted)

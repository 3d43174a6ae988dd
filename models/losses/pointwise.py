"""How far embeddings are from the translations that should be the same points."""

from collections.abc import Callable, Sequence
from typing import Literal

import torch
from torch import Tensor
from torch.nn.functional import normalize


def squared_euclidean(x: Tensor, y: Tensor) -> Tensor:
    """The squared L2 distance of each pair of rows, summed over the dimensions.

    Args:
        x: [b, d].
        y: [b, d], same order.

    Returns:
        [b] squared distances.

    Source: L_PC of DSTC (arXiv 2103.14103).
    """
    return (x - y).square().sum(dim=1)


def squared_cosine(x: Tensor, y: Tensor) -> Tensor:
    """The squared L2 distance of the directions of each pair of rows: 2 - 2 cos(x, y).

    Args:
        x: [b, d].
        y: [b, d], same order.

    Returns:
        [b] squared distances, in [0, 4].

    Source: the cosine distance in training of DSTC (arXiv 2103.14103): both are made unit length first.
    """
    return squared_euclidean(normalize(x), normalize(y))


Distance = Literal["euclidean", "cosine"]
DISTANCES: dict[Distance, Callable[[Tensor, Tensor], Tensor]] = {
    "euclidean": squared_euclidean,
    "cosine": squared_cosine,
}
"""What a recipe may choose between."""


def pointwise(pairs: Sequence[tuple[Tensor, Tensor]], *, distance: Distance) -> Tensor:
    """The distances between points that should be one, averaged over the batch, summed over the pairs: a scalar.

    Args:
        pairs: embeddings [b, d] and the translations [b, d] that should be them.
        distance: of `DISTANCES`.

    Source: L_PC of DSTC (arXiv 2103.14103), from either modality to the other; L_cPC, there and back.
    """
    return torch.stack([DISTANCES[distance](x, y).mean() for x, y in pairs]).sum()

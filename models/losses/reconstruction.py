"""How far decoded embeddings are from the text feature they should give back."""

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from models.losses.distances import euclidean


def reconstruction(
    decoded: Sequence[Tensor], target: Tensor, *, distance: Callable[[Tensor, Tensor], Tensor] = euclidean
) -> Tensor:
    """The distances of several decodings to one target, summed.

    Args:
        decoded: [b, d] each: what was decoded from text, audio and video embeddings.
        target: [b, d] text features of the same samples, unit rows where the decodings are.
        distance: from two [b, d] to [b].

    Returns:
        [b] sums. Not reduced.

    Source: L_REC of AVGZSLNet (arXiv 2005.13402), by plain L2 distances as in the version behind the
    AVCA paper's tables; the paper calls d the mean squared error.
    """
    return torch.stack([distance(each, target) for each in decoded]).sum(dim=0)

"""How a clip's own class should rank among all: hinges of scores, and three ways to make one loss of them."""

import torch
from torch import Tensor
from torch.nn.functional import one_hot, relu


def violations(scores: Tensor, label: Tensor, *, margin: float) -> Tensor:
    """How far each other class is from being worse than the right one by `margin`.

    Args:
        scores: [b, c], higher is better.
        label: [b] right columns.

    Returns:
        [b, c] hinges [margin + s_c - s_y]+, 0 for the right class.

    Source: the hinge rank loss of DeViSE (Frome et al., NIPS 2013), which ALE (arXiv 1503.08677) and SJE
    (arXiv 1409.8403) sum up otherwise; that they rank all training classes, without sampling, is from the versions
    behind the AVCA paper's tables.
    """
    right = scores.gather(1, label[:, None])
    others = 1 - one_hot(label, scores.shape[1]).to(scores.dtype)
    return others * relu(margin + scores - right)


def summed(hinges: Tensor) -> Tensor:
    """All violations of each sample: from [b, c] to [b].

    Source: DeViSE (Frome et al., NIPS 2013).
    """
    return hinges.sum(dim=1)


def largest(hinges: Tensor) -> Tensor:
    """The worst violation of each sample: from [b, c] to [b].

    Source: the structured loss of SJE (arXiv 1409.8403).
    """
    return hinges.amax(dim=1)


def rank_weighed(hinges: Tensor) -> Tensor:
    """The mean violation of each sample times the harmonic number of how many there are: from [b, c] to [b].

    The weight rises with the rank of the right class, ever more slowly: the top of the ranking counts most. No
    gradient flows through it.

    Source: ALE (arXiv 1503.08677), a weighted approximate ranking with weights 1 + 1/2 + ... + 1/r of rank r; the
    1e-8 added to r is from the version behind the AVCA paper's tables.
    """
    rank = (hinges > 0).sum(dim=1)
    return _harmonic(hinges)[rank] / (rank + 1e-8) * hinges.sum(dim=1)


def _harmonic(hinges: Tensor) -> Tensor:
    """The harmonic numbers of 0 to c: [c + 1]."""
    counted = torch.arange(1, hinges.shape[1] + 1, device=hinges.device, dtype=hinges.dtype)
    return torch.cat([counted.new_zeros(1), (1 / counted).cumsum(0)])

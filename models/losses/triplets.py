"""Triplets among several embeddings of the same samples."""

from collections.abc import Sequence
from itertools import chain

import torch
from torch import Tensor

from models.losses.distances import euclidean
from models.losses.triplet import triplet

Triplet = tuple[int, int, int]
"""The numbers of an anchor, a positive and a negative."""


def triplets(embeddings: Sequence[Tensor], wanted: Sequence[Triplet], *, margin: float) -> Tensor:
    """The mean hinge of every triplet; the distance of a pair that is in several is computed once.

    Args:
        embeddings: [b, d] each, of the same samples: their text, their sound, that of their negatives …
        wanted: which of them are anchor, positive and negative.

    Returns:
        [t] hinges on how much farther, by plain L2 distance, the negative must be than the positive: means over b.

    Source: the triplets of l_t, l_ct and l_w of AVCA (arXiv 2203.03598), eqs. 5 to 10, distances and reduction as in
    its released code.
    """
    pairs = set(chain.from_iterable(((anchor, near), (anchor, far)) for anchor, near, far in wanted))
    distance = {(one, other): euclidean(embeddings[one], embeddings[other]) for one, other in sorted(pairs)}
    hinges = [triplet(distance[anchor, near], distance[anchor, far], margin=margin) for anchor, near, far in wanted]
    return torch.stack(hinges).mean(dim=1)

"""Triplets among several embeddings of the same samples."""

from torch import Tensor

from models.losses.distances import euclidean
from models.losses.triplet import triplet


def triplets(embeddings: Tensor, rows: Tensor, *, margin: float) -> Tensor:
    """The mean hinge of every triplet, all in one go.

    Args:
        embeddings: [b, r, d], r of each sample, such as its text, its sound and those of its negative.
        rows: [t, 3] which of them are anchor, positive and negative.

    Returns:
        [t] hinges on how much farther, by plain L2 distance, the negative must be than the positive: means over b.

    Source: the triplets of l_t, l_ct and l_w of AVCA (arXiv 2203.03598), eqs. 5 to 10, distances and reduction as in
    its released code.
    """
    anchors, positives, negatives = (embeddings.index_select(1, column) for column in rows.unbind(1))
    return triplet(euclidean(anchors, positives), euclidean(anchors, negatives), margin=margin).mean(dim=0)

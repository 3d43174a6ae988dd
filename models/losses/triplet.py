"""The triplet hinge."""

from torch import Tensor
from torch.nn.functional import relu


def triplet(anchor_positive: Tensor, anchor_negative: Tensor, *, margin: float) -> Tensor:
    """Hinge on how much farther the negative must be than the positive.

    Args:
        anchor_positive: [b] distances.
        anchor_negative: [b] distances, same order.

    Returns:
        [b] losses, 0 where the margin already holds. Not reduced.

    Source: L_TA and L_TV of CJME (arXiv 1910.08732); L_TA, L_AT, L_TV, L_VT, L_CTA and L_CTV of AVGZSLNet
    (arXiv 2005.13402).
    """
    return relu(anchor_positive - anchor_negative + margin)

"""How far two opinions on a sample's class are from each other."""

from torch import Tensor


def mutual(first: Tensor, second: Tensor) -> Tensor:
    """The mean of the Kullback-Leibler divergences of each distribution from the other.

    Args:
        first, second: [b, c] log-probabilities; rows are distributions.

    Returns:
        [b] divergences, 0 where both agree. Not reduced; both learn from each other.

    Source: L_KD of MDIR ("Coordinate and Generalize", 2023): (KL(p_v, p_a) + KL(p_a, p_v)) / 2.
    """
    return ((first.exp() - second.exp()) * (first - second)).sum(dim=1) / 2

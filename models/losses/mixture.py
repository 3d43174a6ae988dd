"""Two opinions on a sample's class made one, and how wrong it is: by log-probabilities, so that nothing overflows."""

import math

import torch
from torch import Tensor


def mixed(first: Tensor, second: Tensor, *, share: float) -> Tensor:
    """The log-probabilities of a mixture of two distributions over the same classes.

    Args:
        first, second: [b, c] log-probabilities; rows are distributions.
        share: of the second, in (0, 1).

    Returns:
        [b, c] log-probabilities.

    Source: p = beta p_v + (1 - beta) p_a of MDIR ("Coordinate and Generalize", 2023).
    """
    return torch.logaddexp(first + math.log1p(-share), second + math.log(share))


def one_against_all(log_probabilities: Tensor, label: Tensor) -> Tensor:
    """The binary cross-entropy of every class against all others, summed over classes.

    Args:
        log_probabilities: [b, c]; rows are distributions over at least two classes.
        label: [b] right columns.

    Returns:
        [b] losses. Not reduced.

    Source: L_CLS of MDIR ("Coordinate and Generalize", 2023): -sum_c (y_c log p_c + (1 - y_c) log(1 - p_c)).
    """
    right = label[:, None]
    complements = log_complements(log_probabilities)
    wrong = complements.sum(dim=1) - complements.gather(1, right)[:, 0]
    return -log_probabilities.gather(1, right)[:, 0] - wrong


def log_complements(log_probabilities: Tensor) -> Tensor:
    """log(1 - p) [b, c] of log-probabilities [b, c], exact even where p rounds to 1.

    Only one class of a row can have more than a half; what it lacks is the sum of the others.
    """
    top = torch.zeros_like(log_probabilities, dtype=torch.bool)
    top.scatter_(1, log_probabilities.argmax(dim=1, keepdim=True), True)
    others = log_probabilities.masked_fill(top, -torch.inf)
    return torch.where(top, others.logsumexp(dim=1, keepdim=True), torch.log1p(-others.exp()))

"""How well classes are told apart: in a space of labels, and by the angles of a common space."""

from torch import Tensor
from torch.nn.functional import normalize, one_hot, softplus

from models.losses.distances import euclidean


def label_distance(predicted: Tensor, label: Tensor) -> Tensor:
    """The L2 distance of each predicted label from its one-hot vector.

    Args:
        predicted: [b, c], linear, neither logits nor probabilities.
        label: [b] right columns.

    Returns:
        [b] distances.

    Source: the discrimination loss in the label space, J1, of DSCMR (Zhen et al., CVPR 2019), by its released code.
    """
    return euclidean(predicted, one_hot(label, predicted.shape[1]).to(predicted.dtype))


def similarity_likelihood(x: Tensor, y: Tensor, label: Tensor) -> Tensor:
    """Minus the log-likelihood that samples of one class, and no others, are similar; the mean over all pairs.

    With theta = cos / 2 the probability of being similar is sigmoid(theta): log(1 + exp(theta)) - s theta, s being 1
    for two samples of a class and 0 otherwise. A sample and itself are a pair too.

    Args:
        x: [b, d].
        y: [b, d] of the same samples, in the same order; may be `x`.
        label: [b].

    Returns:
        A scalar.

    Source: each of the three sums of the discrimination loss in the common space, J2, of DSCMR (Zhen et al., CVPR
    2019), by its released code.
    """
    theta = normalize(x) @ normalize(y).T / 2
    same = (label[:, None] == label).to(theta.dtype)
    return (softplus(theta) - same * theta).mean()

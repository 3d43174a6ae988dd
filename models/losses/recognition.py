"""How well the embedding of a clip finds that of its class among all classes."""

from torch import Tensor
from torch.nn.functional import cross_entropy


def recognition(embeddings: Tensor, classes: Tensor, label: Tensor) -> Tensor:
    """The softmax cross-entropy of inner products with the embeddings of all classes, averaged: a scalar.

    Args:
        embeddings: [b, d].
        classes: [c, d].
        label: [b] rows of `classes`.

    Source: l_ce of TCAF (arXiv 2207.09966) and of ClipClap (arXiv 2404.06309).
    """
    return cross_entropy(embeddings @ classes.T, label)

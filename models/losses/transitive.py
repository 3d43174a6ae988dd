"""Whether embeddings are of the right class for the classifiers that they are handed to."""

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy


def cross_entropies(logits: Sequence[Tensor], label: Tensor) -> Tensor:
    """The softmax cross-entropy of several classifications of the same samples, summed: a scalar.

    Args:
        logits: [b, c] each: what a classifier makes of embeddings, of translations, or of ways there and back.
        label: [b] right columns.

    Source: L_CE, L_DSTC and L_cDSTC of DSTC (arXiv 2103.14103), each a sum over both modalities of means over the
    batch; they differ in what is classified, and by whose classifier.
    """
    return torch.stack([cross_entropy(each, label) for each in logits]).sum()

"""A linear classifier as two heads: the inner product of a clip and of a word that names one of its classes."""

import torch
from torch import Tensor, nn
from torch.nn.functional import normalize

SAME_WORDS = 0.999
"""The cosine of two text features above which they mean the same class; rounding leaves more than that."""

NEVER = -1e4
"""The score of words that name none of the classes: below any logit of a clip of unit length."""


class UnitClip(nn.Module):
    """The clip's half of a classifier's logit: its features side by side, of unit length, and 1 for the bias."""

    def forward(self, *features: Tensor) -> Tensor:
        """From features [b, ...], `width` wide together, to [b, width + 1]."""
        unit = normalize(torch.cat(features, dim=1))
        return torch.cat([unit, torch.ones_like(unit[:, :1])], dim=1)


class ClassRows(nn.Module):
    """The word's half of a classifier's logit: weights and bias of the class whose text feature it has.

    Words that name no class get a row by which every clip scores `NEVER`: a classifier cannot tell what they mean.
    """

    text: Tensor

    def __init__(self, classifier: nn.Linear, text: Tensor) -> None:
        """`text` [c, width] are the text features of the classifier's classes."""
        super().__init__()
        self.classifier = classifier
        self.register_buffer("text", normalize(text))

    def forward(self, text: Tensor) -> Tensor:
        """From text features [b, width] to [b, clip width + 1]; of several classes that fit, the nearest."""
        nearness, row = (normalize(text) @ self.text.T).max(dim=1)
        rows = torch.cat([self.classifier.weight, self.classifier.bias[:, None]], dim=1)[row]
        nothing = torch.cat([torch.zeros_like(rows[:, :-1]), torch.full_like(rows[:, -1:], NEVER)], dim=1)
        return torch.where((nearness > SAME_WORDS)[:, None], rows, nothing)

"""The small networks that every method is made of."""

from typing import Literal

import torch
from torch import Tensor, nn

Activation = Literal["relu", "identity"]
"""What the last layer of a projection ends in."""


def projection(*, width: int, hidden: int, out: int, dropout: float, last: Activation = "identity") -> nn.Sequential:
    """A two-layer perceptron from features [b, width] to embeddings [b, out].

    Linear, batch norm, ReLU, dropout, Linear and, where `last` asks for it, a final ReLU.

    Source: g_a and g_v of CJME (arXiv 1910.08732), F_A and F_V of AVGZSLNet (arXiv 2005.13402), two layers
    each; batch norm, dropout and the final ReLU are those of the versions behind the AVCA paper's tables.
    """
    layers: list[nn.Module] = [
        nn.Linear(width, hidden),
        nn.BatchNorm1d(hidden),
        nn.ReLU(),
        nn.Dropout(dropout),
        nn.Linear(hidden, out),
    ]
    if last == "relu":
        layers.append(nn.ReLU())
    return nn.Sequential(*layers)


class PairedClip(nn.Module):
    """The clip's half of an inner product that is minus a weighted sum of two squared distances.

    With w = (w_a, w_v): <clip, text> = -(w_a |a - t|^2 + w_v |v - t|^2), so that one exact search by inner
    product ranks clips by both modalities, each clip with weights of its own.
    """

    def forward(self, audio: Tensor, video: Tensor, weights: Tensor) -> Tensor:
        """From embeddings [b, d], [b, d] and weights [b, 2] (audio, video) to [b, d + 2]."""
        of_audio, of_video = weights[:, :1], weights[:, 1:]
        both = 2 * (of_audio * audio + of_video * video)
        norms = of_audio * _square(audio) + of_video * _square(video)
        return torch.cat([both, -norms, -(of_audio + of_video)], dim=1)


class PairedText(nn.Module):
    """The text's half of the inner product of `PairedClip`."""

    def __init__(self, text: nn.Module) -> None:
        super().__init__()
        self.text = text

    def forward(self, text: Tensor) -> Tensor:
        """From text features [b, width] to [b, d + 2]: the embedding, 1 and its squared length."""
        embedding = self.text(text)
        return torch.cat([embedding, torch.ones_like(embedding[:, :1]), _square(embedding)], dim=1)


def _square(vectors: Tensor) -> Tensor:
    return (vectors * vectors).sum(dim=1, keepdim=True)

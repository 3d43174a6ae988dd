"""The networks of CJME, one for clips' features and one for text, which its baselines share."""

from typing import Literal

from pydantic import ConfigDict
from pydantic.dataclasses import dataclass
from torch import nn

from models.layers import Activation, projection
from models.methods.options import Dropout, Positive, Size


@dataclass(frozen=True, config=ConfigDict(extra="forbid"))
class ProjectionOptions:
    """What a recipe may choose of the projections and of the triplets that train them; the defaults are CJME's.

    Args:
        hidden, text_hidden, out: widths of the projections' layers.
        text_layers: of the projection of text; the paper's has one.
        dropout: of the projections, between their layers.
        margin: of the triplet terms.
        last: what the projections end in.
    """

    hidden: Size = 1024
    text_hidden: Size = 300
    out: Size = 64
    text_layers: Literal[1, 2] = 2
    dropout: Dropout = 0.2
    margin: Positive = 1.0
    last: Activation = "relu"

    def of_clips(self, width: int) -> nn.Sequential:
        """From features [b, width] of clips to [b, out]."""
        return projection(width=width, hidden=self.hidden, out=self.out, dropout=self.dropout, last=self.last)

    def of_text(self, width: int) -> nn.Sequential:
        """From text features [b, width] to [b, out]."""
        return projection(
            width=width,
            hidden=self.text_hidden,
            out=self.out,
            dropout=self.dropout,
            last=self.last,
            layers=self.text_layers,
        )

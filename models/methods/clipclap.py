"""ClipClap: features of large models that know words, joined by two small networks (arXiv 2404.06309)."""

import torch
from pydantic import ConfigDict
from pydantic.dataclasses import dataclass
from torch import Tensor, nn

from models.layers import block1, block2
from models.methods.base import Batch, Task, Widths
from models.methods.clip_text import ClipText
from models.methods.options import Dropout, Size


@dataclass(frozen=True, config=ConfigDict(extra="forbid"))
class Options:
    """What a recipe may choose; the defaults are the published ones.

    Args:
        encoded: width of what clips and texts are encoded to, which the decoders give back.
        hidden: width of the layer between that and the common space.
        out: width of the common space.
        encoder_dropout: of both encoders.
        clip_dropout, text_dropout: of projection and decoder of either.
    """

    encoded: Size = 512
    hidden: Size = 512
    out: Size = 64
    encoder_dropout: Dropout = 0.1
    clip_dropout: Dropout = 0.1
    text_dropout: Dropout = 0.1


class ClipClap(ClipText):
    """Clips, their pictures and sound side by side, and class text in one space."""

    clip: "Clip"
    text: nn.Sequential

    def __init__(self, task: Task, options: Options) -> None:
        super().__init__()
        encoded, hidden, out = options.encoded, options.hidden, options.out
        widths = task.widths
        self.clip = Clip(widths, options)
        self.clip_decoder = block2(width=out, hidden=hidden, out=encoded, dropout=options.clip_dropout)
        self.text = nn.Sequential(
            block1(width=widths.text, out=encoded, dropout=options.encoder_dropout),
            block1(width=encoded, out=out, dropout=options.text_dropout),
        )
        self.text_decoder = block1(width=out, out=encoded, dropout=options.text_dropout)

    def terms(self, batch: Batch) -> dict[str, Tensor]:
        """The terms of `ClipText`; what is decoded is the encoded text."""
        clip = self.clip(batch.audio, batch.video)
        encoded = self.text[0](batch.text)
        return self.compared(clip, self.text[1](encoded), decoded=encoded, batch=batch)


class Clip(nn.Module):
    """From pictures and sound side by side, in this order, to the common space."""

    def __init__(self, widths: Widths, options: Options) -> None:
        super().__init__()
        encoded = options.encoded
        self.encoder = block1(width=widths.video + widths.audio, out=encoded, dropout=options.encoder_dropout)
        self.projection = block2(width=encoded, hidden=options.hidden, out=options.out, dropout=options.clip_dropout)

    def forward(self, audio: Tensor, video: Tensor) -> Tensor:
        """From features [b, width] of both to [b, out]."""
        embedded: Tensor = self.projection(self.encoder(torch.cat([video, audio], dim=1)))
        return embedded

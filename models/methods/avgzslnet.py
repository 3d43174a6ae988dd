"""AVGZSLNet: embeddings from which the class text can be decoded (arXiv 2005.13402)."""

from typing import Annotated

import torch
from pydantic import ConfigDict, Field
from pydantic.dataclasses import dataclass
from torch import Tensor, nn
from torch.nn.functional import normalize

from models.bundle.manifest import RouteSpec
from models.layers import PairedClip, PairedText, projection
from models.losses.distances import euclidean
from models.losses.reconstruction import reconstruction
from models.losses.triplet import triplet
from models.methods.base import Batch, GradientMethod, Head, Task, joint_routes

TERMS = (
    "reconstruction",
    "decoded_audio",
    "decoded_video",
    "text_audio",
    "audio_text",
    "text_video",
    "video_text",
)


@dataclass(frozen=True, config=ConfigDict(extra="forbid"))
class Options:
    """What a recipe may choose; the defaults are the version behind the AVCA paper's tables.

    Args:
        hidden, text_hidden, out: widths of the projections' layers.
        decoder_hidden: width of the hidden layer of the decoder.
        dropout, decoder_dropout: of the projections and of the decoder, between their layers.
        margin: of all triplet terms.
    """

    hidden: Annotated[int, Field(gt=0)] = 1024
    text_hidden: Annotated[int, Field(gt=0)] = 300
    out: Annotated[int, Field(gt=0)] = 64
    decoder_hidden: Annotated[int, Field(gt=0)] = 64
    dropout: Annotated[float, Field(ge=0, lt=1)] = 0.8
    decoder_dropout: Annotated[float, Field(ge=0, lt=1)] = 0.5
    margin: Annotated[float, Field(gt=0)] = 1.0


class AVGZSLNet(GradientMethod):
    """Audio, video and class text in one space, from which one decoder gives the class text back."""

    def __init__(self, task: Task, options: Options) -> None:
        super().__init__()
        self.options = options
        widths = task.widths
        self.audio = self._projection(widths.audio, options.hidden)
        self.video = self._projection(widths.video, options.hidden)
        self.text = self._projection(widths.text, options.text_hidden)
        self.decoder = projection(
            width=options.out, hidden=options.decoder_hidden, out=widths.text, dropout=options.decoder_dropout
        )

    def terms(self, batch: Batch) -> dict[str, Tensor]:
        """The seven terms of docs/methods.md, in its order."""
        audio, video, text = self.audio(batch.audio), self.video(batch.video), self.text(batch.text)
        other_audio, other_video = self.audio(batch.negative_audio), self.video(batch.negative_video)
        other_text = self.text(batch.negative_text)
        from_audio, from_video, from_text = self._decode(audio), self._decode(video), self._decode(text)
        return {
            "reconstruction": reconstruction([from_text, from_audio, from_video], batch.text).mean(),
            "decoded_audio": self._triplet(from_text, from_audio, self._decode(other_audio)),
            "decoded_video": self._triplet(from_text, from_video, self._decode(other_video)),
            "text_audio": self._triplet(text, audio, other_audio),
            "audio_text": self._triplet(audio, text, other_text),
            "text_video": self._triplet(text, video, other_video),
            "video_text": self._triplet(video, text, other_text),
        }

    def heads(self) -> dict[str, Head]:
        """One a modality, and the pair for routes between text and whole clips. The decoder only trains."""
        return {
            "audio": Head(self.audio, inputs=("audio",)),
            "video": Head(self.video, inputs=("video",)),
            "text": Head(self.text, inputs=("text",)),
            "av": Head(Averaged(self.audio, self.video), inputs=("audio", "video")),
            "text_av": Head(PairedText(self.text), inputs=("text",)),
        }

    def routes(self) -> dict[str, RouteSpec]:
        """All between audio, video and text, and both between text and whole clips."""
        return joint_routes()

    def _projection(self, width: int, hidden: int) -> nn.Sequential:
        return projection(width=width, hidden=hidden, out=self.options.out, dropout=self.options.dropout)

    def _decode(self, embedding: Tensor) -> Tensor:
        return normalize(self.decoder(embedding))

    def _triplet(self, anchor: Tensor, positive: Tensor, negative: Tensor) -> Tensor:
        hinge = triplet(euclidean(anchor, positive), euclidean(anchor, negative), margin=self.options.margin)
        return hinge.mean()


class Averaged(nn.Module):
    """The clip's half of the paired inner product, sound and pictures weighing the same."""

    def __init__(self, audio: nn.Module, video: nn.Module) -> None:
        super().__init__()
        self.audio = audio
        self.video = video
        self.paired = PairedClip()

    def forward(self, audio: Tensor, video: Tensor) -> Tensor:
        """From features [b, width] of both to [b, out + 2]."""
        half = torch.full_like(audio[:, :1], 0.5)
        paired: Tensor = self.paired(self.audio(audio), self.video(video), torch.cat([half, half], dim=1))
        return paired

"""AVGZSLNet: embeddings from which the class text can be decoded (arXiv 2005.13402)."""

from collections.abc import Callable
from typing import Annotated, Literal

import torch
from pydantic import ConfigDict, Field
from pydantic.dataclasses import dataclass
from torch import Tensor, nn
from torch.nn.functional import normalize

from models.bundle.manifest import RouteSpec
from models.evaluation.scorer import Fusion
from models.layers import Normalised, projection
from models.losses.distances import euclidean, mean_squared_rows
from models.losses.reconstruction import reconstruction
from models.losses.triplet import triplet
from models.methods.base import Batch, GradientMethod, Head, Task, joint_routes
from models.methods.linear import width_of
from models.methods.weighing import (
    LOSSES,
    AttentionOptions,
    Equal,
    Scored,
    Weigher,
    joint_fusions,
    joint_heads,
    sureness,
)

TERMS = (
    "reconstruction",
    "decoded_audio",
    "decoded_video",
    "text_audio",
    "audio_text",
    "text_video",
    "video_text",
)
TERMS_WITH_ATTENTION = (*TERMS, "attention")

Distance = Callable[[Tensor, Tensor], Tensor]
Pair = tuple[Tensor, Tensor]
"""Of samples, and of the samples of other classes that were drawn with them: [b, out] each."""

DISTANCES: dict[str, tuple[Distance, Distance]] = {
    "euclidean": (euclidean, euclidean),
    "mean_squared": (mean_squared_rows, mean_squared_rows),
    "mean_squared_reconstruction": (mean_squared_rows, euclidean),
}
"""Of the reconstruction and of the triplets."""


@dataclass(frozen=True, config=ConfigDict(extra="forbid"))
class Options:
    """What a recipe may choose; the defaults are the version behind the AVCA paper's tables.

    Args:
        hidden, text_hidden, out: widths of the projections' layers.
        text_layers: of the projection of text; the paper's has one.
        decoder_hidden: width of the hidden layer of the decoder.
        normalised: how projections and decoder are between their layers; in the authors' code not at all.
        decoded: text of unit length, or of any as in the authors' code.
        dropout, decoder_dropout: of the projections and of the decoder, between their layers.
        margin: of all triplet terms.
        anchors: of the four triplets between text and clips: the samples, or both they and the samples of other
            classes, each the other's negative, as in the authors' code.
        distance: d of all terms; the paper's is the mean squared one, that of its authors' code is so in the
            reconstruction only.
        scored: clips by both modalities, see `models.methods.weighing.Scored`.
    """

    hidden: Annotated[int, Field(gt=0)] = 1024
    text_hidden: Annotated[int, Field(gt=0)] = 300
    out: Annotated[int, Field(gt=0)] = 64
    text_layers: Literal[1, 2] = 2
    decoder_hidden: Annotated[int, Field(gt=0)] = 64
    normalised: Normalised = "batch"
    decoded: Literal["unit_length", "any_length"] = "unit_length"
    dropout: Annotated[float, Field(ge=0, lt=1)] = 0.8
    decoder_dropout: Annotated[float, Field(ge=0, lt=1)] = 0.5
    margin: Annotated[float, Field(gt=0)] = 1.0
    anchors: Literal["samples", "both"] = "samples"
    distance: Literal["euclidean", "mean_squared", "mean_squared_reconstruction"] = "euclidean"
    scored: Scored = "squared"


@dataclass(frozen=True, config=ConfigDict(extra="forbid"))
class OptionsWithAttention(Options, AttentionOptions):
    """What a recipe may choose where an attention weighs both modalities."""


class AVGZSLNet(GradientMethod):
    """Audio, video and class text in one space, from which one decoder gives the class text back."""

    def __init__(self, task: Task, options: Options) -> None:
        super().__init__()
        self.options = options
        widths = task.widths
        self.audio = self._projection(width_of(widths, ["audio"]), options.hidden)
        self.video = self._projection(width_of(widths, ["video"]), options.hidden)
        self.text = self._projection(width_of(widths, ["text"]), options.text_hidden, layers=options.text_layers)
        self.decoder = projection(
            width=options.out,
            hidden=options.decoder_hidden,
            out=widths.text,
            dropout=options.decoder_dropout,
            normalised=options.normalised,
        )

    def terms(self, batch: Batch) -> dict[str, Tensor]:
        """The seven terms of docs/methods.md, in its order."""
        return self._terms_of(batch, self.audio(batch.audio), self.video(batch.video))

    def weights(self) -> nn.Module:
        """From both features of clips to the weights [b, 2] that they are scored by: halves."""
        return Equal()

    def heads(self) -> dict[str, Head]:
        """One a modality, and the pair for routes between text and whole clips. The decoder only trains."""
        return joint_heads(
            audio=self.audio, video=self.video, text=self.text, weights=self.weights(), attention=self.attention
        )

    def routes(self) -> dict[str, RouteSpec]:
        """All between audio, video and text, and both between text and whole clips."""
        return joint_routes()

    def fusions(self) -> dict[str, Fusion]:
        """Both between text and whole clips, where plain distances are asked for."""
        return joint_fusions(self.options.scored, self.attention)

    def decode(self, embedding: Tensor) -> Tensor:
        """The text features [b, width] that embeddings [b, out] of any modality stand for."""
        decoded: Tensor = self.decoder(embedding)
        return normalize(decoded) if self.options.decoded == "unit_length" else decoded

    def _terms_of(self, batch: Batch, audio: Tensor, video: Tensor) -> dict[str, Tensor]:
        text = self.text(batch.text)
        other_audio, other_video = self.audio(batch.negative_audio), self.video(batch.negative_video)
        other_text = self.text(batch.negative_text)
        from_audio, from_video, from_text = self.decode(audio), self.decode(video), self.decode(text)
        decoded, (distance, _) = [from_text, from_audio, from_video], DISTANCES[self.options.distance]
        audios, videos, texts = (audio, other_audio), (video, other_video), (text, other_text)
        return {
            "reconstruction": reconstruction(decoded, batch.text, distance=distance).mean(),
            "decoded_audio": self._triplet(from_text, from_audio, self.decode(other_audio)),
            "decoded_video": self._triplet(from_text, from_video, self.decode(other_video)),
            "text_audio": self._triplets(texts, audios),
            "audio_text": self._triplets(audios, texts),
            "text_video": self._triplets(texts, videos),
            "video_text": self._triplets(videos, texts),
        }

    def _projection(self, width: int, hidden: int, *, layers: Literal[1, 2] = 2) -> nn.Sequential:
        chosen = self.options
        return projection(
            width=width,
            hidden=hidden,
            out=chosen.out,
            dropout=chosen.dropout,
            layers=layers,
            normalised=chosen.normalised,
        )

    def _triplets(self, anchors: Pair, compared: Pair) -> Tensor:
        """With the samples' anchors and, where options ask for both, also with those of the samples beside them."""
        (anchor, other_anchor), (positive, negative) = anchors, compared
        of_samples = self._triplet(anchor, positive, negative)
        if self.options.anchors == "samples":
            return of_samples
        return of_samples + self._triplet(other_anchor, negative, positive)

    def _triplet(self, anchor: Tensor, positive: Tensor, negative: Tensor) -> Tensor:
        _, distance = DISTANCES[self.options.distance]
        return triplet(distance(anchor, positive), distance(anchor, negative), margin=self.options.margin).mean()


class AttentiveAVGZSLNet(AVGZSLNet):
    """AVGZSLNet with the attention of CJME, which weighs the distances of sound and pictures at test."""

    attention = "attention"

    def __init__(self, task: Task, options: OptionsWithAttention) -> None:
        super().__init__(task, options)
        self._attending = options
        self.weigher = Weigher(width_of(task.widths, ["audio", "video"]))

    def terms(self, batch: Batch) -> dict[str, Tensor]:
        """The eight terms of docs/methods.md, in its order."""
        audio, video = self.audio(batch.audio), self.video(batch.video)
        terms = self._terms_of(batch, audio, video)
        with torch.no_grad():
            target = sureness(audio, video, self.text(batch.class_text), self._attending)
        video_weight = self.weigher(batch.audio, batch.video)[:, 1]
        return terms | {"attention": LOSSES[self._attending.attention_loss](video_weight, target)}

    def weights(self) -> nn.Module:
        """The attention."""
        return self.weigher

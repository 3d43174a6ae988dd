"""MDIR: masks learned from gradients, and two modalities that teach each other ("Coordinate and Generalize", 2023)."""

from collections.abc import Mapping
from dataclasses import dataclass as plain_dataclass
from typing import Annotated, Literal

import torch
from pydantic import ConfigDict, Field
from pydantic.dataclasses import dataclass
from torch import Tensor, nn

from models.bundle.manifest import RouteSpec
from models.evaluation.scorer import Fusion
from models.layers import CrossAttention, block2, projection
from models.losses.distillation import mutual
from models.losses.masks import mask_distance, pseudo_mask
from models.losses.mixture import mixed, one_against_all
from models.methods.base import Batch, GradientMethod, Head, Task, Widths
from models.methods.options import Dropout, Positive, Size
from models.types import Metric

TERMS = ("classification", "distillation", "mask")
RULES: Mapping[str, Literal["mixture", "log_mixture"]] = {
    "probabilities": "mixture",
    "log_probabilities": "log_mixture",
}

Share = Annotated[float, Field(gt=0, lt=1)]


@dataclass(frozen=True, config=ConfigDict(extra="forbid"))
class Options:
    """What a recipe may choose. The paper gives `token`, `out`, `masked`, `temperature` and `video_share`.

    Args:
        masked: the share k / d of a feature's elements that its pseudo mask shows.
        mask_distance: of predicted masks from pseudo masks.
        temperature: that inner products are divided by.
        video_share: of the mixture, the rest being sound's.
        scored: what tables score classes by, and take betas off: the mixture's probabilities, their logarithms, or
            the logarithm of a geometric mixture, which is what a bundle serves.
        mask_hidden, encoder_hidden, hidden: widths of the hidden layers of mask predictors, encoders, projections.
        token: width of what the modalities attend to each other by.
        heads, feed_forward: of the attention.
        out: width of the common space.
        encoder_dropout: of encoders and attention.
        dropout: of the projections.
    """

    masked: Share = 0.1
    mask_distance: Literal["squared", "absolute", "euclidean"] = "squared"
    temperature: Positive = 1.0
    video_share: Share = 0.5
    scored: Literal["probabilities", "log_probabilities", "geometric"] = "probabilities"
    mask_hidden: Size = 512
    encoder_hidden: Size = 512
    hidden: Size = 512
    token: Size = 300
    heads: Size = 3
    feed_forward: Size = 64
    out: Size = 64
    encoder_dropout: Dropout = 0.2
    dropout: Dropout = 0.3


@plain_dataclass(frozen=True, slots=True)
class Views:
    """What either modality makes of clips: masks [b, width] over its features, and embeddings [b, out]."""

    audio_mask: Tensor
    video_mask: Tensor
    audio: Tensor
    video: Tensor


class MDIR(GradientMethod):
    """Sound and pictures, each in one space with class text, each seen with the other and through a learned mask."""

    def __init__(self, task: Task, options: Options) -> None:
        super().__init__()
        self.options = options
        self.class_text = nn.Buffer(task.class_text)
        self.clip = Clip(task.widths, options)
        self.text = projection(width=task.widths.text, hidden=options.hidden, out=options.out, dropout=options.dropout)

    def terms(self, batch: Batch) -> dict[str, Tensor]:
        """The three terms of docs/methods.md, in its order."""
        chosen = self.options
        audio, video = batch.audio.detach().requires_grad_(), batch.video.detach().requires_grad_()
        views, classes = self.clip.views(audio, video), self.text(batch.class_text)
        by_sound, by_pictures = (
            (each @ classes.T / chosen.temperature).log_softmax(dim=1) for each in (views.audio, views.video)
        )
        wrong = one_against_all(mixed(by_sound, by_pictures, share=chosen.video_share), batch.label).mean()
        masks = ((views.audio_mask, audio), (views.video_mask, video))
        return {
            "classification": wrong,
            "distillation": mutual(by_sound, by_pictures).mean(),
            "mask": torch.stack([self._mask_distance(mask, wrong, features) for mask, features in masks]).sum(),
        }

    def _mask_distance(self, mask: Tensor, loss: Tensor, features: Tensor) -> Tensor:
        wanted = pseudo_mask(loss, features, share=self.options.masked)
        return mask_distance(mask, wanted, kind=self.options.mask_distance)

    def heads(self) -> dict[str, Head]:
        """Whole clips and texts and, where tables score by mixtures, what either modality makes of clips."""
        chosen = self.options
        served = {
            "av": Head(Joined(self.clip, self.text, self.class_text, chosen), inputs=("audio", "video")),
            "text_av": Head(Doubled(self.text), inputs=("text",)),
        }
        if chosen.scored == "geometric":
            return served
        return served | {
            "av_audio": Head(Part(self.clip, 0, chosen.temperature), inputs=("audio", "video")),
            "av_video": Head(Part(self.clip, 1, chosen.temperature), inputs=("audio", "video")),
            "text": Head(self.text, inputs=("text",)),
        }

    def routes(self) -> dict[str, RouteSpec]:
        """Both between text and whole clips: either modality is seen with the other."""
        return {
            "av->text": RouteSpec(query="av", gallery="text_av", metric=Metric.INNER),
            "text->av": RouteSpec(query="text_av", gallery="av", metric=Metric.INNER),
        }

    def fusions(self) -> dict[str, Fusion]:
        """Classification by the mixture of both modalities' probabilities, as in the paper."""
        if self.options.scored == "geometric":
            return {}
        by_sound = RouteSpec(query="av_audio", gallery="text", metric=Metric.INNER)
        by_pictures = RouteSpec(query="av_video", gallery="text", metric=Metric.INNER)
        rule = RULES[self.options.scored]
        return {"av->text": Fusion((by_sound, by_pictures), rule, share=self.options.video_share)}


class Clip(nn.Module):
    """From features of both modalities to an embedding by each: masked, encoded, each attending to the other."""

    def __init__(self, widths: Widths, options: Options) -> None:
        super().__init__()
        self.audio_mask = _mask(widths.audio, options)
        self.video_mask = _mask(widths.video, options)
        self.audio_encoder = _encoder(widths.audio, options)
        self.video_encoder = _encoder(widths.video, options)
        self.attention = CrossAttention(
            width=options.token, heads=options.heads, hidden=options.feed_forward, dropout=options.encoder_dropout
        )
        self.audio = _projection(options)
        self.video = _projection(options)

    def views(self, audio: Tensor, video: Tensor) -> Views:
        """What either modality makes of features [b, width] of both."""
        audio_mask, video_mask = self.audio_mask(audio), self.video_mask(video)
        encoded = self.audio_encoder(audio * audio_mask), self.video_encoder(video * video_mask)
        heard, shown = self.attention(torch.stack(encoded, dim=1)).unbind(dim=1)
        return Views(audio_mask, video_mask, self.audio(heard), self.video(shown))

    def forward(self, audio: Tensor, video: Tensor) -> tuple[Tensor, Tensor]:
        """From features [b, width] of both to the embeddings [b, out] by sound and by pictures."""
        views = self.views(audio, video)
        return views.audio, views.video


class Joined(nn.Module):
    """The clip's half of an inner product that is the logarithm of a geometric mixture of both modalities' opinions.

    With z_a, z_v the sums over the training classes, <clip, text> = share_a (a t / T - log z_a) + share_v (v t / T -
    log z_v): for a clip the order of texts by both logits' weighted mean, and for a text an order of clips in which
    those that are surely of a training class come late.
    """

    def __init__(self, clip: "Clip", text: nn.Module, class_text: Tensor, options: Options) -> None:
        super().__init__()
        self.clip = clip
        self.text = text
        self.class_text = nn.Buffer(class_text)
        self.temperature = options.temperature
        self.shares = (1 - options.video_share, options.video_share)

    def forward(self, audio: Tensor, video: Tensor) -> Tensor:
        """From features [b, width] of both to [b, 2 x out + 1]."""
        classes = self.text(self.class_text).T
        scaled = [each / self.temperature for each in self.clip(audio, video)]
        logs = [(each @ classes).logsumexp(dim=1, keepdim=True) for each in scaled]
        halves = [share * each for share, each in zip(self.shares, scaled, strict=True)]
        return torch.cat([*halves, -self.shares[0] * logs[0] - self.shares[1] * logs[1]], dim=1)


class Doubled(nn.Module):
    """The text's half of the inner product of `Joined`."""

    def __init__(self, text: nn.Module) -> None:
        super().__init__()
        self.text = text

    def forward(self, text: Tensor) -> Tensor:
        """From text features [b, width] to [b, 2 x out + 1]: the embedding twice, and 1."""
        embedding = self.text(text)
        return torch.cat([embedding, embedding, torch.ones_like(embedding[:, :1])], dim=1)


class Part(nn.Module):
    """What one modality makes of clips: its inner product with a text is the logit of that text."""

    def __init__(self, clip: Clip, number: int, temperature: float) -> None:
        super().__init__()
        self.clip = clip
        self.number = number
        self.temperature = temperature

    def forward(self, audio: Tensor, video: Tensor) -> Tensor:
        """From features [b, width] of both to [b, out]."""
        both: tuple[Tensor, Tensor] = self.clip(audio, video)
        return both[self.number] / self.temperature


def _mask(width: int, options: Options) -> nn.Sequential:
    hidden = options.mask_hidden
    return nn.Sequential(nn.Linear(width, hidden), nn.ReLU(), nn.Linear(hidden, width), nn.Sigmoid())


def _encoder(width: int, options: Options) -> nn.Sequential:
    return block2(width=width, hidden=options.encoder_hidden, out=options.token, dropout=options.encoder_dropout)


def _projection(options: Options) -> nn.Sequential:
    return projection(width=options.token, hidden=options.hidden, out=options.out, dropout=options.dropout)

"""How much the sound and the pictures of a clip count, in training and when clips are scored by both."""

from collections.abc import Callable
from typing import Annotated, Literal

import torch
from pydantic import ConfigDict, Field
from pydantic.dataclasses import dataclass
from torch import Tensor, nn

from models.evaluation.scorer import Fusion
from models.layers import PairedClip, PairedText
from models.losses.attention import (
    attention_cross_entropy,
    attention_squared,
    attention_target,
    entropy,
    entropy_of_inverse_distances,
)
from models.methods.base import Head, joint_routes

Scored = Literal["squared", "plain"]
"""The distances that clips are scored by with both modalities: `squared` is what one search in a bundle can do;
`plain` ones, as in the papers' tables, take the two of `joint_fusions`."""

ENTROPIES: dict[str, Callable[[Tensor, Tensor], Tensor]] = {
    "inner_products": entropy,
    "inverse_distances": entropy_of_inverse_distances,
}
LOSSES: dict[str, Callable[[Tensor, Tensor], Tensor]] = {
    "squared": attention_squared,
    "cross_entropy": attention_cross_entropy,
}


@dataclass(frozen=True, config=ConfigDict(extra="forbid"))
class SurenessOptions:
    """How the surer modality is told.

    Args:
        entropy: of a softmax over inner products with the class texts, or of inverse distances over their sum.
        entropy_gap: how much surer one modality must be, in nats, for the other not to count.
    """

    entropy: Literal["inner_products", "inverse_distances"] = "inner_products"
    entropy_gap: Annotated[float, Field(ge=0)] = 0.1


@dataclass(frozen=True, config=ConfigDict(extra="forbid"))
class AttentionOptions(SurenessOptions):
    """How the attention is trained towards the surer modality.

    Args:
        attention_loss: the mean squared difference from its target, or the cross-entropy with it.
    """

    attention_loss: Literal["squared", "cross_entropy"] = "squared"


class Weigher(nn.Module):
    """How much to trust sound and pictures of a clip: weights that sum to 1.

    Source: the attention of CJME (arXiv 1910.08732), a network on both features; batch norm, one linear layer and
    a sigmoid are those of the version behind the AVCA paper's tables.
    """

    def __init__(self, width: int) -> None:
        super().__init__()
        self.video_weight = nn.Sequential(nn.BatchNorm1d(width), nn.Linear(width, 1), nn.Sigmoid())

    def forward(self, audio: Tensor, video: Tensor) -> Tensor:
        """From features [b, width] of both to weights [b, 2] of audio and video."""
        return _both(self.video_weight(torch.cat([audio, video], dim=1))[:, 0])


class Equal(nn.Module):
    """Sound and pictures weigh the same."""

    def forward(self, audio: Tensor, video: Tensor) -> Tensor:
        """From features [b, width] of both to weights [b, 2], halves."""
        return _both(torch.full_like(audio[:, 0], 0.5))


class Selected(nn.Module):
    """Only the modality that an attention trusts more, pictures where both are trusted alike.

    Source: the inference of CJME "by audio or video" with attention; that the threshold is a half, and that never
    both count, is from the version behind the AVCA paper's tables.
    """

    def __init__(self, weigher: nn.Module) -> None:
        super().__init__()
        self.weigher = weigher

    def forward(self, audio: Tensor, video: Tensor) -> Tensor:
        """From features [b, width] of both to weights [b, 2], of which one is 1 and the other 0."""
        weights = self.weigher(audio, video)
        return _both((weights[:, 1] >= 0.5).to(weights.dtype))


class Surer(nn.Module):
    """Only the modality whose embedding is surer of one of the classes trained on; both where neither is.

    Source: eq. 7 of CJME (arXiv 1910.08732) as a rule at test, its inference "by audio or video" without attention.
    """

    class_text: Tensor

    def __init__(
        self, *, audio: nn.Module, video: nn.Module, text: nn.Module, class_text: Tensor, options: SurenessOptions
    ) -> None:
        super().__init__()
        self.audio = audio
        self.video = video
        self.text = text
        self.options = options
        self.register_buffer("class_text", class_text, persistent=False)

    def forward(self, audio: Tensor, video: Tensor) -> Tensor:
        """From features [b, width] of both to weights [b, 2]: 0 and 1, or halves."""
        classes = self.text(self.class_text)
        return _both(sureness(self.audio(audio), self.video(video), classes, self.options))


class WeighedClip(nn.Module):
    """The clip's half of the paired inner product, its modalities weighed by what `weights` makes of the clip."""

    def __init__(self, audio: nn.Module, video: nn.Module, weights: nn.Module) -> None:
        super().__init__()
        self.audio = audio
        self.video = video
        self.weights = weights
        self.paired = PairedClip()

    def forward(self, audio: Tensor, video: Tensor) -> Tensor:
        """From features [b, width] of both to [b, out + 2]."""
        paired: Tensor = self.paired(self.audio(audio), self.video(video), self.weights(audio, video))
        return paired


def sureness(audio: Tensor, video: Tensor, classes: Tensor, options: SurenessOptions) -> Tensor:
    """[b] the weight that video should have, of embeddings [b, d] of clips and [c, d] of classes: 0, 0.5 or 1."""
    undecided = ENTROPIES[options.entropy]
    return attention_target(undecided(audio, classes), undecided(video, classes), gap=options.entropy_gap)


def joint_heads(
    *, audio: nn.Module, video: nn.Module, text: nn.Module, weights: nn.Module, attention: str | None
) -> dict[str, Head]:
    """The heads of `joint_routes`: one a modality, and the pair for routes between text and whole clips.

    Args:
        weights: from both features to weights [b, 2] of audio and video.
        attention: the name under which `weights` is a head too, None where it says nothing of a clip.
    """
    heads = {
        "audio": Head(audio, inputs=("audio",)),
        "video": Head(video, inputs=("video",)),
        "text": Head(text, inputs=("text",)),
        "av": Head(WeighedClip(audio, video, weights), inputs=("audio", "video")),
        "text_av": Head(PairedText(text), inputs=("text",)),
    }
    return heads if attention is None else heads | {attention: Head(weights, inputs=("audio", "video"))}


def joint_fusions(scored: Scored, attention: str | None) -> dict[str, Fusion]:
    """Clips against text by plain distances, where that is asked for: summed, or weighed by the head `attention`.

    Source: the inference of CJME (arXiv 1910.08732) and AVGZSLNet (arXiv 2005.13402) by both modalities.
    """
    if scored == "squared":
        return {}
    routes = joint_routes()

    def both(first: str, second: str) -> Fusion:
        return Fusion((routes[first], routes[second]), "sum" if attention is None else "mean", attention)

    return {"av->text": both("audio->text", "video->text"), "text->av": both("text->audio", "text->video")}


def _both(of_video: Tensor) -> Tensor:
    """Weights [b, 2] of audio and video, from those [b] of video."""
    return torch.stack([1 - of_video, of_video], dim=1)

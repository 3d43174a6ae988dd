"""CJME: coordinated joint multimodal embeddings (arXiv 1910.08732)."""

from typing import Annotated, Literal

import torch
from pydantic import ConfigDict, Field
from pydantic.dataclasses import dataclass
from torch import Tensor, nn

from models.bundle.manifest import RouteSpec
from models.layers import Activation, PairedClip, PairedText, projection
from models.losses.attention import attention_target, entropy, weighed_by_batch, weighed_by_sample
from models.losses.distances import euclidean, mean_squared
from models.losses.triplet import triplet
from models.methods.base import Batch, GradientMethod, Head, Task, joint_routes

TERMS = ("triplet", "audio_video", "attention")
WEIGHED = {"batch": weighed_by_batch, "sample": weighed_by_sample}


@dataclass(frozen=True, config=ConfigDict(extra="forbid"))
class Options:
    """What a recipe may choose; the defaults are the version behind the AVCA paper's tables.

    Args:
        hidden, text_hidden, out: widths of the projections' layers.
        dropout: of the projections, between their layers.
        margin: of the triplet terms.
        last: what the projections end in.
        entropy_gap: how much surer one modality must be, in nats, to be the attention's target.
        weighed: triplet terms by the batch's mean attention, or each by its own sample's, as the paper has it.
    """

    hidden: Annotated[int, Field(gt=0)] = 1024
    text_hidden: Annotated[int, Field(gt=0)] = 300
    out: Annotated[int, Field(gt=0)] = 64
    dropout: Annotated[float, Field(ge=0, lt=1)] = 0.2
    margin: Annotated[float, Field(gt=0)] = 1.0
    last: Activation = "relu"
    entropy_gap: Annotated[float, Field(ge=0)] = 0.1
    weighed: Literal["batch", "sample"] = "batch"


class CJME(GradientMethod):
    """Audio, video and class text in one space, an attention weighing audio against video."""

    attention = "attention"

    def __init__(self, task: Task, options: Options) -> None:
        super().__init__()
        self.options = options
        widths = task.widths
        self.audio = self._projection(widths.audio, options.hidden)
        self.video = self._projection(widths.video, options.hidden)
        self.text = self._projection(widths.text, options.text_hidden)
        self.weigher = Weigher(widths.audio + widths.video)

    def terms(self, batch: Batch) -> dict[str, Tensor]:
        """`triplet`, `audio_video` and `attention`, as docs/methods.md lists them."""
        audio, video = self.audio(batch.audio), self.video(batch.video)
        text = self.text(batch.text)
        # The negatives' text is in no term; as in the reference, the batch norm's statistics count it.
        self.text[:2](batch.negative_text)
        video_weight = self.weigher(batch.audio, batch.video)[:, 1]
        of_audio = self._triplets(text, audio, self.audio(batch.negative_audio))
        of_video = self._triplets(text, video, self.video(batch.negative_video))
        target = self._target(audio, video, self.text(batch.class_text))
        return {
            "triplet": WEIGHED[self.options.weighed](of_audio, of_video, video_weight),
            "audio_video": mean_squared(audio, video),
            "attention": mean_squared(video_weight, target),
        }

    def heads(self) -> dict[str, Head]:
        """One a modality, the pair for routes between text and whole clips, and the attention (audio, video)."""
        both = Attended(self.audio, self.video, self.weigher)
        return {
            "audio": Head(self.audio, inputs=("audio",)),
            "video": Head(self.video, inputs=("video",)),
            "text": Head(self.text, inputs=("text",)),
            "av": Head(both, inputs=("audio", "video")),
            "text_av": Head(PairedText(self.text), inputs=("text",)),
            "attention": Head(self.weigher, inputs=("audio", "video")),
        }

    def routes(self) -> dict[str, RouteSpec]:
        """All between audio, video and text, and both between text and whole clips."""
        return joint_routes()

    def _projection(self, width: int, hidden: int) -> nn.Sequential:
        chosen = self.options
        return projection(width=width, hidden=hidden, out=chosen.out, dropout=chosen.dropout, last=chosen.last)

    def _triplets(self, text: Tensor, positive: Tensor, negative: Tensor) -> Tensor:
        return triplet(euclidean(text, positive), euclidean(text, negative), margin=self.options.margin)

    @torch.no_grad()
    def _target(self, audio: Tensor, video: Tensor, classes: Tensor) -> Tensor:
        return attention_target(entropy(audio, classes), entropy(video, classes), gap=self.options.entropy_gap)


class Weigher(nn.Module):
    """How much to trust sound and pictures of a clip: weights that sum to 1."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.video_weight = nn.Sequential(nn.BatchNorm1d(width), nn.Linear(width, 1), nn.Sigmoid())

    def forward(self, audio: Tensor, video: Tensor) -> Tensor:
        """From features [b, width] of both to weights [b, 2] of audio and video."""
        of_video = self.video_weight(torch.cat([audio, video], dim=1))
        return torch.cat([1 - of_video, of_video], dim=1)


class Attended(nn.Module):
    """The clip's half of the paired inner product, with weights predicted from the clip itself."""

    def __init__(self, audio: nn.Module, video: nn.Module, weigher: Weigher) -> None:
        super().__init__()
        self.audio = audio
        self.video = video
        self.weigher = weigher
        self.paired = PairedClip()

    def forward(self, audio: Tensor, video: Tensor) -> Tensor:
        """From features [b, width] of both to [b, out + 2]."""
        paired: Tensor = self.paired(self.audio(audio), self.video(video), self.weigher(audio, video))
        return paired

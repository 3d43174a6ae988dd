"""CJME: coordinated joint multimodal embeddings, with attention and without (arXiv 1910.08732)."""

from abc import abstractmethod
from dataclasses import dataclass as plain_dataclass
from typing import Literal

import torch
from pydantic import ConfigDict
from pydantic.dataclasses import dataclass
from torch import Tensor, nn

from models.bundle.manifest import RouteSpec
from models.evaluation.scorer import Fusion
from models.losses.attention import weighed_by_batch, weighed_by_sample, weighed_equally
from models.losses.distances import euclidean, mean_squared
from models.losses.pointwise import squared_euclidean
from models.losses.triplet import triplet
from models.methods.base import Batch, GradientMethod, Head, Task, joint_routes
from models.methods.linear import width_of
from models.methods.projections import ProjectionOptions
from models.methods.weighing import (
    LOSSES,
    AttentionOptions,
    Equal,
    Scored,
    Selected,
    SurenessOptions,
    Surer,
    Weigher,
    joint_fusions,
    joint_heads,
    sureness,
)

TERMS = ("triplet", "audio_video", "attention")
TERMS_WITHOUT_ATTENTION = ("triplet", "audio_video")
COUNTS = {"both": (1, 1), "audio": (1, 0), "video": (0, 1)}
WEIGHED = {"batch": weighed_by_batch, "sample": weighed_by_sample}


@dataclass(frozen=True, config=ConfigDict(extra="forbid"))
class CoordinatedOptions(ProjectionOptions, SurenessOptions):
    """What a recipe may choose, attention or not; the defaults are the version behind the AVCA paper's tables.

    Args:
        triplets: which of the triplet terms count, L_TA, L_TV or both; the paper's Table 5 leaves out one or the other.
        audio_video: the squared difference of both embeddings averaged over the dimensions, or their sum, as the
            paper has it.
        scored: clips by both modalities, see `models.methods.weighing.Scored`.
    """

    triplets: Literal["both", "audio", "video"] = "both"
    audio_video: Literal["mean", "sum"] = "mean"
    scored: Scored = "squared"


@dataclass(frozen=True, config=ConfigDict(extra="forbid"))
class Options(CoordinatedOptions, AttentionOptions):
    """What a recipe may choose for CJME with attention.

    Args:
        weighed: triplet terms by the batch's mean attention, or each by its own sample's, as the paper has it.
        inference: clips by both modalities, weighed by their attention; by the one it selects; by the one whose
            embedding is surer of a class, where one is; or by both equally.
    """

    weighed: Literal["batch", "sample"] = "batch"
    inference: Literal["weighed", "selected", "surer", "equal"] = "weighed"


@dataclass(frozen=True, config=ConfigDict(extra="forbid"))
class OptionsWithoutAttention(CoordinatedOptions):
    """What a recipe may choose for CJME without attention.

    Args:
        inference: clips by both modalities equally, or by the one whose embedding is surer of a class, where one is.
    """

    inference: Literal["equal", "surer"] = "equal"


@plain_dataclass(frozen=True, slots=True)
class Compared:
    """A batch's embeddings [b, out] and how each compares with the text: triplet losses [b]."""

    audio: Tensor
    video: Tensor
    of_audio: Tensor
    of_video: Tensor


class Coordinated(GradientMethod):
    """Audio, video and class text in one space."""

    class_text: Tensor

    def __init__(self, task: Task, options: CoordinatedOptions) -> None:
        super().__init__()
        self._chosen = options
        self.audio = options.of_clips(width_of(task.widths, ["audio"]))
        self.video = options.of_clips(width_of(task.widths, ["video"]))
        self.text = options.of_text(width_of(task.widths, ["text"]))
        # What it was built for, not what it learned.
        self.register_buffer("class_text", task.class_text, persistent=False)

    @abstractmethod
    def weights(self) -> nn.Module:
        """From both features of clips to the weights [b, 2] that they are scored by."""

    def heads(self) -> dict[str, Head]:
        """One a modality, the pair for routes between text and whole clips, and the weights where they differ."""
        return joint_heads(
            audio=self.audio, video=self.video, text=self.text, weights=self.weights(), attention=self.attention
        )

    def routes(self) -> dict[str, RouteSpec]:
        """All between audio, video and text, and both between text and whole clips."""
        return joint_routes()

    def fusions(self) -> dict[str, Fusion]:
        """Both between text and whole clips, where plain distances are asked for."""
        return joint_fusions(self._chosen.scored, self.attention)

    def compared(self, batch: Batch) -> Compared:
        """L_TA and L_TV of every sample, and the embeddings they are of."""
        audio, video, text = self.audio(batch.audio), self.video(batch.video), self.text(batch.text)
        # The negatives' text is in no term; as in the reference, the batch norm's statistics count it.
        self.text[:2](batch.negative_text)
        of_audio = self._triplets(text, audio, self.audio(batch.negative_audio))
        of_video = self._triplets(text, video, self.video(batch.negative_video))
        audio_counts, video_counts = COUNTS[self._chosen.triplets]
        return Compared(audio, video, of_audio=audio_counts * of_audio, of_video=video_counts * of_video)

    def apart(self, audio: Tensor, video: Tensor) -> Tensor:
        """L_AV: how far the embeddings of a clip's sound and pictures are from each other, a scalar."""
        if self._chosen.audio_video == "sum":
            return squared_euclidean(audio, video).mean()
        return mean_squared(audio, video)

    def surer(self) -> Surer:
        """The weights by the entropy rule."""
        return Surer(
            audio=self.audio, video=self.video, text=self.text, class_text=self.class_text, options=self._chosen
        )

    def _triplets(self, text: Tensor, positive: Tensor, negative: Tensor) -> Tensor:
        return triplet(euclidean(text, positive), euclidean(text, negative), margin=self._chosen.margin)


class CJME(Coordinated):
    """Audio, video and class text in one space, an attention weighing audio against video."""

    def __init__(self, task: Task, options: Options) -> None:
        super().__init__(task, options)
        self.options = options
        self.attention = None if options.inference == "equal" else "attention"
        self.weigher = Weigher(width_of(task.widths, ["audio", "video"]))

    def terms(self, batch: Batch) -> dict[str, Tensor]:
        """`triplet`, `audio_video` and `attention`, as docs/methods.md lists them."""
        compared, video_weight = self.compared(batch), self.weigher(batch.audio, batch.video)[:, 1]
        target = self.target(compared.audio, compared.video, batch.class_text)
        weigh = WEIGHED[self.options.weighed]
        return {
            "triplet": weigh(compared.of_audio, compared.of_video, video_weight),
            "audio_video": self.apart(compared.audio, compared.video),
            "attention": LOSSES[self.options.attention_loss](video_weight, target),
        }

    @torch.no_grad()
    def target(self, audio: Tensor, video: Tensor, class_text: Tensor) -> Tensor:
        """[b] the weight that video should have, from embeddings [b, out] and text features [c, width] of classes."""
        return sureness(audio, video, self.text(class_text), self.options)

    def weights(self) -> nn.Module:
        """The attention itself, what it selects, the entropy rule, or halves."""
        chosen: dict[str, nn.Module] = {
            "weighed": self.weigher,
            "selected": Selected(self.weigher),
            "surer": self.surer(),
            "equal": Equal(),
        }
        return chosen[self.options.inference]


class CJMEWithoutAttention(Coordinated):
    """Audio, video and class text in one space, audio and video counting the same in training."""

    def __init__(self, task: Task, options: OptionsWithoutAttention) -> None:
        super().__init__(task, options)
        self.options = options
        self.attention = None if options.inference == "equal" else "attention"

    def terms(self, batch: Batch) -> dict[str, Tensor]:
        """`triplet` and `audio_video`, as docs/methods.md lists them."""
        compared = self.compared(batch)
        return {
            "triplet": weighed_equally(compared.of_audio, compared.of_video),
            "audio_video": self.apart(compared.audio, compared.video),
        }

    def weights(self) -> nn.Module:
        """Halves, or the entropy rule."""
        return Equal() if self.options.inference == "equal" else self.surer()

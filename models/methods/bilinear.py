"""Clips and class words compared by one matrix: what DeViSE, ALE and SJE share."""

from abc import abstractmethod
from typing import Literal

import torch
from pydantic import ConfigDict
from pydantic.dataclasses import dataclass
from torch import Tensor, nn
from torch.nn.functional import normalize

from models.bundle.manifest import Channel, RouteSpec
from models.losses.ranking import violations
from models.methods.base import Batch, GradientMethod, Head, Task
from models.methods.linear import class_text_width, features_of, heads_with_text, routes_with_text, width_of
from models.methods.options import Dropout, Positive
from models.types import Metric, Modality

TERMS = ("ranking",)
Normalise = Literal["none", "l2"]
"""What is done to a clip's features, side by side, before they are mapped."""

JOINED: dict[Channel, tuple[Modality, ...]] = {"audio": ("audio",), "video": ("video",), "av": ("video", "audio")}
"""The modalities that a channel looks at, in the order in which their features are joined."""


@dataclass(frozen=True, config=ConfigDict(extra="forbid"))
class Options:
    """What a recipe may choose; the defaults are the versions behind the AVCA paper's tables.

    Args:
        channel: what clips are seen by; `av` joins [video; audio].
        dropout: of clip features and of the class vectors they are ranked against.
        margin: by which the right class should score higher than any other.
        normalise: of joined features; the tables' rows on C3D and VGGish features have "l2".
    """

    channel: Channel = "av"
    dropout: Dropout = 0.2
    margin: Positive = 0.1
    normalise: Normalise = "none"


class Bilinear(GradientMethod):
    """A linear map of clips into the space of the class text, where all training classes are ranked."""

    def __init__(self, task: Task, options: Options) -> None:
        super().__init__()
        self.options = options
        self.inputs = JOINED[options.channel]
        self.clip = MappedClip(width_of(task.widths, self.inputs), class_text_width(task), options.normalise)
        self.dropout = nn.Dropout(options.dropout)

    @abstractmethod
    def ranking(self, hinges: Tensor) -> Tensor:
        """The losses [b] of the violations [b, c] of samples."""

    def terms(self, batch: Batch) -> dict[str, Tensor]:
        """`ranking`: the mean over the batch, of inner products with all training classes."""
        projected = self.clip.map(self.dropout(self.clip.joined(features_of(batch, self.inputs))))
        scores = projected @ self.dropout(batch.class_text).T
        return {"ranking": self.ranking(violations(scores, batch.label, margin=self.options.margin)).mean()}

    def heads(self) -> dict[str, Head]:
        """The map, and text features as they are."""
        return heads_with_text(self.options.channel, Head(self.clip, inputs=self.inputs))

    def routes(self) -> dict[str, RouteSpec]:
        """Between the channel's clips and text, by L2 distance as in the AVCA paper's tables."""
        return routes_with_text(self.options.channel, Metric.EUCLIDEAN)


class MappedClip(nn.Module):
    """A clip's features side by side, normalised or not, and one matrix."""

    def __init__(self, width: int, out: int, normalise: Normalise) -> None:
        super().__init__()
        self.map = nn.Linear(width, out, bias=False)
        self.normalise = normalise

    def joined(self, *features: Tensor) -> Tensor:
        """From features [b, ...] to [b, width], of unit length where they are normalised."""
        side_by_side = torch.cat(features, dim=1)
        return normalize(side_by_side) if self.normalise == "l2" else side_by_side

    def forward(self, *features: Tensor) -> Tensor:
        """From features [b, ...] to [b, out]."""
        mapped: Tensor = self.map(self.joined(*features))
        return mapped

"""Sound alone, pictures alone, or both as one feature, in one space with text: the baselines of CJME's tables."""

from typing import Annotated, Literal

import torch
from pydantic import ConfigDict, Field
from pydantic.dataclasses import dataclass
from torch import Tensor, nn

from models.bundle.manifest import Channel, RouteSpec
from models.layers import Activation, projection
from models.losses.distances import euclidean
from models.losses.triplet import triplet
from models.methods.base import Batch, GradientMethod, Head, Task
from models.methods.linear import READS, width_of
from models.types import Metric

TERMS = ("triplet",)


@dataclass(frozen=True, config=ConfigDict(extra="forbid"))
class Options:
    """What a recipe may choose; the defaults are those of CJME, whose networks these are.

    Args:
        hidden, text_hidden, out: widths of the projections' layers.
        text_layers: of the projection of text; the paper's has one.
        dropout: of the projections, between their layers.
        margin: of the triplet term.
        last: what the projections end in.
    """

    hidden: Annotated[int, Field(gt=0)] = 1024
    text_hidden: Annotated[int, Field(gt=0)] = 300
    out: Annotated[int, Field(gt=0)] = 64
    text_layers: Literal[1, 2] = 2
    dropout: Annotated[float, Field(ge=0, lt=1)] = 0.2
    margin: Annotated[float, Field(gt=0)] = 1.0
    last: Activation = "relu"


class OneChannel(GradientMethod):
    """A channel of clips and class text in one space; `av` is the features of both modalities as one."""

    def __init__(self, task: Task, options: Options, channel: Channel) -> None:
        super().__init__()
        self.options = options
        self.channel = channel
        self.clip = Joined(self._projection(width_of(task.widths, READS[channel]), options.hidden))
        self.text = self._projection(width_of(task.widths, ["text"]), options.text_hidden, layers=options.text_layers)

    def terms(self, batch: Batch) -> dict[str, Tensor]:
        """`triplet`: L_TA of CJME (arXiv 1910.08732), with the channel in place of audio."""
        of = {"audio": batch.audio, "video": batch.video}
        others = {"audio": batch.negative_audio, "video": batch.negative_video}
        text = self.text(batch.text)
        near = euclidean(text, self.clip(*(of[each] for each in READS[self.channel])))
        far = euclidean(text, self.clip(*(others[each] for each in READS[self.channel])))
        return {"triplet": triplet(near, far, margin=self.options.margin).mean()}

    def heads(self) -> dict[str, Head]:
        """The channel and text."""
        return {self.channel: Head(self.clip, inputs=READS[self.channel]), "text": Head(self.text, inputs=("text",))}

    def routes(self) -> dict[str, RouteSpec]:
        """Between the channel and text, and between clips by the channel."""
        pairs = [(self.channel, "text"), ("text", self.channel), (self.channel, self.channel)]
        return {
            f"{query}->{gallery}": RouteSpec(query=query, gallery=gallery, metric=Metric.EUCLIDEAN)
            for query, gallery in pairs
        }

    def _projection(self, width: int, hidden: int, *, layers: Literal[1, 2] = 2) -> nn.Sequential:
        chosen = self.options
        return projection(
            width=width, hidden=hidden, out=chosen.out, dropout=chosen.dropout, last=chosen.last, layers=layers
        )


class Joined(nn.Module):
    """A network that takes the features of one or more modalities side by side."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, *features: Tensor) -> Tensor:
        """From features [b, ...], as wide together as the network takes, to what it makes of them."""
        made: Tensor = self.network(torch.cat(features, dim=1))
        return made


def audio_only(task: Task, options: Options) -> OneChannel:
    """The sound of clips and class text in one space."""
    return OneChannel(task, options, "audio")


def video_only(task: Task, options: Options) -> OneChannel:
    """The pictures of clips and class text in one space."""
    return OneChannel(task, options, "video")


def concat(task: Task, options: Options) -> OneChannel:
    """The features of sound and pictures side by side, as those of one modality, and class text in one space."""
    return OneChannel(task, options, "av")

"""Sound alone, pictures alone, or both as one feature, in one space with text: the baselines of CJME's tables."""

import torch
from torch import Tensor, nn

from models.bundle.manifest import Channel, RouteSpec
from models.losses.distances import euclidean
from models.losses.triplet import triplet
from models.methods.base import Batch, GradientMethod, Head, Task
from models.methods.linear import READS, width_of
from models.methods.projections import ProjectionOptions
from models.types import Metric

TERMS = ("triplet",)


class OneChannel(GradientMethod):
    """A channel of clips and class text in one space; `av` is the features of both modalities as one."""

    def __init__(self, task: Task, options: ProjectionOptions, channel: Channel) -> None:
        super().__init__()
        self.options = options
        self.channel = channel
        self.clip = Joined(options.of_clips(width_of(task.widths, READS[channel])))
        self.text = options.of_text(width_of(task.widths, ["text"]))

    def terms(self, batch: Batch) -> dict[str, Tensor]:
        """`triplet`: L_TA of CJME (arXiv 1910.08732), with the channel in place of audio."""
        text = self.text(batch.text)
        near = euclidean(text, self.clip(*(batch.of(each) for each in READS[self.channel])))
        far = euclidean(text, self.clip(*(batch.negative_of(each) for each in READS[self.channel])))
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


class Joined(nn.Module):
    """A network that takes the features of one or more modalities side by side."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, *features: Tensor) -> Tensor:
        """From features [b, ...], as wide together as the network takes, to what it makes of them."""
        made: Tensor = self.network(torch.cat(features, dim=1))
        return made


def audio_only(task: Task, options: ProjectionOptions) -> OneChannel:
    """The sound of clips and class text in one space."""
    return OneChannel(task, options, "audio")


def video_only(task: Task, options: ProjectionOptions) -> OneChannel:
    """The pictures of clips and class text in one space."""
    return OneChannel(task, options, "video")


def concat(task: Task, options: ProjectionOptions) -> OneChannel:
    """The features of sound and pictures side by side, as those of one modality, and class text in one space."""
    return OneChannel(task, options, "av")

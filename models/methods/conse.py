"""CONSE: convex combination of semantic embeddings (Norouzi et al., ICLR 2014, arXiv 1312.5650)."""

import torch
from pydantic import ConfigDict
from pydantic.dataclasses import dataclass
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from models.bundle.manifest import Channel, RouteSpec
from models.methods.base import Batch, GradientMethod, Head, Task
from models.methods.linear import READS, class_text_width, features_of, heads_with_text, routes_with_text, width_of
from models.methods.options import Size
from models.types import Metric

TERMS = ("cross_entropy",)


@dataclass(frozen=True, config=ConfigDict(extra="forbid"))
class Options:
    """What a recipe may choose.

    Args:
        channel: what clips are seen by; `av` joins both features.
        top: how many of the likeliest classes are combined; all of them where there are fewer.
    """

    channel: Channel = "video"
    top: Size = 10


class CONSE(GradientMethod):
    """A softmax classifier of the seen classes, whose likeliest classes' text features a clip is the mean of."""

    def __init__(self, task: Task, options: Options) -> None:
        super().__init__()
        self.options = options
        class_text_width(task)
        self.classifier = nn.Linear(width_of(task.widths, READS[options.channel]), task.classes)
        self.combined = Combined(self.classifier, task.class_text, min(options.top, task.classes))

    def terms(self, batch: Batch) -> dict[str, Tensor]:
        """`cross_entropy` of the classifier alone; the combination is not trained."""
        features = features_of(batch, READS[self.options.channel])
        return {"cross_entropy": cross_entropy(self.classifier(features), batch.label)}

    def heads(self) -> dict[str, Head]:
        """The combination for clips, and text features as they are."""
        channel = self.options.channel
        return heads_with_text(channel, Head(self.combined, inputs=READS[channel]))

    def routes(self) -> dict[str, RouteSpec]:
        """Between the channel's clips and text, by cosine."""
        return routes_with_text(self.options.channel, Metric.COSINE)


class Combined(nn.Module):
    """Σ p_c w_c over the likeliest classes c of a clip, their probabilities divided by their sum."""

    text: Tensor

    def __init__(self, classifier: nn.Module, text: Tensor, top: int) -> None:
        super().__init__()
        self.classifier = classifier
        self.top = top
        self.register_buffer("text", text.clone())

    def forward(self, *features: Tensor) -> Tensor:
        """From features [b, ...] to text features [b, text].

        The softmax of the largest logits alone is theirs of all, renormalised.
        """
        logits, rows = self.classifier(torch.cat(features, dim=1)).topk(self.top, dim=1)
        combined: Tensor = (logits.softmax(dim=1)[:, :, None] * self.text[rows]).sum(dim=1)
        return combined

"""APN: attribute prototype network (Xu et al., NeurIPS 2020, arXiv 2008.08290), on averaged features of clips."""

from typing import Literal

from pydantic import ConfigDict
from pydantic.dataclasses import dataclass
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from models.bundle.manifest import Channel, RouteSpec
from models.losses.distances import mean_squared
from models.methods.base import Batch, GradientMethod, Head, Task
from models.methods.bilinear import JOINED, MappedClip, Normalise
from models.methods.linear import class_text_width, features_of, heads_with_text, routes_with_text, width_of
from models.methods.options import Positive
from models.types import Metric

TERMS = ("classes", "attributes")


@dataclass(frozen=True, config=ConfigDict(extra="forbid"))
class Options:
    """What a recipe may choose; the defaults are the version behind the AVCA paper's tables.

    Args:
        channel: what clips are seen by; `av` joins [video; audio].
        normalise: of joined features; the tables' rows on C3D and VGGish features have "l2".
        softmax: how often it is applied before the logarithm of the cross-entropy: the paper once, the tables twice.
        spread: the weights start between 0 and this.
    """

    channel: Channel = "av"
    normalise: Normalise = "none"
    softmax: Literal["once", "twice"] = "twice"
    spread: Positive = 2e-4


class APN(GradientMethod):
    """Two linear maps from clips to attributes, here word vectors, that learn side by side; the first one serves."""

    def __init__(self, task: Task, options: Options) -> None:
        super().__init__()
        self.options = options
        self.inputs = JOINED[options.channel]
        width, out = width_of(task.widths, self.inputs), class_text_width(task)
        self.embedding = MappedClip(width, out, options.normalise)
        self.prototypes = MappedClip(width, out, options.normalise)
        for each in (self.embedding, self.prototypes):
            nn.init.uniform_(each.map.weight, 0, options.spread)

    def terms(self, batch: Batch) -> dict[str, Tensor]:
        """`classes` and `attributes`, each the sum over both maps."""
        features = features_of(batch, self.inputs)
        first, second = self.embedding(features), self.prototypes(features)
        return {
            "classes": self._classes(first, batch) + self._classes(second, batch),
            "attributes": mean_squared(first, batch.text) + mean_squared(second, batch.text),
        }

    def heads(self) -> dict[str, Head]:
        """The first map, and text features as they are."""
        return heads_with_text(self.options.channel, Head(self.embedding, inputs=self.inputs))

    def routes(self) -> dict[str, RouteSpec]:
        """Between the channel's clips and text, by L2 distance as in the AVCA paper's tables."""
        return routes_with_text(self.options.channel, Metric.EUCLIDEAN)

    def _classes(self, attributes: Tensor, batch: Batch) -> Tensor:
        scores = attributes @ batch.class_text.T
        return cross_entropy(scores.softmax(dim=1) if self.options.softmax == "twice" else scores, batch.label)

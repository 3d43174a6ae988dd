"""ESZSL: embarrassingly simple zero-shot learning (Romera-Paredes and Torr, ICML 2015)."""

from typing import Literal

import torch
from pydantic import ConfigDict
from pydantic.dataclasses import dataclass
from torch import Tensor
from torch.nn.functional import one_hot

from models.bundle.manifest import Channel, RouteSpec
from models.methods.base import ClosedFormMethod, Head, Samples, Task
from models.methods.linear import (
    READS,
    LinearMap,
    class_text_width,
    features_of,
    heads_with_text,
    product,
    routes_with_text,
    width_of,
)
from models.methods.options import Positive
from models.types import Metric


@dataclass(frozen=True, config=ConfigDict(extra="forbid"))
class Options:
    """What a recipe may choose.

    Args:
        channel: what clips are seen by; `av` joins both features.
        gamma, lambda_: the regularisers of features and of text features, added to sums of squares as they are.
        targets: what a sample's row of Y holds for the other classes, -1 or 0; 1 for its own.
    """

    channel: Channel = "video"
    gamma: Positive = 1.0
    lambda_: Positive = 1.0
    targets: Literal["signed", "binary"] = "signed"


class ESZSL(ClosedFormMethod):
    """A bilinear score xᵀ W s between features of a clip and text features of a class."""

    def __init__(self, task: Task, options: Options) -> None:
        super().__init__()
        self.options = options
        self.map = LinearMap(width_of(task.widths, READS[options.channel]), class_text_width(task))

    def solve(self, samples: Samples) -> None:
        """W = (X Xᵀ + gamma I)⁻¹ X Y Sᵀ (S Sᵀ + lambda I)⁻¹; samples and classes are rows here, columns there."""
        features, text = features_of(samples, READS[self.options.channel]), samples.class_text.double()
        targets = one_hot(samples.label, len(text)).to(features.dtype)
        if self.options.targets == "signed":
            targets = 2 * targets - 1
        left = _ridge(product(features, features), self.options.gamma)
        right = _ridge(text.T @ text, self.options.lambda_)
        middle = product(features, targets) @ text
        weights = torch.linalg.solve(right, torch.linalg.solve(left, middle), left=False)
        self.map.take(offset=torch.zeros_like(weights[:, 0]), weights=weights)

    def heads(self) -> dict[str, Head]:
        """The clip's half xᵀ W, and text features as they are."""
        channel = self.options.channel
        return heads_with_text(channel, Head(self.map, inputs=READS[channel]))

    def routes(self) -> dict[str, RouteSpec]:
        """Between the channel's clips and text, by inner product."""
        return routes_with_text(self.options.channel, Metric.INNER)


def _ridge(matrix: Tensor, value: float) -> Tensor:
    return matrix + value * torch.eye(len(matrix), dtype=matrix.dtype, device=matrix.device)

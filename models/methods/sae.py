"""SAE: the semantic autoencoder (Kodirov et al., CVPR 2017, arXiv 1704.08345)."""

from typing import Literal

import torch
from pydantic import ConfigDict
from pydantic.dataclasses import dataclass
from torch import Tensor

from models.bundle.manifest import Channel, RouteSpec
from models.methods.base import ClosedFormMethod, Head, Samples, Task
from models.methods.linear import (
    READS,
    LinearMap,
    Unchanged,
    class_text_width,
    features_of,
    product,
    routes_with_text,
    width_of,
    without_rounding,
)
from models.methods.options import Positive
from models.types import Metric


@dataclass(frozen=True, config=ConfigDict(extra="forbid"))
class Options:
    """What a recipe may choose.

    Args:
        channel: what clips are seen by; `av` joins both features.
        lambda_: the weight of encoding against decoding.
        direction: whether clips are encoded into text features, or text features decoded into those of clips.
    """

    channel: Channel = "video"
    lambda_: Positive = 1.0
    direction: Literal["encode", "decode"] = "encode"


class SAE(ClosedFormMethod):
    """A linear encoder W from features to text features whose transpose decodes them again."""

    def __init__(self, task: Task, options: Options) -> None:
        super().__init__()
        self.options = options
        width, text = width_of(task.widths, READS[options.channel]), class_text_width(task)
        self.map = LinearMap(width, text) if options.direction == "encode" else LinearMap(text, width)

    def solve(self, samples: Samples) -> None:
        """The W that minimises |X - Wᵀ S|² + λ|W X - S|²: S Sᵀ W + W λ X Xᵀ = (1 + λ) S Xᵀ."""
        features = features_of(samples, READS[self.options.channel])
        encoder = sylvester(
            product(samples.text, samples.text),
            self.options.lambda_ * product(features, features),
            (1 + self.options.lambda_) * product(samples.text, features),
        )
        weights = encoder.T if self.options.direction == "encode" else encoder
        self.map.take(offset=torch.zeros_like(weights[:, 0]), weights=weights)

    def heads(self) -> dict[str, Head]:
        """Of clips and text, the one that is mapped and the one that stays as it is."""
        channel, encodes = self.options.channel, self.options.direction == "encode"
        return {
            channel: Head(self.map if encodes else Unchanged(), inputs=READS[channel]),
            "text": Head(Unchanged() if encodes else self.map, inputs=("text",)),
        }

    def routes(self) -> dict[str, RouteSpec]:
        """Between the channel's clips and text, by cosine."""
        return routes_with_text(self.options.channel, Metric.COSINE)


def sylvester(left: Tensor, right: Tensor, given: Tensor) -> Tensor:
    """The W [k, d] with A W + W B = C, for symmetric A [k, k] and B [d, d] without negative eigenvalues.

    In the eigenvectors of both, W's entries are C's divided by sums of an eigenvalue of A and one of B. Where both
    are 0 the equation leaves W open, and W is 0: with fewer classes than text features are wide A always has such
    eigenvalues, and a feature that is 0 for every sample gives B one. A general solver, by Schur decompositions,
    divides by rounding errors there, and takes some five times as long (300 text features, 1024 of clips).
    """
    (first, rows), (second, columns) = torch.linalg.eigh(left), torch.linalg.eigh(right)
    sums = without_rounding(first)[:, None] + without_rounding(second)[None]
    turned = rows.T @ given @ columns
    solved: Tensor = rows @ torch.where(sums > 0, turned / sums, 0.0) @ columns.T
    return solved

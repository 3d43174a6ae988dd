"""What methods in closed form share: moments of features, whitening, and linear maps that are buffers."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from models.bundle.manifest import Channel, RouteSpec
from models.errors import RecipeInvalid, TrainingDataInvalid
from models.methods.base import Head, Samples, Task, Widths
from models.types import Metric, Modality

ROWS = 8192
"""Samples that are in float64 at once."""

READS: dict[Channel, tuple[Modality, ...]] = {"audio": ("audio",), "video": ("video",), "av": ("audio", "video")}
"""The modalities that a channel looks at, in the order in which their features are joined."""


class LinearMap(nn.Module):
    """(x - offset) weights, both buffers; x is the features of one or more modalities side by side."""

    offset: Tensor
    weights: Tensor

    def __init__(self, width: int, out: int) -> None:
        super().__init__()
        self.register_buffer("offset", torch.zeros(width))
        self.register_buffer("weights", torch.zeros(width, out))

    def take(self, *, offset: Tensor, weights: Tensor) -> None:
        """Keep an offset [width] and weights [width, out] that were solved in float64, as float32."""
        self.offset.copy_(offset)
        self.weights.copy_(weights)

    def forward(self, *features: Tensor) -> Tensor:
        """From features [b, ...], `width` wide together, to [b, out]."""
        return (torch.cat(features, dim=1) - self.offset) @ self.weights


class Unchanged(nn.Module):
    """Features as they are, those of several modalities side by side."""

    def forward(self, *features: Tensor) -> Tensor:
        """From features [b, ...] to [b, the sum of their widths]."""
        return torch.cat(features, dim=1)


def features_of(samples: Samples, modalities: Sequence[Modality]) -> Tensor:
    """The samples' features of these modalities side by side: [n, the sum of their widths]."""
    return torch.cat([samples.of(each) for each in modalities], dim=1)


def width_of(widths: Widths, modalities: Sequence[Modality]) -> int:
    """How wide the features of these modalities are together; raises RecipeInvalid where the data lack one."""
    if lacking := [each for each in modalities if not widths.of(each)]:
        raise RecipeInvalid(f"the method reads {', '.join(modalities)}, and the data have no {', '.join(lacking)}")
    return sum(widths.of(each) for each in modalities)


def class_text_width(task: Task) -> int:
    """How wide the text features of classes are; raises RecipeInvalid where classes are only told apart."""
    width = task.class_text.shape[1]
    if not width:
        raise RecipeInvalid("the method learns from text features of classes, and the data have none")
    return width


def routes_between(modalities: Sequence[Modality], metric: Metric) -> dict[str, RouteSpec]:
    """All routes between heads of these modalities in one space, each named as its modality."""
    pairs = [(query, gallery) for query in modalities for gallery in modalities]
    return {
        f"{query}->{gallery}": RouteSpec(query=query, gallery=gallery, metric=metric)
        for query, gallery in pairs
        if (query, gallery) != ("text", "text")
    }


def heads_with_text(channel: Channel, clip: Head) -> dict[str, Head]:
    """A head that maps clips to text features, named by what it sees of them, and text features as they are."""
    return {channel: clip, "text": Head(Unchanged(), inputs=("text",))}


def routes_with_text(channel: Channel, metric: Metric) -> dict[str, RouteSpec]:
    """From the head of a channel to the head `text`, and back."""
    return {
        f"{query}->{gallery}": RouteSpec(query=query, gallery=gallery, metric=metric)
        for query, gallery in ((channel, "text"), ("text", channel))
    }


def product(left: Tensor, right: Tensor) -> Tensor:
    """The float64 [d, e] sum over samples of the outer products of rows of `left` [n, d] and `right` [n, e]."""
    total = torch.zeros(left.shape[1], right.shape[1], dtype=torch.float64, device=left.device)
    for start in range(0, len(left), ROWS):
        total += left[start : start + ROWS].double().T @ right[start : start + ROWS].double()
    return total


def moments(features: Tensor) -> tuple[Tensor, Tensor]:
    """The float64 mean [d] and covariance [d, d] (over n, not n - 1) of features [n, d]."""
    mean = features.mean(dim=0, dtype=torch.float64)
    total = torch.zeros(len(mean), len(mean), dtype=torch.float64, device=features.device)
    for start in range(0, len(features), ROWS):
        centred = features[start : start + ROWS].double() - mean
        total += centred.T @ centred
    return mean, total / len(features)


def without_rounding(eigenvalues: Tensor) -> Tensor:
    """Eigenvalues [d] of a matrix of products of float32 features, those that are only rounding set to 0.

    Singular values of features are known to d times float32's epsilon of the largest; these are their squares.
    """
    floor = eigenvalues.max() * (len(eigenvalues) * torch.finfo(torch.float32).eps) ** 2
    return torch.where(eigenvalues > floor, eigenvalues, 0.0)


def whitening(covariance: Tensor, *, regularisation: float) -> Tensor:
    """W [d, rank] with Wᵀ(C + r m I)W = I for a covariance C [d, d] of mean variance m = tr(C)/d.

    `regularisation` r is thus in units of the features' own variance. With r = 0, directions without variance
    are left out. Raises TrainingDataInvalid where there are no others.
    """
    values, vectors = torch.linalg.eigh(covariance)
    values = without_rounding(values)
    raised = values + regularisation * values.mean()
    kept = raised > 0
    if not kept.any():
        raise TrainingDataInvalid("the features of a modality are the same in all training samples")
    white: Tensor = vectors[:, kept] * raised[kept].rsqrt()
    return white

"""What a method is: the terms it minimises, and the heads and routes it exports."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from models.bundle.manifest import RouteSpec
from models.errors import RecipeInvalid
from models.types import Metric, Modality


@dataclass(frozen=True, slots=True)
class Widths:
    """How many numbers a feature of each modality has."""

    audio: int
    video: int
    text: int


@dataclass(frozen=True, slots=True)
class Batch:
    """Samples with all their modalities, each with a sample of another class beside it.

    Args:
        audio, video, text: [b, width] features of the samples; text is that of the class.
        negative_audio, negative_video, negative_text: [b, width] of the samples of other classes.
        label: [b] rows of `class_text`.
        class_text: [c, width] text features of all classes that are trained on.
    """

    audio: Tensor
    video: Tensor
    text: Tensor
    negative_audio: Tensor
    negative_video: Tensor
    negative_text: Tensor
    label: Tensor
    class_text: Tensor


@dataclass(frozen=True, slots=True)
class Head:
    """A part of a method to export: a module that takes one feature [b, width] an input, in this order."""

    module: nn.Module
    inputs: tuple[Modality, ...]


class Method(nn.Module, ABC):
    """A trainable way from features to embeddings. `attention` names the head, if any, that weighs modalities."""

    attention: str | None = None

    @abstractmethod
    def terms(self, batch: Batch) -> dict[str, Tensor]:
        """The scalars whose weighted sum a step minimises, by name."""

    @abstractmethod
    def heads(self) -> dict[str, Head]:
        """What is exported, by name."""

    @abstractmethod
    def routes(self) -> dict[str, RouteSpec]:
        """How queries reach galleries, by name (`text->audio`); names only heads of `heads()`."""


def total(terms: Mapping[str, Tensor], weights: Mapping[str, float]) -> Tensor:
    """The weighted sum a step minimises; every term has exactly one weight."""
    if odd := terms.keys() ^ weights.keys():
        raise RecipeInvalid(f"terms and weights disagree on {sorted(odd)}")
    return torch.stack([weights[name] * term for name, term in terms.items()]).sum()


def joint_routes() -> dict[str, RouteSpec]:
    """The routes of a method that puts audio, video and text into one space.

    Between single modalities by L2 distance; between text and clips with both modalities by the inner product
    that `models.layers.PairedClip` explains, through the heads `av` and `text_av`.
    """
    single: tuple[Modality, ...] = ("audio", "video", "text")
    pairs = [(query, gallery) for query in single for gallery in single if (query, gallery) != ("text", "text")]
    routes = {
        f"{query}->{gallery}": RouteSpec(query=query, gallery=gallery, metric=Metric.EUCLIDEAN)
        for query, gallery in pairs
    }
    routes["text->av"] = RouteSpec(query="text_av", gallery="av", metric=Metric.INNER)
    routes["av->text"] = RouteSpec(query="av", gallery="text_av", metric=Metric.INNER)
    return routes

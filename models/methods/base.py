"""What a method is: how it learns from samples, and the heads and routes it exports."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import chain

import torch
from torch import Tensor, nn

from models.bundle.manifest import RouteSpec, Words
from models.errors import RecipeInvalid
from models.evaluation.scorer import Fusion
from models.types import Metric, Modality


@dataclass(frozen=True, slots=True)
class Widths:
    """How many numbers a feature of each modality has; 0 for a modality that the data lack."""

    audio: int
    video: int
    text: int

    def of(self, modality: Modality) -> int:
        """That of one modality."""
        width: int = getattr(self, modality)
        return width


@dataclass(frozen=True, slots=True)
class Task:
    """What a method is built for: the widths of features, and the classes.

    Args:
        class_text: [c, text] text features of the classes that are trained on, in the order of `Samples.label`;
            [c, 0] where classes are only told apart.
        unseen_text: [u, text] of the classes that will be asked for and have no training samples.
    """

    widths: Widths
    class_text: Tensor
    unseen_text: Tensor

    @property
    def classes(self) -> int:
        """How many classes are trained on."""
        return len(self.class_text)


@dataclass(frozen=True, slots=True)
class Samples:
    """Samples with all their modalities.

    Args:
        audio, video: [b, width] features.
        text: [b, width] features of the samples' own texts where they have one, else of their classes.
        label: [b] rows of `class_text`.
        class_text: [c, width] text features of all classes that are trained on.
    """

    audio: Tensor
    video: Tensor
    text: Tensor
    label: Tensor
    class_text: Tensor

    def of(self, modality: Modality) -> Tensor:
        """The features [b, width] of one modality."""
        features: Tensor = getattr(self, modality)
        return features


@dataclass(frozen=True, slots=True)
class Batch(Samples):
    """Samples, each with a sample of another class beside it.

    Args:
        negative_audio, negative_video, negative_text: [b, width] of the samples of other classes.
        negative_label: [b] their labels.
    """

    negative_audio: Tensor
    negative_video: Tensor
    negative_text: Tensor
    negative_label: Tensor

    def negative_of(self, modality: Modality) -> Tensor:
        """The features [b, width] of one modality of the samples of other classes."""
        features: Tensor = getattr(self, f"negative_{modality}")
        return features


@dataclass(frozen=True, slots=True)
class Head:
    """A part of a method to export: a module that takes one feature [b, width] an input, in this order."""

    module: nn.Module
    inputs: tuple[Modality, ...]


class Method(nn.Module, ABC):
    """A way from features to embeddings.

    `attention` names the head, if any, that weighs modalities; `words` says whether it understands any words, or only
    the names of the classes it was built for.
    """

    attention: str | None = None
    words: Words = "any"

    @abstractmethod
    def heads(self) -> dict[str, Head]:
        """What is exported, by name."""

    @abstractmethod
    def routes(self) -> dict[str, RouteSpec]:
        """How queries reach galleries, by name (`text->audio`); names only heads of `heads()`."""

    def fusions(self) -> dict[str, Fusion]:
        """Routes that the paper's tables score otherwise than the bundle does, by name."""
        return {}

    @property
    def device(self) -> torch.device:
        """Where its weights are."""
        first = next(chain(self.parameters(), self.buffers()), None)
        return torch.device("cpu") if first is None else first.device


@dataclass(frozen=True, slots=True)
class Turn:
    """One update within a step: a function that computes the terms to minimise, and what may move.

    `every` is how many steps apart its updates are: it takes its turn in the first step of an epoch, and so on.
    """

    terms: Callable[[Batch], Mapping[str, Tensor]]
    parameters: tuple[nn.Parameter, ...]
    every: int = 1


@dataclass(frozen=True, slots=True)
class Phase:
    """A part of training with an optimiser of its own a turn; `begin` is called before its first step."""

    name: str
    turns: tuple[Turn, ...]
    begin: Callable[[], None] = lambda: None


class GradientMethod(Method):
    """A method that learns by descending its terms."""

    @abstractmethod
    def terms(self, batch: Batch) -> dict[str, Tensor]:
        """The scalars whose weighted sum a step minimises, by name."""

    def phases(self) -> tuple[Phase, ...]:
        """What is trained, one phase after another; by default everything at once, by all terms.

        A turn whose terms are not those of all weights takes the weights of its own.
        """
        return (Phase("train", (Turn(self.terms, tuple(self.parameters())),)),)

    def after_step(self, batch: Batch) -> None:
        """Called after every step's updates, without gradients."""


class ClosedFormMethod(Method):
    """A method whose weights are computed from all samples at once."""

    @abstractmethod
    def solve(self, samples: Samples) -> None:
        """Set the weights, which are buffers."""


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

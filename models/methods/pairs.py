"""Two of the three modalities: what a method is built for that knows two only."""

from typing import Annotated

from pydantic import AfterValidator
from torch import Tensor

from models.errors import RecipeInvalid
from models.methods.base import Samples, Task
from models.types import Modality


def different(pair: tuple[Modality, Modality]) -> tuple[Modality, Modality]:
    """The pair; raises ValueError, which pydantic reports, where it names one modality twice."""
    if pair[0] == pair[1]:
        raise ValueError(f"expected two different modalities, found {pair[0]} twice")
    return pair


Pair = Annotated[tuple[Modality, Modality], AfterValidator(different)]
"""The modalities x and y of a paper's equations."""


def pair_widths(task: Task, pair: Pair) -> dict[Modality, int]:
    """How wide the features of both are; raises RecipeInvalid naming one that the data lack."""
    widths = {each: task.widths.of(each) for each in pair}
    if lacking := [each for each in pair if not widths[each]]:
        raise RecipeInvalid(f"options.pair: the data have no {lacking[0]} features; expected {' and '.join(pair)}")
    return widths


def pair_features(samples: Samples, pair: Pair) -> tuple[Tensor, Tensor]:
    """The features [b, width] of both, in this order."""
    return samples.of(pair[0]), samples.of(pair[1])

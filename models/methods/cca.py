"""CCA: canonical correlation analysis of two modalities (Hotelling, Relations between two sets of variates, 1936)."""

from typing import Annotated, Literal

import torch
from pydantic import ConfigDict, Field
from pydantic.dataclasses import dataclass
from torch import nn

from models.bundle.manifest import RouteSpec
from models.errors import RecipeInvalid, TrainingDataInvalid
from models.methods.base import ClosedFormMethod, Head, Samples, Task
from models.methods.linear import LinearMap, moments, routes_between, whitening
from models.methods.options import Size
from models.methods.pairs import Pair, pair_features, pair_widths
from models.types import Metric


@dataclass(frozen=True, config=ConfigDict(extra="forbid"))
class Options:
    """What a recipe may choose.

    Args:
        pair: the two modalities.
        components: width of the space; at most that of the narrower modality.
        regularisation: added to the variances of each modality, in units of their mean.
        metric: what the space is searched by.
    """

    pair: Pair = ("audio", "video")
    components: Size = 10
    regularisation: Annotated[float, Field(ge=0)] = 1e-2
    metric: Literal["euclidean", "cosine"] = "cosine"


class CCA(ClosedFormMethod):
    """The directions of two modalities that correlate most, each pair uncorrelated with those before."""

    def __init__(self, task: Task, options: Options) -> None:
        super().__init__()
        self.options = options
        widths = pair_widths(task, options.pair)
        if options.components > min(widths.values()):
            found = " and ".join(f"{each} features {width} wide" for each, width in widths.items())
            raise RecipeInvalid(f"options.components: {options.components} of {found}; expected at most the narrower")
        self.maps = nn.ModuleDict({each: LinearMap(width, options.components) for each, width in widths.items()})

    def solve(self, samples: Samples) -> None:
        """Singular vectors of the whitened cross-covariance W₁ᵀ C₁₂ W₂.

        Raises:
            TrainingDataInvalid: a modality varies in fewer directions than there are components.
        """
        features = pair_features(samples, self.options.pair)
        mean, covariance = moments(torch.cat(features, dim=1))
        first, second = slice(0, features[0].shape[1]), slice(features[0].shape[1], None)
        left, right = (
            whitening(covariance[part, part], regularisation=self.options.regularisation) for part in (first, second)
        )
        self._check_ranks(left.shape[1], right.shape[1])
        ours, _, theirs = torch.linalg.svd(left.T @ covariance[first, second] @ right, full_matrices=False)
        kept = self.options.components
        self._map(0).take(offset=mean[first], weights=left @ ours[:, :kept])
        self._map(1).take(offset=mean[second], weights=right @ theirs[:kept].T)

    def heads(self) -> dict[str, Head]:
        """One a modality."""
        return {each: Head(self.maps[each], inputs=(each,)) for each in self.options.pair}

    def routes(self) -> dict[str, RouteSpec]:
        """Between both modalities and within each, but not from text to text."""
        return routes_between(self.options.pair, Metric(self.options.metric))

    def _map(self, number: int) -> LinearMap:
        found = self.maps[self.options.pair[number]]
        assert isinstance(found, LinearMap)
        return found

    def _check_ranks(self, *ranks: int) -> None:
        if min(ranks) < self.options.components:
            found = " and ".join(f"{each} in {rank}" for each, rank in zip(self.options.pair, ranks, strict=True))
            raise TrainingDataInvalid(
                f"the training samples vary, {found} directions; expected at least {self.options.components}, the "
                "components asked for"
            )

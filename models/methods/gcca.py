"""GCCA: one space for any number of modalities, MAXVAR (Kettenring, Canonical analysis of several sets, 1971)."""

from itertools import accumulate
from typing import Annotated, Literal

import torch
from pydantic import AfterValidator, ConfigDict, Field
from pydantic.dataclasses import dataclass
from torch import Tensor, nn

from models.bundle.manifest import RouteSpec
from models.errors import RecipeInvalid, TrainingDataInvalid
from models.methods.base import ClosedFormMethod, Head, Samples, Task
from models.methods.linear import (
    LinearMap,
    features_of,
    moments,
    routes_between,
    whitening,
    width_of,
    without_rounding,
)
from models.methods.options import Size
from models.types import Metric, Modality


def _several(views: tuple[Modality, ...]) -> tuple[Modality, ...]:
    if len(set(views)) != len(views) or len(views) < 2:
        raise ValueError(f"expected two or three different modalities, found {', '.join(views) or 'none'}")
    return views


@dataclass(frozen=True, config=ConfigDict(extra="forbid"))
class Options:
    """What a recipe may choose.

    Args:
        views: the modalities.
        components: width of the space; at most the sum of the views' widths.
        regularisation: added to each view's variances, in units of their mean.
        metric: what the space is searched by.
    """

    views: Annotated[tuple[Modality, ...], AfterValidator(_several)] = ("text", "audio", "video")
    components: Size = 20
    regularisation: Annotated[float, Field(ge=0)] = 1e-2
    metric: Literal["euclidean", "cosine"] = "cosine"


class GCCA(ClosedFormMethod):
    """The space G that linear maps of all views come closest to, a class's text standing for its samples' text."""

    def __init__(self, task: Task, options: Options) -> None:
        super().__init__()
        self.options = options
        widths = [width_of(task.widths, [view]) for view in options.views]
        if options.components > sum(widths):
            raise RecipeInvalid(f"options.components: {options.components} of views {sum(widths)} wide together")
        self.maps = nn.ModuleDict(
            {view: LinearMap(width, options.components) for view, width in zip(options.views, widths, strict=True)}
        )

    def solve(self, samples: Samples) -> None:
        """U_m = (X_mᵀX_m + rI)⁻¹ X_mᵀ G, G the top eigenvectors of Σ_m X_m (X_mᵀX_m + rI)⁻¹ X_mᵀ.

        With Z_m = X_m W_m the whitened views and Z all of them side by side, that sum is Z Zᵀ, whose eigenvectors
        are those v of ZᵀZ as Z v / √λ: n x n samples are never compared, and U_m = √λ W_m v_m. G has unit variance
        here instead of unit length, so that distances do not depend on how many samples there were.

        Raises:
            TrainingDataInvalid: the views vary in fewer directions than there are components.
        """
        views = [features_of(samples, [view]) for view in self.options.views]
        mean, covariance = moments(torch.cat(views, dim=1))
        places = _places([each.shape[1] for each in views])
        white = [whitening(covariance[each, each], regularisation=self.options.regularisation) for each in places]
        axes = self._axes(_joint(covariance, places, white))
        parts = zip(self.maps.values(), places, white, _places([each.shape[1] for each in white]), strict=True)
        for view, place, whitened, rows in parts:
            assert isinstance(view, LinearMap)
            view.take(offset=mean[place], weights=whitened @ axes[rows])

    def heads(self) -> dict[str, Head]:
        """One a view."""
        return {view: Head(self.maps[view], inputs=(view,)) for view in self.options.views}

    def routes(self) -> dict[str, RouteSpec]:
        """Between all views and within each, but not from text to text."""
        return routes_between(self.options.views, Metric(self.options.metric))

    def _axes(self, joint: Tensor) -> Tensor:
        """√λ v of the largest eigenvalues of ZᵀZ, largest first: [rank, components]."""
        values, vectors = torch.linalg.eigh(joint)
        kept = without_rounding(values)[-self.options.components :]
        if len(kept) < self.options.components or not kept.all():
            raise TrainingDataInvalid(
                f"the views {', '.join(self.options.views)} vary in {int((without_rounding(values) > 0).sum())} "
                f"directions over the training samples, {self.options.components} components were asked for"
            )
        axes: Tensor = (vectors[:, -self.options.components :] * kept.sqrt()).flip(1)
        return axes


def _joint(covariance: Tensor, places: list[slice], white: list[Tensor]) -> Tensor:
    """ZᵀZ over n: the covariance between all whitened views."""
    rows = [
        torch.cat(
            [left.T @ covariance[row, column] @ right for column, right in zip(places, white, strict=True)], dim=1
        )
        for row, left in zip(places, white, strict=True)
    ]
    return torch.cat(rows)


def _places(widths: list[int]) -> list[slice]:
    """Where each view is among the columns of all."""
    ends = list(accumulate(widths))
    return [slice(end - width, end) for end, width in zip(ends, widths, strict=True)]

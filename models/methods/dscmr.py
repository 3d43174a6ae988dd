"""DSCMR: two modalities in one space that tells classes apart (Zhen et al., CVPR 2019)."""

import torch
from pydantic import ConfigDict
from pydantic.dataclasses import dataclass
from torch import Tensor, nn

from models.bundle.manifest import RouteSpec
from models.losses.discrimination import label_distance, similarity_likelihood
from models.losses.distances import euclidean
from models.methods.base import Batch, GradientMethod, Head, Task
from models.methods.linear import routes_between
from models.methods.options import Size
from models.methods.pairs import Pair, pair_features, pair_widths
from models.types import Metric

TERMS = ("label_space", "common_space", "invariance")


@dataclass(frozen=True, config=ConfigDict(extra="forbid"))
class Options:
    """What a recipe may choose; the defaults are the released code's.

    Args:
        pair: the two modalities.
        hidden: width of each modality's own layer.
        out: width of the layer that both share, the common space.
    """

    pair: Pair = ("video", "text")
    hidden: Size = 2048
    out: Size = 1024


class DSCMR(GradientMethod):
    """A layer of its own for each modality, then one for both into a common space, then one to labels."""

    def __init__(self, task: Task, options: Options) -> None:
        super().__init__()
        self.pair = options.pair
        widths = pair_widths(task, options.pair)
        self.own = nn.ModuleDict(
            {each: nn.Sequential(nn.Linear(widths[each], options.hidden), nn.ReLU()) for each in options.pair}
        )
        self.shared = nn.Linear(options.hidden, options.out)
        self.classifier = nn.Linear(options.out, task.classes)

    def terms(self, batch: Batch) -> dict[str, Tensor]:
        """J1, J2 and J3 of docs/methods.md."""
        x, y = self._embedded(batch)
        of_x, of_y = (label_distance(self.classifier(each), batch.label).mean() for each in (x, y))
        pairs = ((x, x), (x, y), (y, y))
        likelihoods = [similarity_likelihood(one, other, batch.label) for one, other in pairs]
        return {
            "label_space": of_x + of_y,
            "common_space": torch.stack(likelihoods).sum(),
            "invariance": euclidean(x, y).mean(),
        }

    def heads(self) -> dict[str, Head]:
        """One a modality, into the common space. The layer to labels only trains."""
        return {each: Head(nn.Sequential(self.own[each], self.shared), inputs=(each,)) for each in self.pair}

    def routes(self) -> dict[str, RouteSpec]:
        """Between both modalities and, for clips, within each, by the cosine as in the released code."""
        return routes_between(self.pair, Metric.COSINE)

    def _embedded(self, batch: Batch) -> tuple[Tensor, Tensor]:
        """Both modalities in the common space."""
        x, y = (self.own[each](of) for each, of in zip(self.pair, pair_features(batch, self.pair), strict=True))
        return self.shared(x), self.shared(y)

"""Features as they come, compared across modalities: the baseline `pre-trained` of CJME (arXiv 1910.08732)."""

from typing import Literal

from pydantic import ConfigDict
from pydantic.dataclasses import dataclass

from models.bundle.manifest import RouteSpec
from models.errors import RecipeInvalid
from models.methods.base import ClosedFormMethod, Head, Samples, Task
from models.methods.linear import Unchanged, routes_between, width_of
from models.types import Metric


@dataclass(frozen=True, config=ConfigDict(extra="forbid"))
class Options:
    """What a recipe may choose; `metric` is what features are compared by."""

    metric: Literal["euclidean", "cosine"] = "euclidean"


class Pretrained(ClosedFormMethod):
    """Audio and video features, which happen to be equally wide, as if they were in one space. Learns nothing."""

    def __init__(self, task: Task, options: Options) -> None:
        super().__init__()
        self.options = options
        audio, video = width_of(task.widths, ["audio"]), width_of(task.widths, ["video"])
        if audio != video:
            raise RecipeInvalid(
                f"raw features are compared, which must be equally wide: audio has {audio}, video {video} numbers"
            )

    def solve(self, samples: Samples) -> None:
        """Nothing to solve."""

    def heads(self) -> dict[str, Head]:
        """The features of either modality."""
        return {"audio": Head(Unchanged(), inputs=("audio",)), "video": Head(Unchanged(), inputs=("video",))}

    def routes(self) -> dict[str, RouteSpec]:
        """Between sounds and pictures; words are in no such space."""
        return routes_between(("audio", "video"), Metric(self.options.metric))

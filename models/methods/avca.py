"""AVCA: audio-visual embeddings by cross-modal attention (arXiv 2203.03598)."""

from collections.abc import Mapping
from typing import Literal, cast

import torch
from torch import Tensor, nn

from models.bundle.manifest import RouteSpec
from models.evaluation.scorer import Fusion
from models.methods.avca_space import Options, Space
from models.methods.avca_views import BOTH, WANTED, Clip, Text, views
from models.methods.base import Batch, GradientMethod, Head, Task

__all__ = ["AVCA", "TERMS", "Options"]

TERMS = ("triplet_own", "reconstruction", "triplet_decoded", "triplet_across", "regularisation")
RULES: Mapping[str, Literal["mean", "best"]] = {"both": "mean", "nearer": "best"}
"""How two distances are mixed where an output looks at both."""


class AVCA(GradientMethod):
    """Sound and pictures, each seen with the other, in one space with class text; pictures then speak for both."""

    def __init__(self, task: Task, options: Options) -> None:
        super().__init__()
        self.options = options
        self._views = views(options)
        apart = tuple((each,) for each in WANTED[options.output])
        together = (BOTH,) if options.branches == "attentive" else apart
        self.spaces = nn.ModuleList(Space(task, options, each) for each in together)

    def terms(self, batch: Batch) -> dict[str, Tensor]:
        """The five terms of docs/methods.md, of separate branches added up."""
        found = [space.terms(batch) for space in self._spaces]
        return {name: torch.stack([terms[name] for terms in found]).sum() for name in TERMS}

    def after_step(self, batch: Batch) -> None:
        """Only batch norms' statistics change, where the published ones are wanted."""
        for space in self._spaces:
            space.after_step(batch)

    def heads(self) -> dict[str, Head]:
        """Clips and texts for every view; where two distances are mixed, also for the parts that are."""
        clips = {view.clip: Head(Clip(self._spaces, view.joined), inputs=view.inputs) for view in self._views}
        return clips | {view.text: Head(Text(self._spaces, view.joined), inputs=("text",)) for view in self._views}

    def routes(self) -> dict[str, RouteSpec]:
        """Between text and clips and from clip to clip, by whole clips and by each of two separate branches.

        Of two embeddings a bundle serves the distance of both side by side: its square is the sum of both squares.
        """
        sides = ("av", *BOTH)
        return {
            name: route for view in self._views if view.clip in sides for name, route in view.routes(view.clip).items()
        }

    def fusions(self) -> dict[str, Fusion]:
        """The mean of two distances or the nearer one, as the paper's tables have it."""
        if self.options.output not in RULES:
            return {}
        first, second = (view.routes("av") for view in self._views[1:])
        return {name: Fusion((first[name], second[name]), RULES[self.options.output]) for name in first}

    @property
    def _spaces(self) -> list[Space]:
        return [cast(Space, each) for each in self.spaces]

"""Whether a new generation finds as well as the one it replaces, on the gallery's own labelled clips."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from index.catalog.database import Connection
from index.generations import Generation
from index.labelled import Labelled, labelled, scorer, seen_classes
from models.errors import GenerationWorse
from models.evaluation.evaluating import precision, retrieval
from models.evaluation.hubness import correct
from models.evaluation.metrics import mean_known
from models.evaluation.retrieval import Retrieval
from models.evaluation.scorer import Scorer
from models.hubness import RouteBias

ENOUGH = 100
"""Windows from which on a fall says something of the bundle: fewer are compared, and never refused."""
TOLERANCE = 0.02
"""How much mean average precision may fall."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """Mean average precision by route of the generation there is and of the one to come, on the same windows.

    By class, then over classes; every window is left out of its own ranking. Compared are the routes that both have:
    from words, only with classes that both were trained with.
    """

    windows: int
    before: Mapping[str, float]
    after: Mapping[str, float]

    def check(self, tolerance: float) -> None:
        """Refuse a fall of any route by more than the tolerance, if there is enough to tell; raises GenerationWorse."""
        if self.windows < ENOUGH:
            return
        for route, before in self.before.items():
            if before - self.after[route] > tolerance:
                raise GenerationWorse(
                    f"mean average precision of {route} would fall from {before:.3f} to {self.after[route]:.3f} on "
                    f"{self.windows} windows, expected a fall of {tolerance:g} at most"
                )


def compare(connection: Connection, before: Generation, after: Generation) -> Comparison:
    """Both on labelled windows of the gallery, their routes corrected as they are."""
    both = before.bundle.manifest, after.bundle.manifest
    sample = labelled(connection, before.gallery, *both)
    routes = [each for each in before.routes if each in after.routes]
    seen = seen_classes(both[0]) & seen_classes(both[1])
    found = [_figures(connection, each, sample, routes, seen) for each in (before, after)]
    return Comparison(len(sample.windows), *found)


def corrected_precision(found: Retrieval, bias: RouteBias) -> float:
    """Mean average precision by class of what a route finds with a bias."""
    return correct(found, bias).corrected.by_class


def _figures(
    connection: Connection, generation: Generation, sample: Labelled, routes: list[str], seen: set[str]
) -> dict[str, float]:
    from_clips = [each for each in routes if not each.startswith("text->")]
    from_words = [each for each in routes if each.startswith("text->")]
    parts = (sample, from_clips), (sample.of(seen), from_words)
    return {route: figure for part, names in parts for route, figure in _of(connection, generation, part, names)}


def _of(connection: Connection, generation: Generation, sample: Labelled, routes: list[str]) -> list[tuple[str, float]]:
    if not sample.classes:
        return []
    chosen = scorer(connection, generation.bundle, sample)
    found = [(route, _figure(chosen, route, sample, generation.biases.get(route))) for route in routes]
    return [(route, each) for route, each in found if np.isfinite(each)]


def _figure(chosen: Scorer, route: str, sample: Labelled, bias: RouteBias | None) -> float:
    if bias is not None:
        return corrected_precision(retrieval(chosen, route, sample.all_seen, leave_one_out=True), bias)
    by_class = precision(chosen, route, sample.all_seen, leave_one_out=True).by_class
    return mean_known(by_class)

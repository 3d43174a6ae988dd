"""What makes probabilities of a gallery's scores: by its newest evaluations, or else by its bundle's validation."""

from collections.abc import Mapping
from dataclasses import dataclass
from threading import Lock
from time import monotonic

from pydantic import ConfigDict, Field, ValidationError

from index.catalog import evaluations
from index.catalog.database import Connection, Database
from index.catalog.evaluations import EvaluationRow
from index.generations import Generation
from index.metadata import Json
from models.bundle.manifest import Frozen
from models.hubness import RouteBias
from models.probability import RouteSigmoid

FRESH_S = 3.0
"""How long it may take until what another process has evaluated is noticed."""
KEPT = 8
"""Generations whose sigmoids are remembered."""
OFF = RouteBias()


class Fitted(Frozen):
    """What an evaluation fitted for a route: with its bias, and on all clips of the gallery or only on some.

    The report has more beside it.
    """

    model_config = ConfigDict(extra="ignore")

    sigmoid: RouteSigmoid
    bias: RouteBias = Field(default_factory=RouteBias)
    is_of_all: bool


@dataclass(frozen=True, slots=True)
class Chosen:
    """The sigmoid of a route, and where it is from, such as `evaluation 3` or `bundle demo-cjme`."""

    sigmoid: RouteSigmoid
    source: str


@dataclass(frozen=True, slots=True)
class _Known:
    """What was chosen for each route, by these evaluations, as of a moment."""

    chosen: Mapping[str, Chosen]
    evaluations: frozenset[int]
    at_s: float


class Sigmoids:
    """Those of one gallery's generations. `of` only looks up; `refresh` asks the catalog, every few seconds at most.

    A sigmoid counts for scores with the same bias alone: where none was fitted with the route's, there is none.
    """

    def __init__(self, database: Database, gallery: int) -> None:
        self._database, self._gallery = database, gallery
        self._known: dict[int, _Known] = {}
        self._refreshing = Lock()

    def of(self, generation: Generation, route: str) -> Chosen | None:
        """What makes probabilities of the scores of a generation's route, as of the last refresh; None for nothing."""
        known = self._known.get(generation.number)
        return None if known is None else known.chosen.get(route)

    def is_fresh(self, generation: Generation) -> bool:
        """Whether a refresh would ask nothing."""
        known = self._known.get(generation.number)
        return known is not None and monotonic() < known.at_s + FRESH_S

    def refresh(self, generation: Generation) -> None:
        """Notice what was evaluated since, if that is some seconds ago and nobody else does it just now."""
        if self.is_fresh(generation):
            return
        known = self._known.get(generation.number)
        if self._refreshing.acquire(blocking=known is None):  # the first answer has probabilities like all others
            try:
                self._look(generation)
            finally:
                self._refreshing.release()

    def forget(self) -> None:
        """Ask anew with the next refresh."""
        self._known = {}

    def _look(self, generation: Generation) -> None:
        known = self._known.get(generation.number)
        with self._database.reading() as connection:
            there = frozenset(evaluations.keys_of(connection, self._gallery, generation.number))
            if known is None or known.evaluations - there:  # what was chosen may be by one that was deleted
                known = _Known(of_bundle(generation), frozenset(), at_s=0.0)
            new = sorted(there - known.evaluations)
            chosen = {**known.chosen, **self._evaluated(connection, generation, new)} if new else known.chosen
        all_known = {**self._known, generation.number: _Known(chosen, there, monotonic())}
        self._known = dict(list(all_known.items())[-KEPT:])

    def _evaluated(self, connection: Connection, generation: Generation, keys: list[int]) -> dict[str, Chosen]:
        """The newest of each route; older reports are read only for routes that are still without."""
        found: dict[str, Chosen] = {}
        for key in sorted(keys, reverse=True):
            if found.keys() >= set(generation.routes):
                break
            row = evaluations.get(connection, self._gallery, key)
            found = {**of_evaluation(row, generation), **found}
        return found


def of_bundle(generation: Generation) -> dict[str, Chosen]:
    """By route: what the bundle's training fitted, of routes that are not corrected."""
    manifest = generation.bundle.manifest
    fitted = {route: each for route, each in manifest.probabilities.items() if _bias(generation, route).is_off}
    return {route: Chosen(each, f"bundle {manifest.name}") for route, each in fitted.items()}


def of_evaluation(row: EvaluationRow, generation: Generation) -> dict[str, Chosen]:
    """By route: what an evaluation fitted on all of the gallery, with the biases that the generation has."""
    fitted = {route: _fitted(told) for route, told in _told(row).items()}
    return {
        route: Chosen(each.sigmoid, f"evaluation {row.key}")
        for route, each in fitted.items()
        if each is not None and each.is_of_all and each.bias == _bias(generation, route)
    }


def _told(row: EvaluationRow) -> Mapping[str, Json]:
    told = row.report.get("retrieval")
    return told if isinstance(told, dict) else {}


def _fitted(told: Json) -> Fitted | None:
    """None in reports of before, or of a version to come."""
    try:
        return Fitted.model_validate(told.get("probability") if isinstance(told, dict) else None)
    except ValidationError:
        return None


def _bias(generation: Generation, route: str) -> RouteBias:
    return generation.biases.get(route, OFF)

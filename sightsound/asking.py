"""What a search of the service is asked beside its words: which clips, and queries that are no words."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from pydantic import JsonValue

from sightsound.answers import RouteBias

Fields = Mapping[str, str | list[str]]


@dataclass(frozen=True, slots=True)
class Only:
    """Which clips a search may find, all of it at once, and what a hit is; by default every window.

    Args:
        by: `clip` finds each clip once, by its best window.
        label: any of these.
        where: conditions on the metadata, as `{"path": ["year"], "is": "lt", "value": 2000}`.
        added_from, added_to: with a time zone; `[from, to)`.
        among: clip ids.
    """

    by: Literal["window", "clip"] = "window"
    label: Sequence[str] = ()
    where: Sequence[Mapping[str, JsonValue]] = ()
    added_from: datetime | None = None
    added_to: datetime | None = None
    among: Sequence[str] = ()

    def body(self) -> dict[str, Any]:
        """As a part of a JSON body."""
        return {"by": self.by, **self.clips_body()}

    def clips_body(self) -> dict[str, Any]:
        """Which clips, without what a hit is."""
        moments = {"added_from": self.added_from, "added_to": self.added_to}
        told: dict[str, Any] = {
            "label": list(self.label),
            "where": [dict(each) for each in self.where],
            "among": list(self.among) or None,
            **{name: None if moment is None else moment.isoformat() for name, moment in moments.items()},
        }
        return {name: value for name, value in told.items() if value}

    def fields(self) -> Fields:
        """As parameters of an address, or fields of a form."""
        told = self.body()
        lists: dict[str, str | list[str]] = {"label": list(self.label), "among": list(self.among)}
        return {
            name: json.dumps(value) if name == "where" else lists.get(name, str(value)) for name, value in told.items()
        }


EVERYTHING = Only()


def reindex_body(
    bundle: str | None,
    *,
    tolerance: float | Literal["any"] | None,
    biases: Mapping[str, RouteBias | Literal["chosen"]] | None,
) -> dict[str, Any]:
    """What a reindexing is asked for, as a JSON body: what is None is left to the service."""
    told = {"bundle": bundle, "tolerance": None if tolerance == "any" else tolerance, "biases": _told(biases)}
    return {name: value for name, value in told.items() if value is not None} | {"force": tolerance == "any"}


def _told(biases: Mapping[str, RouteBias | Literal["chosen"]] | None) -> dict[str, Any] | None:
    if biases is None:
        return None
    return {route: each if each == "chosen" else each.model_dump() for route, each in biases.items()}


@dataclass(frozen=True, slots=True)
class Query:
    """One query of a batch: exactly one of words, features by modality, a vector of the route's space, a window_id."""

    text: str | None = None
    features: Mapping[str, Sequence[float]] | None = None
    vector: Sequence[float] | None = None
    window: int | None = None

    def body(self) -> dict[str, Any]:
        """As the service takes it."""
        rows = {name: list(row) for name, row in (self.features or {}).items()}
        vector = None if self.vector is None else list(self.vector)
        told: dict[str, Any] = {"text": self.text, "features": rows or None, "vector": vector}
        return {name: value for name, value in {**told, "window": self.window}.items() if value is not None}

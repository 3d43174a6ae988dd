"""What the service is asked with: which clips, queries that are no words, classes to choose from, clips to fetch."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from pydantic import JsonValue

from sightsound.answers import Channel
from sightsound.gallery_answers import RouteBias

Fields = Mapping[str, str | list[str]]
Stored = str | int
"""A clip of the gallery by its id, or a window by its number, the `window_id` of a hit."""


@dataclass(frozen=True, slots=True)
class Only:
    """Which clips a search may find, all of it at once, and what a hit is; by default every window.

    Args:
        by: `clip` finds each clip once, by its best window.
        label: any of these.
        where: conditions on the metadata, as `{"path": ["year"], "is": "lt", "value": 2000}`.
        added_from, added_to: with a time zone; `[from, to)`.
        min_duration_s, max_duration_s: how long clips are, both included.
        among: clip ids.
        min_score, min_probability: only hits of this score, and of this probability, or a higher one.
    """

    by: Literal["window", "clip"] = "window"
    label: Sequence[str] = ()
    where: Sequence[Mapping[str, JsonValue]] = ()
    added_from: datetime | None = None
    added_to: datetime | None = None
    among: Sequence[str] = ()
    min_score: float | None = None
    min_probability: float | None = None
    min_duration_s: float | None = None
    max_duration_s: float | None = None

    def body(self) -> dict[str, Any]:
        """As a part of a JSON body."""
        least = {"min_score": self.min_score, "min_probability": self.min_probability}
        return {"by": self.by, **given(least), **self.clips_body()}

    def clips_body(self) -> dict[str, Any]:
        """Which clips, without what a hit is."""
        moments = {"added_from": self.added_from, "added_to": self.added_to}
        told: dict[str, Any] = {
            "label": list(self.label),
            "where": [dict(each) for each in self.where],
            "among": list(self.among) or None,
            **{name: None if moment is None else moment.isoformat() for name, moment in moments.items()},
        }
        lengths = {"min_duration_s": self.min_duration_s, "max_duration_s": self.max_duration_s}
        return {name: value for name, value in told.items() if value} | given(lengths)

    def fields(self) -> Fields:
        """As parameters of an address, or fields of a form."""
        return self._fields(self.body())

    def clips_fields(self) -> Fields:
        """The same of which clips alone."""
        return self._fields(self.clips_body())

    def _fields(self, told: Mapping[str, Any]) -> Fields:
        lists: dict[str, str | list[str]] = {"label": list(self.label), "among": list(self.among)}
        return {
            name: json.dumps(value) if name == "where" else lists.get(name, str(value)) for name, value in told.items()
        }


EVERYTHING = Only()


def given(told: Mapping[str, Any]) -> dict[str, Any]:
    """What is not None: the rest is left to the service."""
    return {name: value for name, value in told.items() if value is not None}


def reindex_body(
    bundle: str | None,
    *,
    tolerance: float | None,
    force: bool,
    biases: Mapping[str, RouteBias | Literal["chosen"]] | None,
    expected: int | None,
) -> dict[str, Any]:
    """What a reindexing is asked for, as a JSON body: what is None is left to the service."""
    told = {"bundle": bundle, "tolerance": tolerance, "biases": _told(biases), "expected": expected}
    return given(told) | {"force": force}


def _told(biases: Mapping[str, RouteBias | Literal["chosen"]] | None) -> dict[str, Any] | None:
    if biases is None:
        return None
    return {route: each if each == "chosen" else each.model_dump() for route, each in biases.items()}


@dataclass(frozen=True, slots=True)
class Query:
    """One query: exactly one of words, features by modality, a vector of the route's space, a window_id, a clip's id.

    Args:
        weight: how much it counts among several; below 0 for less like this.
        route: where it goes another way than the others.
    """

    text: str | None = None
    features: Mapping[str, Sequence[float]] | None = None
    vector: Sequence[float] | None = None
    window: int | None = None
    clip: str | None = None
    weight: float = 1.0
    route: str | None = None

    def body(self) -> dict[str, Any]:
        """As the service takes it."""
        rows = {name: list(row) for name, row in (self.features or {}).items()}
        vector = None if self.vector is None else list(self.vector)
        told: dict[str, Any] = {"text": self.text, "features": rows or None, "vector": vector}
        told |= {"window": self.window, "clip": self.clip, "route": self.route}
        weighed = {} if self.weight == 1.0 else {"weight": self.weight}
        return given(told) | weighed


@dataclass(frozen=True, slots=True)
class Blend:
    """Several queries that are one, each by its weight, and examples: clips by their ids, windows by their numbers."""

    queries: Sequence[Query] = ()
    like: Sequence[Stored] = ()
    unlike: Sequence[Stored] = ()

    def body(self) -> dict[str, Any]:
        """As the service takes it."""
        examples = {"like": list(self.like), "unlike": list(self.unlike)}
        return {**self._queries(), **{name: each for name, each in examples.items() if each}}

    def _queries(self) -> dict[str, Any]:
        """One alone stands for itself."""
        bodies = [each.body() for each in self.queries]
        if len(bodies) == 1 and not bodies[0].keys() & {"weight", "route"}:
            return bodies[0]
        return {"queries": bodies} if bodies else {}


@dataclass(frozen=True, slots=True)
class Choosing:
    """How classes are chosen from.

    Args:
        classes: any words, or else those of the stored `vocabulary`; without either the bundle's own.
        calibration: what is taken off the scores of seen classes: what the bundle was calibrated to, nothing, or this.
        k: how many to tell at most.
        by: `window` ranks each window too.
        abstain_below: the least margin between the winner and the runner-up of an answer that is one.
        channel: what is looked at: `audio`, `video` or `av`; by default the widest that clip and bundle have.
    """

    classes: Sequence[str] | None = None
    vocabulary: str | None = None
    calibration: Literal["on", "off"] | float = "on"
    k: int = 10
    by: Literal["clip", "window"] = "clip"
    abstain_below: float | None = None
    channel: Channel | None = None

    def body(self) -> dict[str, Any]:
        """As a part of a JSON body."""
        told: dict[str, Any] = {
            "classes": None if self.classes is None else list(self.classes),
            "vocabulary": self.vocabulary,
        }
        told |= {"calibration": self.calibration, "k": self.k, "by": self.by, "abstain_below": self.abstain_below}
        told["channel"] = self.channel
        return given(told)

    def fields(self) -> dict[str, str | list[str]]:
        """As fields of a form, one a class."""
        return {name: value if isinstance(value, list) else str(value) for name, value in self.body().items()}


def stored_body(of: Stored) -> dict[str, Any]:
    """A clip or window of a gallery, as a part of a JSON body."""
    return {"clip": of} if isinstance(of, str) else {"window": of}


@dataclass(frozen=True, slots=True)
class Item:
    """A clip that a job fetches: by a `url`, or by a `path` below the service's `ingest_root`."""

    url: str | None = None
    path: str | None = None
    name: str | None = None
    labels: Sequence[str] = ()
    metadata: Mapping[str, JsonValue] | None = None

    def body(self) -> dict[str, Any]:
        """As the service takes it."""
        metadata = None if self.metadata is None else dict(self.metadata)
        told = {"url": self.url, "path": self.path, "name": self.name, "labels": list(self.labels) or None}
        return given({**told, "metadata": metadata})

"""How well a gallery's bundle classifies and retrieves what the gallery holds."""

import math

import numpy as np

from index.clips import StoredFeatures
from index.evaluation import evaluate
from index.gallery import Gallery
from index.generations import Generation
from models.bundle.classification import Classifier
from models.bundle.words import key
from models.errors import InvalidInput, RouteMissing
from models.evaluation.bootstrap import interval
from models.evaluation.evaluating import Precision
from models.evaluation.gzsl import Accuracies
from models.evaluation.metrics import SeenUnseen
from models.types import F64
from service.job_schemas import Document
from service.jobs.pulse import Pulse
from service.jobs.work import Workshop

RESAMPLES = 2000


class Evaluate:
    """The active generation of a gallery against the labels of its clips; each clip's first label is its class."""

    def __init__(self, workshop: Workshop, gallery: str, request: Document) -> None:
        self._gallery: Gallery = workshop.galleries.get(gallery)
        self._workshop, self._request = workshop, request

    def plan(self) -> Document:
        """One look at everything; raises RouteMissing for a route that the generation lacks."""
        active = self._gallery.active
        if odd := sorted(set(self._request["routes"]) - set(active.routes)):
            raise RouteMissing(f"the bundle {active.bundle.name!r} has no route {odd[0]!r}; it has {active.routes}")
        return {"items": 1, "steps": 1}

    def do(self, number: int, plan: Document, pulse: Pulse) -> Document:
        """All figures."""
        active = self._gallery.active
        pulse.at(f"generation {active.number}")
        report = self._report(active)
        pulse.did()
        return {"counts": {"evaluated": 1}, "errors": [], "found": {"report": report}}

    def finish(self, plan: Document, counts: Document, found: Document) -> Document:
        """The report."""
        report: Document = found["report"]
        return report

    def _report(self, active: Generation) -> Document:
        manifest = active.bundle.manifest
        classes, stored = _labelled(active, self._gallery.features(*manifest.backbones))
        found = evaluate(Classifier(active.bundle, self._workshop.encoders.text(manifest)), stored, classes)
        wanted = self._request["routes"] or found.retrieval.keys()
        return {
            "protocol": self._request["protocol"],
            "generation": active.number,
            "bundle": active.bundle.name,
            "clips": found.clips,
            "classes": len(classes),
            "classification": {channel: _accuracies(each) for channel, each in found.classification.items()},
            "retrieval": {name: _precision(each) for name, each in found.retrieval.items() if name in wanted},
        }


def _labelled(active: Generation, stored: StoredFeatures) -> tuple[list[str], StoredFeatures]:
    """The classes that compete, and the windows whose first label is one; raises InvalidInput where there are none."""
    manifest = active.bundle.manifest
    classes = {key(each): each for each in manifest.vocabulary}
    if manifest.words == "any":
        classes = {key(each[0]): each[0] for each in stored.labels if each} | classes
    rows = [row for row, each in enumerate(stored.labels) if each and key(each[0]) in classes]
    if not rows:
        raise InvalidInput("no clip has all the senses that the bundle reads and a label that it understands")
    return list(classes.values()), StoredFeatures(
        clip_ids=tuple(stored.clip_ids[row] for row in rows),
        labels=tuple((classes[key(stored.labels[row][0])],) for row in rows),
        features={sense: each[rows] for sense, each in stored.features.items()},
    )


def _precision(found: Precision) -> Document:
    return {
        "by_class": _split(found.found),
        "chance": _split(found.chance),
        "by_sample": _known(found.by_sample),
        "interval": _interval(found.by_query),
    }


def _interval(by_query: F64) -> list[float] | None:
    """The 95 % interval of the mean over queries; None where no query has anything to find."""
    if np.isnan(by_query).all():
        return None
    found = interval(by_query, resamples=RESAMPLES)
    return [found.low, found.high]


def _accuracies(found: Accuracies) -> Document:
    return {**_split(found.stacked), "zsl": _known(found.zsl)}


def _split(found: SeenUnseen) -> Document:
    return {name: _known(getattr(found, name)) for name in ("seen", "unseen", "harmonic")}


def _known(value: float) -> float | None:
    """JSON has no NaN."""
    return value if math.isfinite(value) else None

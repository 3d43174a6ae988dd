"""How well a gallery's bundle classifies and retrieves what the gallery holds, perhaps beside another generation."""

import shutil
from pathlib import Path

import numpy as np

from index.evaluation import Examined
from index.gallery import Gallery
from index.generations import Generation
from models.bundle.manifest import Channel
from models.calibration import stack
from models.errors import RouteMissing
from models.evaluation.evaluating import Precision, classifying
from models.evaluation.gzsl import accuracies
from service.evaluations import details, figures, mapping
from service.evaluations.evaluation_schemas import EvaluationRequest
from service.evaluations.evaluations import ACCURACIES, record
from service.jobs.correcting import Judged
from service.jobs.examining import Subject, subject
from service.jobs.pulse import Pulse
from service.jobs.work import Workshop
from service.schemas import Document

RETRIEVED, ABSTAINING = "retrieval", "abstaining"
HEAD = ("generation", "bundle", "clips", "classes")


class Evaluate:
    """A generation of a gallery against the labels of its clips; each clip's first label is its class."""

    def __init__(self, workshop: Workshop, gallery: str, request: Document, *, folder: Path) -> None:
        self._gallery: Gallery = workshop.galleries.get(gallery)
        self._workshop, self._folder = workshop, folder
        self._request = EvaluationRequest.model_validate(request)

    def plan(self) -> Document:
        """One look at everything, of the generation that is named or answers now; raises RouteMissing."""
        chosen = self._generation(self._request.generation)
        if odd := sorted(set(self._request.routes) - set(chosen.routes)):
            raise RouteMissing(f"the bundle {chosen.bundle.name!r} has no route {odd[0]!r}; it has {chosen.routes}")
        routes = list(self._request.routes or chosen.routes)
        items = len(routes) + (2 if self._request.map else 1)
        return {"items": items, "steps": 1, "generation": chosen.number, "routes": routes}

    def do(self, number: int, plan: Document, pulse: Pulse) -> Document:
        """All figures: classification, then route by route."""
        ours, theirs = self._subjects(plan)
        judged, rival = self._judged(ours), None if theirs is None else self._judged(theirs)
        pulse.at("classification")
        report = {**self._head(judged), "classification": _classification(judged.examined), RETRIEVED: {}}
        pulse.did()
        compared = {}
        for route in plan["routes"]:
            pulse.at(route)
            found = judged.precision(route)
            pulse.beat()
            report[RETRIEVED][route] = _route(judged, route, found) | {"probability": self._likelihood(judged, route)}
            pulse.beat()
            if rival is not None and route in rival.generation.routes:
                compared[route] = _comparison(rival, judged, route, found)
            pulse.did()
        if rival is not None:
            report["comparison"] = {**_named(rival.generation), RETRIEVED: compared}
        if self._request.map:
            self._draw(judged.examined, pulse)
        return {"counts": {"evaluated": plan["items"]}, "errors": [], "found": {"report": report}}

    def finish(self, plan: Document, counts: Document, found: Document) -> Document:
        """The number of the report, which is kept beside the gallery, and what one asks of it first."""
        request, report = self._request.model_dump(mode="json"), found["report"]
        map_path = self._map_path if self._request.map else None
        found = {
            "evaluation": record(self._gallery, self._folder.name, request=request, report=report, map_path=map_path)
        }
        if map_path is not None:
            shutil.rmtree(self._folder, ignore_errors=True)
        return {**found, **_short(report)}

    @property
    def _map_path(self) -> Path:
        return self._folder / "map"

    def _draw(self, examined: Examined, pulse: Pulse) -> None:
        """The map, which waits in the job's folder: it is as large as all else, and the queue keeps what it is told."""
        pulse.stage("map")
        content = mapping.drawn(examined, self._gallery.places, lambda done: pulse.stage(f"map, {done:.0%}"))
        self._folder.mkdir(parents=True, exist_ok=True)
        self._map_path.write_bytes(content)
        pulse.did()

    def _subjects(self, plan: Document) -> tuple[Subject, Subject | None]:
        """The generation and the one it is compared to, both on the clips that both can read."""
        among = self._request.only.filter()
        chosen = subject(self._gallery, self._generation(plan["generation"]), among)
        if self._request.compare_to is None:
            return chosen, None
        other = subject(self._gallery, self._generation(self._request.compare_to), among)
        both = set(chosen.stored.clip_ids) & set(other.stored.clip_ids)
        return chosen.only(both), other.only(both)

    def _generation(self, number: int | None) -> Generation:
        return self._gallery.active if number is None else self._gallery.generation(number)

    def _judged(self, chosen: Subject) -> Judged:
        return Judged(self._gallery, chosen.generation, chosen.examined(self._workshop.encoders))

    def _likelihood(self, judged: Judged, route: str) -> Document | None:
        is_of_all = self._request.only.filter() is None and self._request.compare_to is None
        return figures.likelihood_document(judged.likelihood(route), judged.bias(route), is_of_all=is_of_all)

    def _head(self, judged: Judged) -> Document:
        counted = {"clips": len(judged.examined.clip_ids), "classes": len(judged.examined.classes)}
        same = {"clips_sha256": judged.examined.clips_sha256, "classes_sha256": judged.examined.classes_sha256}
        told = {"labels": details.labels_document(judged.examined)}
        return {"protocol": self._request.protocol, **_named(judged.generation), **counted, **same, **told}


def _short(report: Document) -> Document:
    """Of a report, which takes 100 kB and more, the means over classes."""
    channels = {
        channel: {name: found[name] for name in ACCURACIES} for channel, found in report["classification"].items()
    }
    routes = {route: found["by_class"] for route, found in report[RETRIEVED].items()}
    return {name: report[name] for name in HEAD} | {"classification": channels, RETRIEVED: routes}


def _named(generation: Generation) -> Document:
    return {"generation": generation.number, "bundle": generation.bundle.name}


def _classification(examined: Examined) -> Document:
    return {channel: _by_channel(examined, channel) for channel in classifying(examined.scorer, examined.labels)}


def _by_channel(examined: Examined, channel: Channel) -> Document:
    labels, beta = examined.labels, examined.betas.get(channel, 0.0)
    scores = examined.scorer.scores(f"{channel}->text")
    found, calibrated = accuracies(scores, labels.clips, labels.seen, beta), stack(scores, labels.seen, beta)
    return {
        **figures.accuracies_document(found),
        "classes": details.by_class_document(examined, found.by_class),
        "confusion": details.confusion_document(examined, calibrated),
        ABSTAINING: figures.abstaining_document(calibrated, labels.clips),
    }


def _route(judged: Judged, route: str, found: Precision) -> Document:
    return {
        **figures.precision_document(found),
        "classes": details.by_class_document(judged.examined, found.by_class),
        "curve": figures.curve_document(judged.curve(route)),
        "worst": _worst(judged, route, found),
        "hubness": judged.both_ways(route),
        "index": figures.index_document(judged.generation, route),
    }


def _worst(judged: Judged, route: str, found: Precision) -> list[Document]:
    worst = judged.worst(route, found.by_query)
    return details.worst_document(judged.examined, route, worst, judged.gallery.places)


def _comparison(rival: Judged, judged: Judged, route: str, found: Precision) -> Document | None:
    """How much better this generation is than its rival, paired by query."""
    ours = figures.by_name(judged.examined, route, found.by_query)
    before = figures.by_name(rival.examined, route, rival.precision(route).by_query)
    same = [each for each in ours if each in before]
    return figures.difference_document(
        np.array([before[each] for each in same]), np.array([ours[each] for each in same])
    )

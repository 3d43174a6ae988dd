"""The map of a gallery: what an evaluation embedded, in the plane, as it is drawn, kept and read."""

import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from index.catalog.places import Place
from index.evaluation import Examined
from index.gallery import Gallery
from models.bundle.manifest import RouteSpec
from models.errors import InvalidInput
from models.evaluation.projection import Told, projected, sampled
from models.scoring import normalised
from models.types import F32, I64, Metric, Modality
from service.evaluations.map_schemas import EvaluationMap, MappedClass, MappedWindow

METHOD = "t-SNE"
MOST = 5000
"""Windows on a map: each has two points, and more of them hide each other."""
DIGITS = 4
"""Of a coordinate: a tenth of a pixel on a wide screen."""
MODALITIES: tuple[Modality, ...] = ("audio", "video", "text")
Drawn = Mapping[Modality, F32]


def drawn(examined: Examined, places: Callable[[I64], dict[int, Place]], told: Told) -> bytes:
    """The map of what was evaluated, as the catalog keeps it; raises InvalidInput, DependencyMissing.

    What may change, or is told by the row beside it, is not kept: see `evaluation_map`.
    """
    heads, there = shared_heads(examined.scorer.routes), places(examined.windows)
    rows = _rows(examined, there)
    vectors = _vectors(examined, rows, heads)
    points = _points(vectors, heads.metric, told)
    classes = _classes(examined, rows, points, _apart(vectors, heads.metric))
    found = EvaluationMap(
        gallery="",
        generation=0,
        bundle="",
        method=METHOD,
        evaluated=len(examined.windows),
        classes=classes,
        windows=_windows(examined, rows, points, there),
    )
    return zlib.compress(found.model_dump_json().encode(), 9)


def evaluation_map(gallery: Gallery, key: int) -> EvaluationMap:
    """The map of an evaluation; raises MapNotFound."""
    content = zlib.decompress(gallery.evaluation_map(key))
    row = gallery.evaluation(key)
    of = {"gallery": gallery.name, "generation": row.generation, "bundle": str(row.report["bundle"])}
    return EvaluationMap.model_validate_json(content).model_copy(update=of)


@dataclass(frozen=True, slots=True)
class Shared:
    """The heads, by what they read, whose vectors a route compares with each other, and how it compares them."""

    names: Mapping[Modality, str]
    metric: Metric


def shared_heads(routes: Mapping[str, RouteSpec]) -> Shared:
    """The heads of one space: of sound and pictures, and of the words that find them; raises InvalidInput."""
    ends = {tuple(name.split("->")): route for name, route in routes.items()}
    for asked, found in (("text", "video"), ("audio", "video"), ("video", "audio"), ("text", "audio")):
        if (route := ends.get((asked, found))) is not None:
            names = {asked: route.query, found: route.gallery}
            beside = {one: end.query for (one, other), end in ends.items() if names.get(other) == end.gallery}
            every = beside | names
            return Shared({each: every[each] for each in MODALITIES if each in every}, route.metric)
    raise InvalidInput("the bundle has no route between sound, pictures and words that a map could be drawn of")


def _rows(examined: Examined, there: Mapping[int, Place]) -> I64:
    """Of what was evaluated and is still there, what the map has room for."""
    known = np.flatnonzero([window in there for window in examined.windows.tolist()])
    rows: I64 = known[sampled(examined.labels.clips[known], MOST)]
    return rows


def _vectors(examined: Examined, rows: I64, heads: Shared) -> Drawn:
    whole = {each: examined.scorer.embedded(head) for each, head in heads.names.items()}
    return {each: found if each == "text" else found[rows] for each, found in whole.items()}


def _points(vectors: Drawn, metric: Metric, told: Told) -> Drawn:
    places = projected(np.concatenate(list(vectors.values())), metric, told=told)
    ends = np.cumsum([len(each) for each in vectors.values()])[:-1]
    return dict(zip(vectors, np.split(places, ends), strict=True))


def _classes(examined: Examined, rows: I64, points: Drawn, apart: F32 | None) -> tuple[MappedClass, ...]:
    labels = examined.labels.clips[rows]
    counts = np.bincount(labels, minlength=len(examined.classes))
    return tuple(
        MappedClass(
            name=name,
            seen=bool(examined.labels.seen[place]),
            windows=int(counts[place]),
            text=_point(points, "text", place),
            apart=None if apart is None or not counts[place] else round(float(apart[labels == place].mean()), DIGITS),
        )
        for place, name in enumerate(examined.classes)
    )


def _windows(examined: Examined, rows: I64, points: Drawn, there: Mapping[int, Place]) -> tuple[MappedWindow, ...]:
    labels, windows = examined.labels.clips.tolist(), examined.windows.tolist()
    return tuple(
        MappedWindow(
            window_id=windows[row],
            of=labels[row],
            audio=_point(points, "audio", place),
            video=_point(points, "video", place),
            **_where(there[windows[row]]),
        )
        for place, row in enumerate(rows.tolist())
    )


def _where(place: Place) -> dict[str, Any]:
    start_s, end_s = (round(each, 3) for each in (place.window.start_s, place.window.end_s))
    return {"clip_id": place.clip_id, "start_s": start_s, "end_s": end_s}


def _point(points: Drawn, modality: Modality, place: int) -> tuple[float, float] | None:
    if modality not in points:
        return None
    x, y = (round(float(each), DIGITS) for each in points[modality][place])
    return x, y


def _apart(vectors: Drawn, metric: Metric) -> F32 | None:
    """[n] How far sound and pictures of each window are apart, 1 being the mean of any two; None of a single sense."""
    if "audio" not in vectors or "video" not in vectors:
        return None
    audio, video = (
        vectors[each] if metric is Metric.EUCLIDEAN else normalised(vectors[each]) for each in ("audio", "video")
    )
    strangers = np.mean(
        [np.linalg.norm(audio - np.roll(video, each, axis=0), axis=1).mean() for each in _turns(len(audio))]
    )
    found: F32 = np.linalg.norm(audio - video, axis=1) / max(float(strangers), 1e-12)
    return found


def _turns(count: int) -> list[int]:
    """By how much rows are turned to meet others than their own: evenly over all of them."""
    return sorted({max(1, each * count // 17) % max(count, 1) for each in range(1, 17)})

"""What an evaluation tells beneath its figures, as JSON: classes, confusion, and the worst queries with their hits."""

import math
from collections.abc import Callable, Mapping, Sequence

import numpy as np

from index.catalog.places import Place
from index.evaluation import Examined
from models.evaluation.confusion import confusion
from models.evaluation.worst import Worst
from models.types import F32, F64, I64
from service.schemas import Document

Places = Mapping[int, Place]
"""By window."""
Where = Callable[[I64], Places]


def labels_document(examined: Examined) -> Document:
    """By class that any clip is of: how many are, and whether training saw the class."""
    numbers, counts = np.unique(examined.labels.clips, return_counts=True)
    told = zip(numbers.tolist(), counts.tolist(), strict=True)
    return {examined.classes[each]: {"clips": n, "seen": bool(examined.labels.seen[each])} for each, n in told}


def by_class_document(examined: Examined, by_class: F64) -> Document:
    """A figure [c] by class: of those that it can be told of."""
    figures = zip(examined.classes, by_class.tolist(), strict=True)
    return {name: figure for name, figure in figures if math.isfinite(figure)}


def confusion_document(examined: Examined, scores: F32) -> Document:
    """Which classes were taken for which by calibrated scores [n, c]: the cells of a matrix, and the worst mistakes."""
    labels: I64 = examined.labels.clips
    found = confusion(scores.argmax(axis=1), labels)
    of = np.bincount(labels, minlength=len(examined.classes)).tolist()
    return {
        "classes": [examined.classes[each] for each in found.classes],
        "cells": found.cells.tolist(),
        "mistakes": [
            {"class": examined.classes[right], "taken_for": examined.classes[answer], "clips": clips, "of": of[right]}
            for right, answer, clips in found.mistakes.tolist()
        ],
    }


def worst_document(examined: Examined, route: str, found: Sequence[Worst], where: Where) -> list[Document]:
    """By query: what it asked with, a class's words or a clip, and the clips that it found first."""
    is_by_words = route.startswith("text->")
    asked, queries = (_of_words, []) if is_by_words else (_of_clip, [each.query for each in found])
    rows = [*queries, *(row for each in found for row in each.hits.tolist())]
    places = where(np.unique(examined.windows[rows]))
    return [
        {
            **asked(examined, each.query, places),
            "average_precision": round(each.precision, 6),
            "rank": each.rank,
            "hits": [_of_clip(examined, row, places) for row in each.hits.tolist()],
        }
        for each in found
    ]


def _of_words(examined: Examined, query: int, _: Places) -> Document:
    return {"class": examined.classes[query], "clip": None, "window": None}


def _of_clip(examined: Examined, row: int, places: Places) -> Document:
    """Its window is null where the clip has gone meanwhile."""
    name, place = examined.classes[examined.labels.clips[row]], places.get(int(examined.windows[row]))
    window = (
        None if place is None else {"start_s": round(place.window.start_s, 3), "end_s": round(place.window.end_s, 3)}
    )
    return {"class": name, "clip": examined.clip_ids[row], "window": window}

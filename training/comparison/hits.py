"""What a trained method finds: a few queries of seen and of unseen classes with their best hits."""

from dataclasses import dataclass

import numpy as np

from models.methods.base import Method
from models.scoring import scores
from models.types import I64, Bool
from training.splits import Split
from training.validation import scorer

SIDE, HITS = 3, 5
"""Queries of seen classes, and as many of unseen ones; hits of each."""

BY_WORDS = ("text->video", "text->av", "text->audio")
BY_SOUND = "audio->video"


@dataclass(frozen=True, slots=True)
class Found:
    """Queries and their hits, best first.

    Args:
        labels: [q] the queries' classes.
        clips: [q] the rows of the clips that the queries are of, -1 where a query is its class's name.
        hits: [q, k] rows of clips.
    """

    labels: I64
    clips: I64
    hits: I64


def shown_routes(method: Method) -> list[str]:
    """The route from words to what is seen, or else heard, and that from sound to pictures, where there are such."""
    routes = method.routes()
    by_words = [route for route in BY_WORDS if route in routes][:1]
    return by_words + [route for route in (BY_SOUND,) if route in routes]


def best_hits(method: Method, split: Split, route: str, *, leave_one_out: bool) -> Found:
    """The best hits among a split's clips, for the first clip, or the name, of a few classes that have clips."""
    labels = split.features.label
    classes = _a_few(np.unique(labels), split.classes.seen)
    first = np.array([np.flatnonzero(labels == each)[0] for each in classes])
    by_name = route.startswith("text->") and split.features.text is None
    embedded, ends = scorer(method, split, fusions={}), method.routes()[route]
    queries = embedded.embedded(ends.query)[classes if by_name else first]
    found = scores(queries, embedded.embedded(ends.gallery), ends.metric)
    if leave_one_out and not by_name:
        found[np.arange(len(first)), first] = -np.inf
    hits = np.argsort(-found, axis=1, kind="stable")[:, :HITS]
    return Found(classes, np.full(len(first), -1) if by_name else first, hits)


def _a_few(present: I64, seen: Bool) -> I64:
    """Some of the classes, as evenly spread as can be, `SIDE` of either side as far as there are so many."""
    sides = [present[seen[present]], present[~seen[present]]]
    picked = [side[np.unique(np.linspace(0, len(side) - 1, SIDE).round().astype(int))] for side in sides if len(side)]
    return np.concatenate(picked)

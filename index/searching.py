"""From query vectors to hits: the nearest windows that the catalog has, one each or one a clip."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from index.catalog import clips
from index.catalog.clips import Place
from index.catalog.database import Database
from index.catalog.filters import allowed
from index.clips import Hit
from index.filters import Filter
from index.generations import Generation
from models.errors import QueryInvalid
from models.types import F32, I64, Hits

MOST_HITS = 1000
Counted = Literal["window", "clip"]
"""What a hit is: every window for itself, or each clip once, by its best window."""


@dataclass(frozen=True, slots=True)
class Search:
    """What is asked of a gallery beside the query itself.

    Args:
        k: how many hits at most, 1..1000.
        among: only these; None for all.
        by: what a hit is.

    Raises:
        QueryInvalid: `k` is out of its range.
    """

    route: str
    k: int
    among: Filter | None = None
    by: Counted = "window"

    def __post_init__(self) -> None:
        if not 1 <= self.k <= MOST_HITS:
            raise QueryInvalid(f"k must be from 1 to {MOST_HITS}, found {self.k}")


def search(database: Database, generation: Generation, queries: F32, asked: Search) -> list[list[Hit]]:
    """The best of each query [q, dim], best first.

    What was deleted while vectors were compared is not among them: its place is looked up after.
    """
    wanted = asked.k
    while True:
        found = generation.search(asked.route, queries, wanted, allowed=_allowed(database, generation, asked.among))
        places = _places(database, generation.gallery, found)
        if len(places) < len(np.unique(found.ids[found.ids >= 0])) and generation.follow(database):
            continue
        hits = [_hits(row, scores, places) for row, scores in zip(found.ids, found.scores, strict=True)]
        if asked.by == "window":
            return hits
        firsts = [_one_a_clip(each)[: asked.k] for each in hits]
        if all(len(first) == asked.k or len(row) < wanted for first, row in zip(firsts, hits, strict=True)):
            return firsts
        wanted *= 4


def _allowed(database: Database, generation: Generation, among: Filter | None) -> I64 | None:
    if among is None:
        return None
    with database.reading() as connection:
        return allowed(connection, generation.gallery, among)


def _places(database: Database, gallery: int, found: Hits) -> dict[int, Place]:
    ids = np.unique(found.ids[found.ids >= 0]).tolist()
    with database.reading() as connection:
        return clips.by_window(connection, gallery, ids)


def _hits(ids: I64, scores: F32, places: Mapping[int, Place]) -> list[Hit]:
    rows = zip(ids.tolist(), scores.tolist(), strict=True)
    return [_hit(each, places[each], score) for each, score in rows if each in places]


def _hit(window_id: int, place: Place, score: float) -> Hit:
    return Hit(
        clip_id=place.clip_id,
        name=place.name,
        labels=place.labels,
        window=place.window,
        window_id=window_id,
        score=score,
        media_type=place.media_type,
    )


def _one_a_clip(hits: Sequence[Hit]) -> list[Hit]:
    best: dict[str, Hit] = {}
    for each in hits:
        best.setdefault(each.clip_id, each)
    return list(best.values())

"""From query vectors to hits: the nearest windows that the catalog has, each for itself or one a clip."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from index.blending import Blend
from index.catalog.database import Database
from index.catalog.filters import allowed
from index.catalog.galleries import GalleryState, state
from index.catalog.places import Place
from index.clips import Hit
from index.filters import Filter
from index.generations import Generation
from index.whereabouts import Told, Whereabouts
from models.errors import QueryInvalid, VectorsUnavailable
from models.types import F32, I64, Hits

MOST_HITS = 1000
PATIENCE = 3
"""How often vectors are compared again because the gallery changed; after that, only what went is left out."""

FEW = 200
"""Hits that are made in 0.1 ms: less than it takes to hand them to a thread and back."""

Counted = Literal["window", "clip"]
"""What a hit is: every window for itself, or each clip once, by its best window."""
Notice = Callable[[GalleryState], None]


@dataclass(frozen=True, slots=True)
class Search:
    """What is asked of a gallery beside the query itself.

    Args:
        k: how many hits at most, 1..1000.
        among: only these; None for all.
        by: what a hit is.
        without: windows that are left out, such as those that are asked with.
        blend: of which weighted queries each query is the sum, of this route and others to its space; None for one.

    Raises:
        QueryInvalid: `k` is out of its range.
    """

    route: str
    k: int
    among: Filter | None = None
    by: Counted = "window"
    without: frozenset[int] = frozenset()
    blend: Blend | None = None

    def __post_init__(self) -> None:
        if not 1 <= self.k <= MOST_HITS:
            raise QueryInvalid(f"k must be from 1 to {MOST_HITS}, found {self.k}")


class Searcher:
    """Searches of one generation, in step with the catalog; `notice` is told where the gallery is at each."""

    def __init__(self, database: Database, generation: Generation, *, whereabouts: Whereabouts, notice: Notice) -> None:
        self.generation = generation
        self._database, self._whereabouts, self._notice = database, whereabouts, notice

    def search(self, queries: F32, asked: Search) -> list[list[Hit]]:
        """The best of each query [q, dim], best first; a window that is left out gives its place to the next."""
        wanted = asked.k + len(asked.without)
        while True:
            found, (_, places) = self._found(queries, asked, wanted)
            rows = _rows(found, places, asked)
            if asked.by == "window":
                return rows
            firsts = [_one_a_clip(each)[: asked.k] for each in rows]
            if all(len(first) == asked.k or ids[-1] < 0 for first, ids in zip(firsts, found.ids, strict=True)):
                return firsts
            wanted *= 4

    def search_at_once(self, queries: F32, asked: Search) -> list[list[Hit]] | None:
        """As `search`, by one look at vectors and one at the catalog; None where it may take more than that."""
        wanted = asked.k + len(asked.without)
        if asked.among is not None or asked.by != "window" or len(queries) * wanted > FEW:
            return None
        if not self._database.can_glance:
            return None
        before = self.generation.position
        found = self._compared(queries, asked, wanted)
        told = self._whereabouts.at_once(_there(found))
        if told is None or told[0].position != before:
            return None
        self._notice(told[0])
        return _rows(found, told[1], asked)

    def _found(self, queries: F32, asked: Search, wanted: int) -> tuple[Hits, Told]:
        """The nearest windows, and where they are, as of one moment after vectors were compared."""
        chosen, turn = self.generation, 0
        while True:
            turn, before = turn + 1, chosen.position
            found = self._compared(queries, asked, wanted)
            told = self._whereabouts.of(_there(found))
            if told[0].position == before or turn > PATIENCE:
                self._notice(told[0])
                return found, told
            chosen.follow(self._database)

    def _compared(self, queries: F32, asked: Search, wanted: int) -> Hits:
        """Where the generation's vectors are gone, as others have given it up, what they switched to is noticed."""
        allowed = self._allowed(asked.among)
        try:
            if asked.blend is not None:
                return self.generation.search_blend(asked.blend, queries, wanted, allowed=allowed)
            return self.generation.search(asked.route, queries, wanted, allowed=allowed)
        except VectorsUnavailable:
            with self._database.reading() as connection:
                self._notice(state(connection, self.generation.gallery))
            raise

    def _allowed(self, among: Filter | None) -> I64 | None:
        if among is None:
            return None
        with self._database.reading() as connection:
            return allowed(connection, self.generation.gallery, among)


def _there(found: Hits) -> list[int]:
    """The windows of all queries."""
    return [each for each in found.ids.ravel().tolist() if each >= 0]


def _rows(found: Hits, places: Mapping[int, Place], asked: Search) -> list[list[Hit]]:
    """The hits of each query, of windows that are there and not left out; where a hit is a window, `k` of them."""
    most = asked.k if asked.by == "window" else None
    rows = zip(found.ids.tolist(), found.scores.tolist(), strict=True)
    return [_hits(ids, scores, places, without=asked.without)[:most] for ids, scores in rows]


def _hits(
    ids: Sequence[int], scores: Sequence[float], places: Mapping[int, Place], *, without: frozenset[int]
) -> list[Hit]:
    return [
        Hit(at.clip_id, at.name, at.labels, at.window, each, score, at.media_type, at.duration_s, at.absent)
        for each, score in zip(ids, scores, strict=True)
        if (at := places.get(each)) is not None and each not in without
    ]


def _one_a_clip(hits: Sequence[Hit]) -> list[Hit]:
    best: dict[str, Hit] = {}
    for each in hits:
        best.setdefault(each.clip_id, each)
    return list(best.values())

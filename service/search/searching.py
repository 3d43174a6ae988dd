"""From a query to the hits of a gallery: what is asked becomes vectors, these are compared, the answer is told.

All of it is awaited on the server's loop; what computes, or asks the catalog, is done elsewhere. Answers are the JSON
of a `SearchAnswer` or `BatchAnswer`.
"""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Protocol

import numpy as np
from fastapi.concurrency import run_in_threadpool

from index.blending import Part
from index.clips import Hit
from index.filters import Filter
from index.galleries import Galleries
from index.gallery import Gallery
from index.generations import Generation
from index.searching import MOST_HITS, Search
from models.bundle.manifest import Channel
from models.errors import GalleryNotFound, RouteMissing
from models.types import F32
from service.load.batching import Batching
from service.observing.probe import Probe
from service.search.cursors import Cursor
from service.search.documents import Document, written
from service.search.explaining import Explainer
from service.search.filtering import Least, Narrowing
from service.search.queries import BatchRequest, RoutedBody, SearchRequest, Weighs
from service.search.questions import Question, Questions, Routed, Words
from service.search.telling import Found, Telling
from service.timing import Stopwatch


class Means(Protocol):
    """What searching is done with; the service's resources have it."""

    galleries: Galleries
    questions: Questions
    batching: Batching
    explainer: Explainer
    probe: Probe


async def by_words(means: Means, gallery: str, *, text: str, to: Channel, narrowed: Narrowing) -> bytes:
    """The windows or clips nearest to some words; raises GalleryNotFound, RouteMissing, QueryInvalid.

    The gallery is as it was known last: comparing finds out whether it is still there.
    """
    words = f"text->{to}", text
    if (known := means.galleries.known(gallery)) is not None:
        with suppress(GalleryNotFound, RouteMissing):  # perhaps there is another one of its name, or generation
            search = _Search.of(means, known, [words[0]])
            return await search.answer([await search.question_of(words)], narrowed)
    search = await _Search.begun(means, gallery, [words[0]])
    return await search.answer([await search.question_of(words)], narrowed)


async def by_clip(
    means: Means,
    gallery: str,
    *,
    clip: Path,
    routed: RoutedBody,
    weighs: Weighs,
    narrowed: Narrowing,
) -> bytes:
    """The windows or clips nearest to what a clip has of the sense that `routed` names, and to further queries.

    Raises:
        MediaInvalid, TooLarge, DecodeOverrun, and as `by_query` does.
    """
    others = [(routed.route_of(each), each) for each in weighs.further]
    search = await _Search.begun(means, gallery, [routed.route_of_clip, *(route for route, _ in others)])
    await search.check_known(narrowed.least, [weighs.clip, *(each.weight for each in weighs.further)])
    asked = await search.questions(others)
    sensed = means.questions.of_clip(search.generation, routed.route_of_clip, clip, source=routed.source)
    return await search.answer([replace(await sensed, weight=weighs.clip), *asked], narrowed)


async def by_query(means: Means, gallery: str, request: SearchRequest) -> bytes:
    """The windows or clips nearest to a query, to several by their weights, or to examples.

    Raises:
        GalleryNotFound, RouteMissing, QueryInvalid, InvalidInput, ClipNotFound, WindowNotFound, SenseMissing.
    """
    if request.cursor is not None:
        return await by_cursor(means, gallery, request)
    narrowed = request.narrowing()
    asked = [(request.route_of(each), each) for each in request.parts()]
    search = await _Search.begun(means, gallery, [route for route, _ in asked])
    return await search.answer(await search.questions(asked), narrowed)


async def by_cursor(means: Means, gallery: str, request: SearchRequest) -> bytes:
    """What is nearest after the hits that were told; raises GalleryNotFound, QueryInvalid."""
    assert request.cursor is not None
    cursor = await run_in_threadpool(Cursor.read, request.cursor)
    narrowed = cursor.narrowing(k=request.k, explain=request.explain, moments=request.moments)
    search = await _Search.begun(means, gallery, cursor.routes)
    return await search.go_on(cursor, narrowed)


async def by_batch(means: Means, gallery: str, request: BatchRequest) -> bytes:
    """What is nearest to each of many queries; raises as `by_query` does."""
    narrowed = request.narrowing()
    asked = [[(request.route_of(part), part) for part in each.parts()] for each in request.queries]
    search = await _Search.begun(means, gallery, [route for parts in asked for route, _ in parts])
    together = iter(await search.questions([part for parts in asked for part in parts]))
    return await search.answers([list(islice(together, len(parts))) for parts in asked], narrowed)


class _Search:
    """One search, by the one generation that was active when it began: no answer mixes two bundles."""

    def __init__(self, means: Means, gallery: Gallery, routes: Sequence[str], watch: Stopwatch) -> None:
        self.generation: Generation = gallery.active
        self._means, self._gallery, self._watch = means, gallery, watch
        self._route = " + ".join(dict.fromkeys(routes))
        self._telling = Telling(means.explainer, gallery, self.generation, route=self._route)

    @classmethod
    async def begun(cls, means: Means, gallery: str, routes: Sequence[str]) -> "_Search":
        """As `of`, by the gallery's name."""
        watch = Stopwatch()
        return cls.of(means, await run_in_threadpool(means.galleries.get, gallery), routes, watch)

    @classmethod
    def of(cls, means: Means, gallery: Gallery, routes: Sequence[str], watch: Stopwatch | None = None) -> "_Search":
        """Routes that the gallery lacks are refused at once, before anything is decoded for them."""
        search = cls(means, gallery, routes, watch or Stopwatch())
        there = search.generation.routes
        if missing := [each for each in routes if each not in there]:
            raise RouteMissing(f"{gallery.name!r} has no route {missing[0]!r}; it has {', '.join(there)}")
        return search

    async def check_known(self, least: Least, weights: Sequence[float]) -> None:
        """Refuse a least probability, of queries of these weights, that would be refused once all is decoded and found.

        Raises QueryInvalid.
        """
        if least.probability is None:
            return
        is_one = len(weights) == 1 and weights[0] >= 0
        if not is_one or await run_in_threadpool(self._gallery.sigmoid_now, self._route, self.generation) is None:
            raise self._telling.unknown()

    async def question_of(self, words: Words) -> Question:
        return (await self._means.questions.of_words(self.generation, [words]))[words]

    async def questions(self, asked: Sequence[Routed]) -> list[Question]:
        return await self._means.questions.of_all(self._gallery, self.generation, asked)

    async def answer(self, questions: Sequence[Question], narrowed: Narrowing) -> bytes:
        vector, asked = await self._compared(questions, narrowed)
        ((*found,),) = await self._means.batching.search(self._gallery, vector, asked, generation=self.generation)
        if asked.among is None and asked.blend is None:
            self._means.probe.offer(self._gallery.name, self.generation, route=asked.route, queries=vector)
        good = self._telling.good(questions, found, narrowed.least)
        told = good.part(narrowed.offset, narrowed.end)
        is_more, cursor = len(good.hits) > narrowed.end, None
        if is_more and narrowed.pages:
            cursor = Cursor.of(self.generation, questions, narrowed, told=good.hits[: narrowed.end])
        told = await self._with_moments(told, narrowed, vector=vector, asked=asked)
        return await self._paged(told, narrowed, next_=narrowed.end if is_more else None, cursor=cursor)

    async def go_on(self, cursor: Cursor, narrowed: Narrowing) -> bytes:
        """The best of those that were not told before."""
        cursor.check(self.generation)
        questions = cursor.questions(self.generation)
        vector, asked = await self._compared(questions, narrowed)
        ((*found,),) = await self._means.batching.search(self._gallery, vector, asked, generation=self.generation)
        good = self._telling.good(questions, cursor.untold(found), narrowed.least)
        told, after = good.part(0, narrowed.k), None
        if len(good.hits) > narrowed.k:
            after = cursor.past(told.hits)
        told = await self._with_moments(told, narrowed, vector=vector, asked=asked)
        return await self._paged(told, narrowed, next_=None if after is None else narrowed.end, cursor=after)

    async def answers(self, questions: Sequence[Sequence[Question]], narrowed: Narrowing) -> bytes:
        """Those that are asked alike, which most are, are compared together."""
        rows: dict[Search, list[tuple[int, F32]]] = {}
        for row, each in enumerate(questions):
            vector, asked = await self._compared(each, narrowed)
            rows.setdefault(replace(asked, among=None), []).append((row, vector))
        found: dict[int, Sequence[Hit]] = {}
        for alike, together in rows.items():
            vectors = np.concatenate([vector for _, vector in together])
            asked = replace(alike, among=narrowed.among)
            hits = await self._means.batching.search(self._gallery, vectors, asked, generation=self.generation)
            found |= zip([row for row, _ in together], hits, strict=True)
        good = [self._telling.good(each, found[row], narrowed.least) for row, each in enumerate(questions)]
        head, told = await self._told([each.part(0, narrowed.k) for each in good], narrowed)
        return written(head | {"answers": told})

    async def _with_moments(self, told: Found, narrowed: Narrowing, *, vector: F32, asked: Search) -> Found:
        """With the next best windows of each clip, of the 1000 best that these clips have beside what was told."""
        if not narrowed.moments or not told.hits:
            return told
        clips = Filter(clip_ids=tuple(each.clip_id for each in told.hits))
        without = asked.without | {each.window_id for each in told.hits}
        every = replace(asked, k=MOST_HITS, by="window", among=clips, without=without)
        ((*windows,),) = await self._means.batching.search(self._gallery, vector, every, generation=self.generation)
        good = self._telling.good(told.questions, windows, narrowed.least)
        return told.beside(good.hits, most=narrowed.moments)

    async def _paged(self, told: Found, narrowed: Narrowing, *, next_: int | None, cursor: Cursor | None) -> bytes:
        """A page, and how those after it are asked for."""
        head, (hits,) = await self._told([told], narrowed)
        text = None if cursor is None else await run_in_threadpool(cursor.written)
        return written(head | {"hits": hits, "next": next_, "cursor": text})

    async def _told(self, found: Sequence[Found], narrowed: Narrowing) -> tuple[Document, Sequence[Sequence[Document]]]:
        """What the answer says beside its hits, which are made by then, and the hits of each."""
        told = await (self._telling.explained(found) if narrowed.explain else self._telling.told(found))
        return self._telling.head(found, took_ms=self._watch.elapsed_ms()), told

    async def _compared(self, questions: Sequence[Question], narrowed: Narrowing) -> tuple[F32, Search]:
        """The vector [1, dim] that several questions are together, and how it is asked."""
        first = questions[0]
        without = frozenset[int]().union(*(each.windows for each in questions))
        asked = Search(first.route, narrowed.depth, narrowed.among, narrowed.by, without)
        if len(questions) == 1 and first.weight > 0:
            return first.vector, asked
        parts = [Part(each.route, each.vector, each.weight) for each in questions]
        vector, blend = await run_in_threadpool(self.generation.blend, parts)
        return vector, replace(asked, blend=blend)

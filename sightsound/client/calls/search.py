"""Searches: by words, by a clip, by any query, by many."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from sightsound.asking import EVERYTHING, Blend, Fields, Only, Query, Stored
from sightsound.choices import Asked
from sightsound.client.addresses import of_gallery
from sightsound.client.call import Call, Files, Pages, Told, ask, ask_with, get, part
from sightsound.search_answers import BatchAnswer, Hit, SearchAnswer


def search(
    gallery: str,
    *,
    text: str,
    to: Asked = "video",
    k: int = 10,
    offset: int = 0,
    only: Only = EVERYTHING,
    explain: bool = False,
    pages: bool = False,
    moments: int = 0,
) -> Call[SearchAnswer]:
    """The windows nearest to some words, by their sound, their pictures or both; `explain` says of each hit why.

    With `pages` the answer has a `cursor`, which `search_on` goes on by. Where a hit is a clip, so many `moments` are
    told of it: its next best windows, of which none overlaps a better one.
    """
    query: Fields = {"text": text, "to": to, "k": str(k), **_beside(offset, explain, pages, moments), **only.fields()}
    return get(SearchAnswer, _search(gallery), query)


def search_clip(
    gallery: str,
    path: Path | str,
    *,
    from_: Asked,
    to: Asked | None = None,
    queries: Sequence[Query] = (),
    weight: float = 1.0,
    k: int = 10,
    offset: int = 0,
    only: Only = EVERYTHING,
    explain: bool = False,
    pages: bool = False,
    moments: int = 0,
    told: Told | None = None,
) -> Call[SearchAnswer]:
    """The windows nearest to the sound or pictures of a clip; `to` is the other of the two by default.

    Further `queries` weigh beside the clip, which weighs `weight`. With `pages` the answer has a `cursor`, which
    `search_on` goes on by, without the clip.
    """
    form: Fields = {
        "from": from_,
        "k": str(k),
        **({"to": to} if to else {}),
        **_beside(offset, explain, pages, moments),
    }
    further = {"queries": json.dumps([each.body() for each in queries]), "weight": str(weight)} if queries else {}
    return ask_with(SearchAnswer, _search(gallery), {**form, **further, **only.fields()}, Files("file", [path], told))


def search_by(
    gallery: str,
    *queries: Query,
    like: Sequence[Stored] = (),
    unlike: Sequence[Stored] = (),
    route: str | None = None,
    from_: Asked | None = None,
    to: Asked | None = None,
    k: int = 10,
    offset: int = 0,
    only: Only = EVERYTHING,
    explain: bool = False,
    pages: bool = False,
    moments: int = 0,
) -> Call[SearchAnswer]:
    """The windows nearest to a query, or to several together, each by its weight, and to examples.

    `like` and `unlike` are clips by their ids or windows by their numbers. The route is named, or told by what of
    clips is asked with (`from_`) and compared with (`to`). With `pages` the answer has a `cursor`, which `search_on`
    goes on by.
    """
    asked = {**Blend(queries, like, unlike).body(), **_routed(route, from_, to), "k": k, **only.body()}
    return ask(SearchAnswer, _search(gallery), {**asked, **_told(offset, explain, pages, moments)})


def search_on(gallery: str, cursor: str, *, k: int = 10, explain: bool = False, moments: int = 0) -> Call[SearchAnswer]:
    """The hits after those that were told: by the `cursor` of an answer, which stands for all that was asked."""
    told = {"explain": explain, "moments": moments}
    return ask(SearchAnswer, _search(gallery), {"cursor": cursor, "k": k, **_said(told)})


def hits(
    gallery: str,
    *queries: Query,
    like: Sequence[Stored] = (),
    unlike: Sequence[Stored] = (),
    route: str | None = None,
    from_: Asked | None = None,
    to: Asked | None = None,
    only: Only = EVERYTHING,
    explain: bool = False,
    at_once: int = 100,
) -> Pages[Hit]:
    """The hits of `search_by`, the best first, up to the 1000th; so many are fetched at once as they are read."""
    asked = {**Blend(queries, like, unlike).body(), **_routed(route, from_, to), **only.body(), "explain": explain}
    first = ask(SearchAnswer, _search(gallery), {**asked, "k": at_once, "pages": True})
    return _pages(gallery, first, k=at_once, explain=explain)


def hits_of_clip(
    gallery: str,
    path: Path | str,
    *,
    from_: Asked,
    to: Asked | None = None,
    queries: Sequence[Query] = (),
    weight: float = 1.0,
    only: Only = EVERYTHING,
    explain: bool = False,
    at_once: int = 100,
) -> Pages[Hit]:
    """The hits of `search_clip`, the best first, up to the 1000th; the clip is sent once."""
    first = search_clip(
        gallery,
        path,
        from_=from_,
        to=to,
        queries=queries,
        weight=weight,
        k=at_once,
        only=only,
        explain=explain,
        pages=True,
    )
    return _pages(gallery, first, k=at_once, explain=explain)


def search_batch(
    gallery: str,
    queries: Sequence[Query | Blend],
    *,
    route: str | None = None,
    from_: Asked | None = None,
    to: Asked | None = None,
    k: int = 10,
    only: Only = EVERYTHING,
    explain: bool = False,
) -> Call[BatchAnswer]:
    """The windows nearest to each of up to 100 queries, of whatever kind, for itself."""
    bodies = [(each if isinstance(each, Blend) else Blend((each,))).body() for each in queries]
    asked = {**_routed(route, from_, to), "k": k, "queries": bodies, **only.body()}
    return ask(BatchAnswer, f"{_search(gallery)}/batch", {**asked, **({"explain": True} if explain else {})})


def _search(gallery: str) -> str:
    return f"{of_gallery(gallery)}/search"


def _routed(route: str | None, from_: Asked | None, to: Asked | None) -> dict[str, Any]:
    told = {"route": route, "from": from_, "to": to}
    return {name: each for name, each in told.items() if each}


def _pages(gallery: str, first: Call[SearchAnswer], *, k: int, explain: bool) -> Pages[Hit]:
    def page(cursor: str | None) -> Call[tuple[Sequence[Hit], str | None]]:
        found = first if cursor is None else search_on(gallery, cursor, k=k, explain=explain)
        return part(found, lambda page: (page.hits, page.cursor))

    return Pages(page)


def _beside(offset: int, explain: bool, pages: bool, moments: int) -> Mapping[str, str]:
    return {name: str(each).lower() for name, each in _told(offset, explain, pages, moments).items()}


def _told(offset: int, explain: bool, pages: bool, moments: int) -> Mapping[str, int]:
    return _said({"offset": offset, "explain": explain, "pages": pages, "moments": moments})


def _said(told: Mapping[str, int]) -> Mapping[str, int]:
    """What is not left to the service."""
    return {name: each for name, each in told.items() if each}

"""Searches: by words, by a clip, by any query, by many."""

import json
from collections.abc import Callable, Mapping, Sequence
from functools import partial
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
    told = _told(offset=offset, explain=explain, pages=pages, moments=moments)
    return get(SearchAnswer, _search(gallery), {"text": text, "to": to, **_fields({"k": k, **told}), **only.fields()})


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
    how = {"k": k, **_told(offset=offset, explain=explain, pages=pages, moments=moments)}
    form: Fields = {**_routed(None, from_, to), **_fields(how), **only.fields()}
    further = {"queries": json.dumps([each.body() for each in queries]), "weight": str(weight)} if queries else {}
    return ask_with(SearchAnswer, _search(gallery), {**form, **further}, Files("file", [path], told))


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
    told = _told(offset=offset, explain=explain, pages=pages, moments=moments)
    return ask(SearchAnswer, _search(gallery), {**asked, **told})


def search_on(gallery: str, cursor: str, *, k: int = 10, explain: bool = False, moments: int = 0) -> Call[SearchAnswer]:
    """The hits after those that were told: by the `cursor` of an answer, which stands for all that was asked."""
    return ask(SearchAnswer, _search(gallery), {"cursor": cursor, "k": k, **_told(explain=explain, moments=moments)})


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
    moments: int = 0,
    at_once: int = 100,
) -> Pages[Hit]:
    """The hits of `search_by`, the best first, up to the 1000th; so many are fetched at once as they are read."""
    asked = {**Blend(queries, like, unlike).body(), **_routed(route, from_, to), "k": at_once, **only.body()}
    told = _told(explain=explain, pages=True, moments=moments)
    first = ask(SearchAnswer, _search(gallery), {**asked, **told})
    return _pages(first, partial(search_on, gallery, k=at_once, explain=explain, moments=moments))


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
    moments: int = 0,
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
        moments=moments,
    )
    return _pages(first, partial(search_on, gallery, k=at_once, explain=explain, moments=moments))


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
    return ask(BatchAnswer, f"{_search(gallery)}/batch", {**asked, **_told(explain=explain)})


def _search(gallery: str) -> str:
    return f"{of_gallery(gallery)}/search"


def _routed(route: str | None, from_: Asked | None, to: Asked | None) -> dict[str, Any]:
    told = {"route": route, "from": from_, "to": to}
    return {name: each for name, each in told.items() if each}


def _pages(first: Call[SearchAnswer], on: Callable[[str], Call[SearchAnswer]]) -> Pages[Hit]:
    """The first page, and those that follow by a cursor."""

    def page(cursor: str | None) -> Call[tuple[Sequence[Hit], str | None]]:
        return part(first if cursor is None else on(cursor), lambda found: (found.hits, found.cursor))

    return Pages(page)


def _told(*, offset: int = 0, explain: bool = False, pages: bool = False, moments: int = 0) -> Mapping[str, int]:
    """What is not left to the service."""
    told = {"offset": offset, "explain": explain, "pages": pages, "moments": moments}
    return {name: each for name, each in told.items() if each}


def _fields(told: Mapping[str, int]) -> Fields:
    """As parameters of an address, or fields of a form."""
    return {name: str(each).lower() for name, each in told.items()}

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
) -> Call[SearchAnswer]:
    """The windows nearest to some words, by their sound, their pictures or both; `explain` says of each hit why."""
    query: Fields = {"text": text, "to": to, "k": str(k), **_beside(offset, explain), **only.fields()}
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
    told: Told | None = None,
) -> Call[SearchAnswer]:
    """The windows nearest to the sound or pictures of a clip; `to` is the other of the two by default.

    Further `queries` weigh beside the clip, which weighs `weight`.
    """
    form: Fields = {"from": from_, "k": str(k), **({"to": to} if to else {}), **_beside(offset, explain)}
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
) -> Call[SearchAnswer]:
    """The windows nearest to a query, or to several together, each by its weight, and to examples.

    `like` and `unlike` are clips by their ids or windows by their numbers. The route is named, or told by what of
    clips is asked with (`from_`) and compared with (`to`).
    """
    asked = {**Blend(queries, like, unlike).body(), **_routed(route, from_, to), "k": k, **only.body()}
    beside = {name: each for name, each in {"offset": offset, "explain": explain}.items() if each}
    return ask(SearchAnswer, _search(gallery), {**asked, **beside})


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

    def page(cursor: str | None) -> Call[tuple[Sequence[Hit], str | None]]:
        offset = int(cursor or 0)
        found = ask(SearchAnswer, _search(gallery), {**asked, "k": min(at_once, MOST_HITS - offset), "offset": offset})
        return part(found, lambda page: (page.hits, None if page.next is None else str(page.next)))

    return Pages(page)


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


MOST_HITS = 1000
"""No more of one search are told."""


def _search(gallery: str) -> str:
    return f"{of_gallery(gallery)}/search"


def _routed(route: str | None, from_: Asked | None, to: Asked | None) -> dict[str, Any]:
    told = {"route": route, "from": from_, "to": to}
    return {name: each for name, each in told.items() if each}


def _beside(offset: int, explain: bool) -> Mapping[str, str]:
    return {**({"offset": str(offset)} if offset else {}), **({"explain": "true"} if explain else {})}

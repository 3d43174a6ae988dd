"""Clips that a job gets at by path or URL: checked when they are asked for, fetched when it is their turn."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from models.errors import FetchRefused, QueryInvalid
from models.media.collection import Item
from service.incoming.fetching import Fetcher, name_of
from service.jobs.job_schemas import IngestItem

SECURE = "https://"
"""How the path of an item begins that is a URL."""


@dataclass(frozen=True, slots=True)
class Reach:
    """What jobs may get at: the folder of this machine, and what the fetcher may fetch; None: nothing."""

    root: Path | None = None
    fetcher: Fetcher | None = None


def wanted(asked: Iterable[IngestItem], may: Reach) -> list[Item]:
    """The items of a request; raises QueryInvalid, FetchRefused, naming the first that may not be."""
    return [_of_url(each, each.url, may) if each.url is not None else _of_path(each, may) for each in asked]


def at_hand(item: Item, may: Reach, folder: Path) -> Item:
    """The item with its file on this machine, fetched into the folder where it is elsewhere.

    Raises FetchRefused, FetchFailed, TooLarge.
    """
    if not is_url(item):
        return item
    if may.fetcher is None:
        raise FetchRefused("fetching by URL is off; `fetch_urls` turns it on")
    folder.mkdir(parents=True, exist_ok=True)
    return replace(item, path=str(may.fetcher.fetch(item.path, folder)))


def is_url(item: Item) -> bool:
    """Whether its file is to be fetched."""
    return item.path.startswith(SECURE)


def _of_url(asked: IngestItem, url: str, may: Reach) -> Item:
    if may.fetcher is None:
        raise FetchRefused("fetching by URL is off; `fetch_urls` turns it on")
    place = str(may.fetcher.checked(url))
    return Item(place, asked.name or name_of(url), asked.labels, dict(asked.metadata))


def _of_path(asked: IngestItem, may: Reach) -> Item:
    path = asked.path or ""
    if may.root is None:
        raise QueryInvalid("this service reads no files of its own machine: its setting ingest_root is not set")
    if path.startswith(SECURE) or "\0" in path or not (may.root / path).resolve().is_relative_to(may.root.resolve()):
        raise QueryInvalid(f"items: found the path {path[:80]!r}, expected a file below the setting ingest_root")
    return Item(path, asked.name or path, asked.labels, dict(asked.metadata))

"""Clips put into a gallery, a few a step; the same bytes are the same clip, so that no step can do harm twice."""

import shutil
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

from index.gallery import Gallery
from index.generations import Generation
from models.errors import (
    BackboneOverrun,
    DecodeOverrun,
    FetchFailed,
    FetchRefused,
    InvalidInput,
    SightsoundError,
    TooLarge,
)
from models.features.extract import ClipFeatures
from models.media.collection import Item, listed
from models.types import Window
from service.encoding.knowing import known
from service.jobs import items, reaching
from service.jobs.items import ItemList
from service.jobs.job_schemas import ItemError
from service.jobs.pulse import Pulse
from service.jobs.reaching import Reach
from service.jobs.work import Workshop
from service.schemas import Document

STEP = 4
"""Clips a step: few enough to lose little by a crash, enough to decode one while another is looked at."""
UPLOADS, FETCHED = "uploads", "fetched"
Outcome = Literal["added", "known"]


class Ingest:
    """The clips of a folder, a csv or an upload, and what becomes of each."""

    def __init__(self, workshop: Workshop, gallery: str, request: Document, *, folder: Path) -> None:
        self._gallery: Gallery = workshop.galleries.get(gallery)
        self._workshop, self._request, self._folder = workshop, request, folder
        self._items: ItemList | None = None

    def plan(self) -> Document:
        """The list of clips, kept in the job's folder."""
        if (source := self._request["source"]) is not None:
            found = listed(items.checked_source(source, self._workshop.ingest_root))
            count = len(items.write(found, self._folder))
        else:
            count = len(self._list)
        return {"items": count, "steps": -(-count // STEP)}

    def do(self, number: int, plan: Document, pulse: Pulse) -> Document:
        """A few clips: those whose bytes are known are done at once, the others decoded, embedded and stored."""
        counts: Counter[str] = Counter()
        errors: list[Document] = []
        try:
            for item, outcome in self._outcomes(self._list.read(STEP * number, STEP), pulse):
                counts["failed" if isinstance(outcome, Exception) else outcome] += 1
                if isinstance(outcome, Exception):
                    errors.append(_error(item, outcome).model_dump())
                pulse.did()
        finally:
            shutil.rmtree(self._folder / FETCHED, ignore_errors=True)
        return {"counts": dict(counts), "errors": errors}

    def finish(self, plan: Document, counts: Document, found: Document) -> Document:
        """How many clips were added, known before, or failed; uploads that are stored now are let go."""
        if not counts.get("failed"):
            shutil.rmtree(self._folder, ignore_errors=True)
        return {each: counts.get(each, 0) for each in ("added", "known", "failed")}

    @property
    def _list(self) -> ItemList:
        if self._items is None:
            self._items = ItemList(self._folder / items.LIST)
        return self._items

    def _outcomes(self, some: list[Item], pulse: Pulse) -> Iterator[tuple[Item, Outcome | Exception]]:
        fresh = []
        for item, outcome in self._at_hand(some, pulse):
            if outcome is not None:
                yield item, outcome
            elif (found := self._found(item)) is None:
                fresh.append(item)
            else:
                yield item, found
        paths, active = [self._root / each.path for each in fresh], self._gallery.active
        extractor = self._workshop.encoders.extractor(active.bundle.manifest)

        def watch(file: int, window: Window) -> None:
            pulse.reached(fresh[file].name, window.end_s)

        for item, features in zip(fresh, extractor.extract_all(paths, watch=watch), strict=True):
            pulse.at(item.name)
            yield item, features if isinstance(features, SightsoundError) else self._added(item, features, active)

    def _at_hand(self, some: list[Item], pulse: Pulse) -> Iterator[tuple[Item, Exception | None]]:
        """The items with their files on this machine, or why they cannot be had."""
        may = Reach(self._workshop.ingest_root, self._workshop.fetcher)
        for item in some:
            pulse.at(item.name)
            try:
                yield reaching.at_hand(item, may, self._folder / FETCHED), None
            except (FetchRefused, FetchFailed, TooLarge, OSError) as error:
                yield item, error

    def _found(self, item: Item) -> Outcome | Exception | None:
        """What can be said of a clip without decoding it."""
        try:
            found = known(self._gallery, items.inside(item, *self._folders))
        except (InvalidInput, OSError) as error:
            return error
        return None if found is None else "known"

    def _added(self, item: Item, features: ClipFeatures, active: Generation) -> Outcome | Exception:
        labels = (*item.labels, *self._request["labels"])
        try:
            self._gallery.add(
                self._root / item.path,
                name=item.name,
                labels=labels,
                features=features,
                metadata=item.metadata,
                generation=active,
                extractor=self._workshop.encoders.extracting,
            )
        except (InvalidInput, TooLarge, DecodeOverrun, BackboneOverrun, OSError) as error:
            return error
        return "added"

    @property
    def _root(self) -> Path:
        """What paths of items are from."""
        return self._folders[0]

    @property
    def _folders(self) -> tuple[Path, ...]:
        """Where files of items may be."""
        if self._request["source"] is None and not self._request.get("items"):
            return (self._folder / UPLOADS,)
        root = self._workshop.ingest_root
        return (self._folder / FETCHED,) if root is None else (root, self._folder / FETCHED)


def _error(item: Item, error: Exception) -> ItemError:
    if isinstance(error, SightsoundError):
        return ItemError(item=item.name, code=error.code, detail=str(error))
    reason = error.strerror if isinstance(error, OSError) else None
    return ItemError(item=item.name, code="invalid-input", detail=f"the file cannot be read: {reason or error}")

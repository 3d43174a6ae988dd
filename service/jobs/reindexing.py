"""A gallery embedded anew, once: clips completed a few a step, vectors built beside, verified, switched."""

from collections.abc import Callable
from functools import cached_property
from pathlib import Path

from index.gallery import Gallery
from index.generations import Generation
from index.reindexing import Extract
from index.stepwise import Stepwise
from models.errors import SightsoundError, SpaceMismatch
from models.media.collection import Item
from models.types import Window
from service.encoding.extracting import Extracting
from service.jobs import items
from service.jobs.items import ItemList
from service.jobs.job_schemas import ItemError, ReindexRequest
from service.jobs.pulse import Pulse
from service.jobs.work import Workshop
from service.schemas import Document

STEP = 16
"""Clips a step whose features are extracted anew."""


class Reindex:
    """One gallery, and the bundle that it is to be embedded with; a worker after this one goes on with its generation.

    First come as many steps as there are clips to complete, then one that builds, then one that switches.
    """

    def __init__(self, workshop: Workshop, gallery: str, request: Document, *, folder: Path) -> None:
        self._gallery: Gallery = workshop.galleries.get(gallery)
        self._workshop, self._folder = workshop, folder
        self._request = ReindexRequest.model_validate(request)
        self._bundle = self._request.bundle or self._gallery.active.bundle.name
        self._fresh: Generation | None = None

    def plan(self) -> Document:
        """The bundle, opened with all that it names, the clips that lack its features, and what it is to follow."""
        self._gallery.check_active(self._request.expected)
        steps = self._stepwise
        # The encoders first: a gallery must not switch to a bundle that no query could be made for.
        self._workshop.encoders.text(steps.bundle.manifest)
        _ = self._extractor
        clips = len(items.write((Item(each, each) for each in steps.lacking()), self._folder))
        parts, windows = -(-clips // STEP), self._gallery.summary().windows * steps.tables
        told = {"bundle": steps.bundle.name, "sha256": steps.bundle.sha256, "follows": self._gallery.active.number}
        return {"items": clips + windows + 1, "steps": parts + 2, "parts": parts, "windows": windows, **told}

    def do(self, number: int, plan: Document, pulse: Pulse) -> Document:
        """Complete some clips, build, or switch; whatever a worker before this one did is not done again."""
        self._bundle = plan["bundle"]
        if self._stepwise.bundle.sha256 != plan["sha256"]:
            raise SpaceMismatch(f"the bundle {plan['bundle']!r} is another one than when the job began")
        if number < plan["parts"]:
            return self._complete(number, pulse)
        act = self._build if number == plan["parts"] else self._switch
        return self._undone_if_it_fails(lambda: act(plan, pulse))

    def finish(self, plan: Document, counts: Document, found: Document) -> Document:
        """The generation that answers now, and how many clips were read again for it."""
        now = self._gallery.summary()
        clips = {each: counts.get(each, 0) for each in ("completed", "failed")}
        return {"generation": now.generation, "bundle": now.bundle, "windows": now.windows, **clips}

    def _complete(self, number: int, pulse: Pulse) -> Document:
        errors: list[Document] = []
        some = ItemList(self._folder / items.LIST).read(STEP * number, STEP)
        for item in some:
            pulse.at(item.name)
            if (error := self._completed(item, pulse)) is not None:
                errors.append(ItemError(item=item.name, code=error.code, detail=str(error)).model_dump())
            pulse.did()
        return {"counts": {"completed": len(some) - len(errors), "failed": len(errors)}, "errors": errors}

    def _completed(self, item: Item, pulse: Pulse) -> SightsoundError | None:
        return self._stepwise.complete(item.path, self._extract_with(lambda at: pulse.reached(item.name, at.end_s)))

    def _build(self, plan: Document, pulse: Pulse) -> Document:
        pulse.at(f"building by {plan['bundle']}")
        if not self._stepwise.is_done:
            self._fresh = self._stepwise.build(pulse)
        return {"counts": {"embedded": plan["windows"]}, "errors": []}

    def _switch(self, plan: Document, pulse: Pulse) -> Document:
        pulse.at(f"switching to {plan['bundle']}")
        if not self._stepwise.is_done:
            rules = self._request.rules(self._workshop.kept)
            fresh = self._fresh or self._stepwise.build(pulse.uncounted)
            extract = self._extract_with(lambda _: pulse.beat())
            self._stepwise.settle(extract, rules)
            pulse.beat()
            self._stepwise.switch(fresh, expected=plan["follows"], rules=rules, extract=extract)
        return {"counts": {"switched": 1}, "errors": []}

    def _undone_if_it_fails(self, act: Callable[[], Document]) -> Document:
        try:
            return act()
        except SightsoundError:
            self._stepwise.forget()
            raise

    def _extract_with(self, done: Callable[[Window], None]) -> Extract:
        """What makes the features of a clip, and tells of every window, a sign of life."""
        return lambda path: self._extractor.extract(path, watch=lambda _, window: done(window))

    @cached_property
    def _stepwise(self) -> Stepwise:
        return self._gallery.stepwise(self._bundle, self._folder.name, self._request.biases)

    @cached_property
    def _extractor(self) -> Extracting:
        return self._workshop.encoders.extractor(self._stepwise.bundle.manifest)

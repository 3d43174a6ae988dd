"""Whether the service can answer: every part of it tried, for real and by as little as it takes."""

import asyncio
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from time import monotonic
from typing import Literal, TypeVar

import numpy as np
from fastapi.concurrency import run_in_threadpool

from index.gallery import Gallery
from models.errors import SightsoundError
from models.types import F32, Modality
from service.http.problem_schemas import Problem
from service.resources import Resources
from service.schemas import Frozen
from service.settings import Settings
from service.timing import Stopwatch

A = TypeVar("A")
FRESH_S, SHARE = 1.0, 0.1
"""How long a report is good for at least, and which part of the time may go into making them."""
BUSY_S = 2.0
"""How long a decoding process may leave a question open; then it is busy, which is no fault."""
LEAST_FREE_BYTES = 64 * 2**20
"""Of the disk of the data folder."""


class Health(Frozen):
    """That the service lives, or is ready."""

    status: Literal["alive", "ready"]


class Part(Frozen):
    """A part of the service as it was tried: what it took, and of one that failed, why."""

    name: str
    gallery: str | None = None
    state: Literal["ok", "failed"]
    took_ms: float
    detail: str | None = None


class Readiness(Frozen):
    """That the service is ready, and its parts, for those who may see them."""

    status: Literal["ready"] = "ready"
    parts: tuple[Part, ...] | None = None


class Unready(Problem):
    """That it is not."""

    parts: tuple[Part, ...] | None = None


@dataclass(frozen=True, slots=True)
class Report:
    """All parts, and why the service cannot answer, if so; without jobs or room on the disk it still can."""

    parts: tuple[Part, ...]
    faults: tuple[str, ...]


class Readying:
    """Tries the parts, however many ask: once at a time, and not again while the last report is fresh."""

    def __init__(self, resources: Resources, settings: Settings) -> None:
        self._resources, self._settings = resources, settings
        self._task: asyncio.Task[Report] | None = None
        self._stale_at_s = 0.0

    async def report(self) -> Report:
        """The last one, or a new one."""
        if self._task is None or (self._task.done() and monotonic() >= self._stale_at_s):
            self._task = asyncio.create_task(self._made())
        return await asyncio.shield(self._task)

    async def _made(self) -> Report:
        began_s = monotonic()
        try:
            return await run_in_threadpool(_Trial(self._resources, self._settings).report)
        finally:
            now_s = monotonic()
            self._stale_at_s = now_s + max(FRESH_S, (now_s - began_s) / SHARE)


class _Trial:
    """One time of trying everything."""

    def __init__(self, resources: Resources, settings: Settings) -> None:
        self._resources, self._settings = resources, settings
        self._parts: list[Part] = []
        self._faults: list[str] = []
        self._tried: set[str] = set()

    def report(self) -> Report:
        for name in self._try("catalog", self._resources.galleries.names) or ():
            self._try_gallery(name)
        self._try("decoder", lambda: self._resources.looking.rehearse(wait_s=BUSY_S))
        faults = tuple(self._faults)
        self._try("jobs", lambda: self._resources.board.listed(limit=1))
        self._try("disk", self._check_disk)
        return Report(tuple(self._parts), faults)

    def _try(self, name: str, work: Callable[[], A], *, gallery: str | None = None) -> A | None:
        watch, fault = Stopwatch(), None
        try:
            return work()
        except (SightsoundError, OSError) as error:
            fault = str(error)
            what = name if gallery is None else f"the gallery {gallery!r}"
            self._faults.append(f"{what} cannot answer: {fault}")
        finally:
            state: Literal["ok", "failed"] = "ok" if fault is None else "failed"
            took_ms = watch.elapsed_ms()
            self._parts.append(Part(name=name, gallery=gallery, state=state, took_ms=took_ms, detail=fault))
        return None

    def _try_gallery(self, name: str) -> None:
        gallery = self._try("gallery", lambda: self._opened(name), gallery=name)
        if gallery is None:
            return
        generation = gallery.active
        manifest = generation.bundle.manifest
        text = self._resources.encoders.text(manifest)
        self._try_once(f"text encoder {text.card.ref}", text.rehearse)
        for backbone in self._resources.encoders.backbones(manifest):
            self._try_once(f"backbone {backbone.card.ref}", backbone.rehearse)
        features: dict[Modality, F32] = {"text": text.encode([text.example])}
        features |= {sense: np.zeros(ref.width, np.float32) for sense, ref in manifest.backbones.items()}
        for route in generation.routes:
            search = partial(gallery.search, route, features, k=1, generation=generation)
            self._try(f"route {route}", search, gallery=name)

    def _opened(self, name: str) -> Gallery:
        gallery = self._resources.galleries.get(name)
        self._resources.encoders.text(gallery.active.bundle.manifest)
        self._resources.encoders.backbones(gallery.active.bundle.manifest)
        return gallery

    def _try_once(self, name: str, work: Callable[[], None]) -> None:
        """What several galleries share."""
        if name not in self._tried:
            self._tried.add(name)
            self._try(name, work)

    def _check_disk(self) -> None:
        free = shutil.disk_usage(self._settings.data).free
        if free < LEAST_FREE_BYTES:
            raise OSError(f"{free} bytes are left for the data folder, expected at least {LEAST_FREE_BYTES}")

"""All that shows an application from outside, put together."""

import shutil
from collections import Counter
from contextlib import ExitStack
from dataclasses import dataclass, field
from time import monotonic
from typing import Self

from fastapi import FastAPI

from service.incoming.spool import Spool
from service.jobs.job_schemas import Kind, State
from service.load.lanes import Lanes
from service.observing import logs
from service.observing.keeping import Kept
from service.observing.listener import listening
from service.observing.metrics import Metrics
from service.observing.recent import Recent
from service.observing.requests import Observing, Running, Sink
from service.observing.traces import Traces
from service.overview import parts
from service.overview.gathering import Gathering, of_holdings
from service.overview.holdings import Holding, holdings
from service.resources import Resources
from service.settings import Settings

HOLDINGS_FOR_S, JOBS_FOR_S = 10.0, 15.0
"""However many look, the catalog and the jobs are counted once in this time."""


@dataclass(frozen=True, eq=False)
class Instruments:
    """What an application is watched by, from when it starts until it ends."""

    metrics: Metrics
    recent: Recent
    running: Running
    holdings: Kept[tuple[Holding, ...]]
    jobs: Kept[Counter[tuple[Kind, State]]]
    traces: Traces | None = None
    address: str | None = None
    started_s: float = field(default_factory=monotonic)
    _closing: ExitStack = field(default_factory=ExitStack)

    @property
    def sinks(self) -> list[Sink]:
        """Who is told of each request."""
        return [self.metrics.note, self.recent.note, *([] if self.traces is None else [self.traces.note])]

    def __enter__(self) -> Self:
        if self.traces is not None:
            self._closing.callback(self.traces.close)
        if self.address is not None:
            self._closing.enter_context(listening(self.address, self.metrics.registry))
        return self

    def __exit__(self, *failure: object) -> None:
        self._closing.close()


def install(app: FastAPI, settings: Settings, resources: Resources) -> None:
    """Watch an application from now on; to be called when all other middleware is in its place, and its state set."""
    running = Running()
    instruments = Instruments(
        metrics=Metrics(running, version=app.version),
        recent=Recent(),
        running=running,
        holdings=Kept(lambda: holdings(resources.galleries), for_s=HOLDINGS_FOR_S),
        jobs=Kept(resources.board.counted, for_s=JOBS_FOR_S),
        traces=_traces(settings, app.version),
        address=settings.metrics_address,
    )
    app.state.instruments = instruments
    instruments.metrics.registry.register(_gathering(instruments, resources, app, settings))
    sinks = [*instruments.sinks, logs.note if settings.log_requests else logs.note_odd]
    app.add_middleware(Observing, running=running, sinks=sinks)


def _traces(settings: Settings, version: str) -> Traces | None:
    if settings.traces_url is None:
        return None
    return Traces(settings.traces_url, share=settings.traces_share, version=version)


def _gathering(instruments: Instruments, resources: Resources, app: FastAPI, settings: Settings) -> Gathering:
    lanes, spool = app.state.lanes, app.state.spool
    assert isinstance(lanes, Lanes)
    assert isinstance(spool, Spool)
    return Gathering(
        {
            "galleries": lambda: of_holdings(instruments.holdings.get()),
            "jobs": lambda: parts.of_jobs(instruments.jobs.get()),
            "lanes": lambda: parts.of_lanes(lanes),
            "batches": lambda: parts.of_batches(resources.batching.sizes),
            "spool": lambda: parts.of_spool(spool),
            "disk": lambda: parts.of_disk(shutil.disk_usage(settings.data).free),
            "clips": lambda: parts.of_clips(resources.encoders.outcomes, resources.encoders.recollection),
            "words": lambda: parts.of_words(resources.questions.counts),
            "probe": lambda: parts.of_probe(resources.probe),
        }
    )

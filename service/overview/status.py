"""How the service does, for people who look now."""

import shutil
from collections import Counter, defaultdict
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from time import monotonic

from index.vectors.kinds import EXACT
from models.cores import cores
from service.incoming.spool import Spool
from service.jobs.job_schemas import Kind, State
from service.load.lanes import Lane, Lanes
from service.observing.probe import Reading
from service.observing.recent import Latency
from service.overview import status_schemas as shapes
from service.overview.holdings import Holding, RouteHolding
from service.overview.instruments import Instruments
from service.resources import Resources
from service.settings import Settings

Readings = Mapping[tuple[str, str], Reading]


def status(
    instruments: Instruments, resources: Resources, *, settings: Settings, lanes: Lanes, spool: Spool, version: str
) -> shapes.Status:
    """Everything in one; what the catalog and the jobs say may be seconds old. Raises Unavailable."""
    uptime_s, recent, known = monotonic() - instruments.started_s, instruments.recent, resources.encoders.recollection
    readings = {(each.gallery, each.route): each for each in resources.probe.readings()}
    return shapes.Status(
        version=version,
        started_at=datetime.now(UTC) - timedelta(seconds=uptime_s),
        uptime_s=round(uptime_s, 3),
        in_progress=instruments.running.count,
        galleries=tuple(_gallery(each, readings) for each in instruments.holdings.get()),
        jobs=_jobs(instruments.jobs.get()),
        lanes={name: _lane(each) for name, each in lanes.by_name.items()},
        batches=dict(sorted(dict(resources.batching.sizes).items())),
        stages=_latencies(recent.stages()),
        routes=_latencies(recent.routes()),
        errors=recent.errors(),
        decodes=resources.encoders.outcomes.read(),
        caches={
            "text_vectors": shapes.CacheNow(found=resources.questions.counts.read()),
            "known_features": shapes.CacheNow(found=known.counts.read()),
        },
        spool=shapes.RoomNow(taken_bytes=spool.taken_bytes, limit_bytes=spool.limit_bytes),
        known_features=shapes.RoomNow(taken_bytes=known.kept_bytes, limit_bytes=settings.remembered_bytes),
        data_free_bytes=shutil.disk_usage(settings.data).free,
        device=shapes.DeviceNow(name=settings.device, cores=cores()),
    )


def _gallery(found: Holding, readings: Readings) -> shapes.GalleryNow:
    return shapes.GalleryNow(
        name=found.gallery,
        bundle=found.bundle,
        generation=found.generation,
        clips=found.clips,
        windows=found.windows,
        routes=tuple(_route(each, readings.get((found.gallery, each.route))) for each in found.routes),
    )


def _route(found: RouteHolding, reading: Reading | None) -> shapes.RouteNow:
    return shapes.RouteNow(
        route=found.route,
        kind=found.kind,
        vectors=found.vectors,
        size_bytes=found.size_bytes,
        built_recall=found.built_recall,
        recall=_recall(found, reading),
    )


def _recall(found: RouteHolding, reading: Reading | None) -> shapes.RecallNow | None:
    if found.kind in EXACT:
        return shapes.RecallNow(value=1.0, samples=0, age_s=None)
    if reading is None:
        return None
    return shapes.RecallNow(value=reading.recall, samples=reading.samples, age_s=round(reading.age_s, 3))


def _jobs(found: Counter[tuple[Kind, State]]) -> dict[Kind, dict[State, int]]:
    by_kind: dict[Kind, dict[State, int]] = defaultdict(dict)
    for (kind, state), count in sorted(found.items()):
        by_kind[kind][state] = count
    return dict(by_kind)


def _lane(found: Lane) -> shapes.LaneNow:
    return shapes.LaneNow(
        running=found.running,
        at_once=found.at_once,
        waiting=found.waiting,
        most_waiting=found.most_waiting,
        taken=found.taken,
        refused=found.refused,
    )


def _latencies(found: Mapping[str, Latency]) -> dict[str, shapes.LatencyNow]:
    return {
        name: shapes.LatencyNow(count=each.count, p50_ms=each.p50_ms, p90_ms=each.p90_ms, p99_ms=each.p99_ms)
        for name, each in found.items()
    }

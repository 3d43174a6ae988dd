"""What is counted and timed as requests are answered, for Prometheus."""

from dataclasses import dataclass
from functools import partial

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, disable_created_metrics
from prometheus_client.exposition import choose_encoder
from prometheus_client.gc_collector import GCCollector
from prometheus_client.platform_collector import PlatformCollector
from prometheus_client.process_collector import ProcessCollector

from service.observing.requests import Running, Seen
from service.observing.stages import STAGES

REQUEST_BUCKETS_S = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)
STAGE_BUCKETS_S = (0.0001, 0.00025, 0.0005, *REQUEST_BUCKETS_S)
NS = 1e-9


@dataclass(frozen=True, slots=True)
class _Bound:
    """The series that one kind of answer belongs to: to look them up by their labels takes longer than to count."""

    answered: Counter
    duration: Histogram
    received: Counter
    sent: Counter


class Metrics:
    """One application's metrics, in a registry of their own.

    Labels are templates of routes, methods that HTTP knows, and what we named ourselves, never what a caller wrote:
    so the number of series is bounded.
    """

    def __init__(self, running: Running, *, version: str) -> None:
        disable_created_metrics()  # type: ignore[no-untyped-call]  # a series more for each that nobody asks for
        self.registry = CollectorRegistry()
        new = partial(Counter, registry=self.registry)
        timed = partial(Histogram, registry=self.registry)
        self._answered = new(
            "sightsound_http_requests_total", "Requests that were answered.", ["method", "route", "status"]
        )
        self._duration = timed(
            "sightsound_http_request_seconds",
            "From a request's head to the last byte of its answer.",
            ["method", "route"],
            buckets=REQUEST_BUCKETS_S,
        )
        self._received = new("sightsound_http_received_bytes_total", "Bodies that were read.", ["route"])
        self._sent = new("sightsound_http_sent_bytes_total", "Bodies that were sent.", ["route"])
        self._problems = new("sightsound_problems_total", "Refusals and failures, by kind.", ["code"])
        stages = timed("sightsound_stage_seconds", "What requests wait for.", ["stage"], buckets=STAGE_BUCKETS_S)
        self._stages = {each: stages.labels(each) for each in STAGES}
        self._bound: dict[tuple[str, str, int], _Bound] = {}
        self._gauges(running, version)

    def note(self, seen: Seen) -> None:
        """Count a request."""
        key = seen.method, seen.route, seen.status
        bound = self._bound.get(key) or self._bind(key)
        bound.answered.inc()
        bound.duration.observe(seen.took_ns * NS)
        if seen.received_bytes:
            bound.received.inc(seen.received_bytes)
        bound.sent.inc(seen.sent_bytes)
        for spent in seen.timeline:
            self._stages[spent.stage].observe(spent.took_ns * NS)
        if seen.problem is not None:
            self._problems.labels(seen.problem).inc()

    def exposition(self, accept: str) -> tuple[bytes, str]:
        """All of them in the format that an Accept header asks for, and its media type."""
        encode, media_type = choose_encoder(accept)
        return encode(self.registry), media_type

    def _bind(self, key: tuple[str, str, int]) -> _Bound:
        method, route, status = key
        bound = _Bound(
            answered=self._answered.labels(method, route, str(status)),
            duration=self._duration.labels(method, route),
            received=self._received.labels(route),
            sent=self._sent.labels(route),
        )
        self._bound[key] = bound
        return bound

    def _gauges(self, running: Running, version: str) -> None:
        in_progress = Gauge("sightsound_http_requests_in_progress", "Requests being answered.", registry=self.registry)
        in_progress.set_function(lambda: running.count)
        Gauge("sightsound_build_info", "1.", ["version"], registry=self.registry).labels(version).set(1)
        for kind in (ProcessCollector, PlatformCollector, GCCollector):
            kind(registry=self.registry)

"""Requests and their stages as spans, sent to a collector by OTLP over HTTP."""

from time import perf_counter_ns, time_ns
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from models.errors import DependencyMissing, SettingsInvalid
from service.observing.requests import Seen

if TYPE_CHECKING:  # an extra, loaded only where a collector is named
    from opentelemetry.context import Context
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.trace import Span

TIMEOUT_S = 5.0
CARRIED = frozenset({b"traceparent", b"tracestate"})


class Traces:
    """Spans of requests, made when they have ended and sent in the background; close it to send the last.

    A trace that a caller began (W3C traceparent) is gone on with, and kept if they keep it; of the others a share is.
    Attributes are what `Seen` has but for headers: no words and no file names.

    Raises:
        DependencyMissing: OpenTelemetry is not installed.
        SettingsInvalid: the address is none of HTTP.
    """

    def __init__(self, url: str, *, share: float, version: str) -> None:
        if urlsplit(url).scheme not in ("http", "https"):
            raise SettingsInvalid(
                "traces_url is no address of HTTP, expected one such as http://127.0.0.1:4318/v1/traces"
            )
        self._provider = _provider(url, share, version)
        self._tracer = self._provider.get_tracer("sightsound", version)

    def note(self, seen: Seen) -> None:
        """A span of the request, and one below it of each of its stages."""
        from opentelemetry.trace import SpanKind, Status, StatusCode, set_span_in_context

        offset_ns = time_ns() - perf_counter_ns()
        span = self._tracer.start_span(
            f"{seen.method} {seen.route}",
            context=_continued(seen),
            kind=SpanKind.SERVER,
            start_time=seen.start_ns + offset_ns,
        )
        if span.is_recording():
            span.set_attributes(_attributes(seen))
            if seen.status >= 500:
                span.set_status(Status(StatusCode.ERROR))
            self._stages(seen, set_span_in_context(span), offset_ns)
        span.end(seen.start_ns + seen.took_ns + offset_ns)

    def close(self) -> None:
        """Send what is left, and end."""
        self._provider.shutdown()

    def _stages(self, seen: Seen, below: "Context", offset_ns: int) -> None:
        for each in seen.timeline:
            start_ns = each.start_ns + offset_ns
            stage: Span = self._tracer.start_span(each.stage, context=below, start_time=start_ns)
            stage.end(start_ns + each.took_ns)


def _provider(url: str, share: float, version: str) -> "TracerProvider":
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.resources import Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor
        from opentelemetry.sdk.trace.sampling import ParentBased, TraceIdRatioBased
    except ModuleNotFoundError as error:
        raise DependencyMissing(
            "traces_url is set and OpenTelemetry is not installed; pip install 'sightsound[traces]' brings it"
        ) from error
    provider = TracerProvider(
        sampler=ParentBased(TraceIdRatioBased(share)),
        resource=Resource.create({"service.name": "sightsound", "service.version": version}),
        shutdown_on_exit=False,
    )
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(endpoint=url, timeout=TIMEOUT_S)))
    return provider


def _continued(seen: Seen) -> "Context":
    """The caller's trace, if the request is of one."""
    from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

    carried = {name.decode(): value.decode("latin-1") for name, value in seen.headers if name in CARRIED}
    return TraceContextTextMapPropagator().extract(carried)


def _attributes(seen: Seen) -> dict[str, str | int]:
    """By OpenTelemetry's conventions for HTTP, where they have a name."""
    found: dict[str, str | int] = {
        "http.request.method": seen.method,
        "http.route": seen.route,
        "http.response.status_code": seen.status,
        "http.request.body.size": seen.received_bytes,
        "http.response.body.size": seen.sent_bytes,
        "sightsound.request_id": seen.request_id,
    }
    if seen.problem is not None:
        found["error.type"] = seen.problem
    return found

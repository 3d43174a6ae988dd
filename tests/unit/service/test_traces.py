"""Spans as a collector receives them."""

import gzip
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span
from starlette.testclient import TestClient

from models.errors import DependencyMissing, SettingsInvalid
from service.app import create_app
from service.observing.traces import Traces
from service.settings import Settings
from tests.unit.service.asking import OWN, SEARCH, upload

TRACE, PARENT = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"


@contextmanager
def collector() -> Iterator[tuple[str, list[Span]]]:
    """A collector's address, and the spans that it has received."""
    spans: list[Span] = []

    class Receiving(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            received = ExportTraceServiceRequest.FromString(_plain(body, self.headers.get("content-encoding")))
            spans.extend(span for each in received.resource_spans for scope in each.scope_spans for span in scope.spans)
            self.send_response(200)
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Says nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Receiving)
    thread = Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/v1/traces", spans
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _plain(body: bytes, encoding: str | None) -> bytes:
    return gzip.decompress(body) if encoding == "gzip" else body


def _attributes(span: Span) -> dict[str, str | int]:
    return {each.key: each.value.string_value or each.value.int_value for each in span.attributes}


def _spans(library: Path, ask: Callable[[TestClient], object], *, share: float = 1.0) -> list[Span]:
    """What the collector has received of what is asked, when the service has ended."""
    with collector() as (url, spans):
        settings = Settings(data=library, job_workers=0, traces_url=url, traces_share=share)
        with TestClient(create_app(settings), OWN) as client:
            ask(client)
    return spans


def test_an_upload_search_is_a_span_with_its_stages_below(library: Path, clip: Path) -> None:
    def ask(client: TestClient) -> None:
        client.headers |= {"X-Request-Id": "mine"}
        assert upload(client, SEARCH, clip, from_="audio").status_code == 200

    spans = _spans(library, ask)
    (root,) = [each for each in spans if not each.parent_span_id]
    stages = [each for each in spans if each.parent_span_id == root.span_id]
    assert len(spans) == 1 + len(stages)
    assert (root.name, root.kind) == ("POST /v1/galleries/{gallery}/search", Span.SPAN_KIND_SERVER)
    assert [each.name for each in sorted(stages, key=lambda each: each.start_time_unix_nano)] == [
        "queue",
        "decode",
        "backbone",
        "head",
        "search",
        "join",
    ]
    for each in stages:
        assert each.trace_id == root.trace_id
        assert root.start_time_unix_nano <= each.start_time_unix_nano
        assert each.end_time_unix_nano <= root.end_time_unix_nano
    found = _attributes(root)
    assert found["http.response.status_code"] == 200
    assert found["sightsound.request_id"] == "mine"
    assert clip.name not in str(spans)


def test_a_callers_trace_is_gone_on_with(library: Path) -> None:
    carried = [f"00-{TRACE}-{PARENT}-01", f"00-{TRACE}-{PARENT}-00", "nonsense", ""]

    def ask(client: TestClient) -> None:
        for each in carried:
            client.get("/livez", headers={"traceparent": each})

    (span,) = _spans(library, ask, share=0.0)
    assert (span.trace_id.hex(), span.parent_span_id.hex()) == (TRACE, PARENT)


def test_words_are_not_in_spans_and_refusals_are(library: Path) -> None:
    def ask(client: TestClient) -> None:
        client.get(f"{SEARCH}?text=my+secret+illness")
        client.get("/v1/galleries/my-secret")

    spans = _spans(library, ask)
    assert "secret" not in str(spans)
    refused = next(each for each in spans if each.name == "GET /v1/galleries/{gallery}")
    assert _attributes(refused)["error.type"] == "gallery-not-found"


def test_a_collector_that_is_away_holds_up_nobody(library: Path) -> None:
    with collector() as (url, _):
        pass
    settings = Settings(data=library, job_workers=0, traces_url=url)
    with TestClient(create_app(settings), OWN) as client:
        assert client.get("/livez").status_code == 200


def test_an_address_that_is_none_is_refused(library: Path) -> None:
    with pytest.raises(SettingsInvalid, match="expected one such as http://"):
        Traces("collector:4318", share=1.0, version="1")


def test_without_the_setting_nothing_of_opentelemetry_is_loaded() -> None:
    script = (
        "import sys, service.app, service.overview.instruments, service.observing.traces\n"
        "assert not [name for name in sys.modules if name.startswith('opentelemetry.sdk')], sys.modules.keys()\n"
    )
    subprocess.run([sys.executable, "-c", script], check=True, timeout=60)


def test_without_the_extra_the_setting_is_refused_naming_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "opentelemetry.exporter.otlp.proto.http.trace_exporter", None)
    with pytest.raises(DependencyMissing, match=r"sightsound\[traces\]"):
        Traces("http://127.0.0.1:4318/v1/traces", share=1.0, version="1")

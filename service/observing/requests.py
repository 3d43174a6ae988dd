"""Each request: named, and as it was answered told to whoever counts, writes down or traces them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from time import perf_counter_ns

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.callers.templates import template_of
from service.observing import refusals, request_ids
from service.observing.stages import Timeline, begin

NO_ROUTE = "(none)"
"""In place of a route's template, where a request was refused before it had one, or none fits its address."""
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
OTHER_METHOD = "(other)"
NS_A_MS = 1e6
FAILED = 500
"""The status of a request whose handler failed before it answered; the server then answers with it."""
LEFT = 499
"""In place of a status, where whoever asked was gone before the answer began (as nginx writes it)."""


@dataclass(frozen=True, slots=True)
class Seen:
    """A request with its answer; nothing in it but `headers` was chosen freely by whoever asked.

    Args:
        route: the template of its address, such as `/v1/galleries/{gallery}/search`, or NO_ROUTE.
        start_ns: of `perf_counter_ns`, as the stages of `timeline`.
        thought_ns: from when it was there as a whole to the first of its answer: without slow senders and readers.
        received_bytes: of the body, as far as it was read.
        caller: the name of the key it came with, if any.
        problem: the code of the problem that it was answered with, if any.
        headers: as they came; they may hold secrets.
    """

    request_id: str
    method: str
    route: str
    status: int
    start_ns: int
    took_ns: int
    thought_ns: int
    received_bytes: int
    sent_bytes: int
    caller: str | None
    problem: str | None
    timeline: Timeline
    headers: Sequence[tuple[bytes, bytes]] = field(repr=False)


Sink = Callable[[Seen], None]


class Observing:
    """ASGI middleware that names each request, in its answer too, and tells the sinks of it once that has ended.

    `running` is how many are being answered. It stands outside of whatever may refuse a request, so as to see that.
    """

    def __init__(self, app: ASGIApp, running: "Running", sinks: Sequence[Sink]) -> None:
        self.app = app
        self._running, self._sinks = running, tuple(sinks)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self.app(scope, receive, send)
        passing = _Passing(scope, receive, send)
        self._running.count += 1
        try:
            await self.app(scope, passing.receive, passing.send)
        finally:
            self._running.count -= 1
            seen = passing.seen()
            for tell in self._sinks:
                tell(seen)


@dataclass
class Running:
    """How many requests are being answered now; changed by the server's loop alone."""

    count: int = 0


class _Passing:
    """What passes for one request, in both directions."""

    __slots__ = (
        *("_answered_ns", "_left", "_name", "_receive", "_received", "_scope"),
        *("_send", "_sent", "_start_ns", "_status", "_timeline", "_whole_ns"),
    )

    def __init__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self._scope, self._receive, self._send = scope, receive, send
        self._name = request_ids.begin(scope)
        self._status: int | None = None
        self._left, self._received, self._sent = False, 0, 0
        self._timeline = begin()
        self._start_ns = self._whole_ns = perf_counter_ns()
        self._answered_ns: int | None = None
        refusals.note(None)

    async def receive(self) -> Message:
        message = await self._receive()
        if body := message.get("body"):
            self._received += len(body)
            self._whole_ns = perf_counter_ns()
        self._left = self._left or message["type"] == "http.disconnect"
        return message

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self._status, self._answered_ns = message["status"], perf_counter_ns()
            message["headers"] = [*message.get("headers", ()), (request_ids.RAW, self._name.encode())]
        elif body := message.get("body"):
            self._sent += len(body)
        await self._send(message)

    def seen(self) -> Seen:
        scope, end_ns = self._scope, perf_counter_ns()
        method, caller = scope["method"], scope.get("state", {}).get("caller")
        return Seen(
            request_id=self._name,
            method=method if method in METHODS else OTHER_METHOD,
            route=_template(scope),
            status=self._status or (LEFT if self._left else FAILED),
            start_ns=self._start_ns,
            took_ns=end_ns - self._start_ns,
            thought_ns=(self._answered_ns or end_ns) - self._whole_ns,
            received_bytes=self._received,
            sent_bytes=self._sent,
            caller=getattr(caller, "name", None),
            problem=refusals.noted(),
            timeline=self._timeline,
            headers=scope["headers"],
        )


def _template(scope: Scope) -> str:
    """Of its route, or the place of a folder of files that it asked for one of."""
    return str(scope.get("root_path") or template_of(scope) or NO_ROUTE)

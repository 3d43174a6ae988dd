"""What is done with the scope `admin`, written down whatever comes of it."""

import logging
import time
from collections.abc import Mapping
from dataclasses import dataclass

from anyio import CapacityLimiter, to_thread
from fastapi import Request
from starlette.types import ASGIApp, Message, Receive, Send
from starlette.types import Scope as Connection

from index.auditing import Auditing
from index.catalog.audit import Deed
from index.metadata import Json
from models.errors import Unavailable
from service.access.rates import Rates
from service.callers.caller import Caller
from service.observing import request_ids

FAILED = 500
"""The status of what failed before it was answered; the server then answers with it."""
REFUSED, REFUSALS = 403, "100/hour"
"""How many refusals of one key have rows: whoever has any key could fill the catalog with them."""
LONGEST = 255
"""Of method and path: a path may be as long as a request's head, and the catalog's column is not."""

log = logging.getLogger(__name__)


def note(request: Request, detail: Mapping[str, Json]) -> None:
    """Say more of what this request does: names and numbers, never secrets or what people wrote."""
    request.scope["state"].setdefault("noted", {}).update(detail)


class Deeds:
    """The audit, as requests write it."""

    def __init__(self, auditing: Auditing) -> None:
        self._auditing = auditing
        self._one = CapacityLimiter(1)  # of its own: who searches takes no thread from it
        self._rates = Rates()

    async def answer(
        self, app: ASGIApp, scope: Connection, receive: Receive, *, send: Send, caller: Caller, address: str
    ) -> None:
        """Have a request answered, and what was done written before the answer begins, or once it has failed."""
        passing = _Passing(send, self, scope, caller, address)
        try:
            await app(scope, receive, passing.send)
        finally:
            await passing.write(FAILED)

    async def write(self, deed: Deed) -> None:
        """A line of the log, and a row of the catalog; where that fails, what was done is done all the same."""
        said = (deed.caller or "anybody", deed.action, deed.status)
        log.info("%s did %s, status %d", *said)
        if deed.status == REFUSED and (await self._rates.take(deed.caller, REFUSALS)).is_over:
            return
        try:
            await to_thread.run_sync(self._auditing.add, deed, limiter=self._one)
        except Unavailable as error:
            log.error("the audit could not be written that %s did %s, status %d: %s", *said, error)


@dataclass
class _Passing:
    """An answer on its way out, whose first message has the status."""

    onwards: Send
    deeds: Deeds
    scope: Connection
    caller: Caller
    address: str
    is_written: bool = False

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            await self.write(message["status"])
        await self.onwards(message)

    async def write(self, status: int) -> None:
        if self.is_written:
            return
        self.is_written = True
        detail: dict[str, Json] = {"address": self.address, **self.scope["state"].get("noted", {})}
        action = f"{self.scope['method']} {self.scope['path']}"[:LONGEST]
        request_id = request_ids.current() or ""
        await self.deeds.write(Deed(time.time(), self.caller.name, request_id, action, status, detail))

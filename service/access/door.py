"""Where every request is asked who makes it and whether they may, before anything of its body is read."""

import re
from dataclasses import dataclass
from functools import partial

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Send
from starlette.types import Scope as Connection

from index.catalog.keys import KeyRow
from models.errors import NotAllowed, RateLimited, SightsoundError, Unauthorized
from service.access.addresses import client_address, counted_as
from service.access.cookies import key_of
from service.access.deeds import Deeds
from service.access.keyring import Keyring
from service.access.rates import Rates, Turns
from service.callers.caller import ANYBODY, NOBODY, Caller, of_key
from service.callers.scopes import OF_ALL, READING, SCOPES
from service.callers.templates import Met, Templates
from service.http.fields import field
from service.http.problems import answer, refusal
from service.settings import Settings

SCHEME = "bearer"
CONTROL = re.compile("[\0-\x1f\x7f]")
"""No address has any; a router would let a line feed at the end pass, which the table does not know."""


@dataclass(frozen=True, slots=True)
class Guest:
    """A caller, by what their requests are counted, and how many they may make; None: as many as they like."""

    caller: Caller
    counted_by: str
    rate: str | None
    at_once: int | None
    row: KeyRow | None = None


UNCOUNTED = Guest(ANYBODY, "", None, None)
"""Who needs no key where nothing is set of rates: nobody counts what they ask."""
STRANGER = Guest(NOBODY, "", None, None)
"""Who has no key that counts, where what they ask for is open to all."""


class Door:
    """ASGI middleware: finds out who asks, counts their requests, and lets in who may, by the table of scopes.

    Who may not is answered 401, 403 or 429. What changes something with the scope `admin` is written down.
    """

    def __init__(self, app: ASGIApp, settings: Settings, keyring: Keyring, deeds: Deeds) -> None:
        self.app = app
        self._settings, self._keyring, self._deeds = settings, keyring, deeds
        self._rates, self._turns, self._templates = Rates(), Turns(), Templates(SCOPES)
        self._asks_for_keys = settings.asks_for_keys
        self._counts_addresses = settings.rate_limit is not None or settings.concurrency_limit is not None

    async def __call__(self, scope: Connection, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self.app(scope, receive, send)
        if CONTROL.search(scope["path"]):
            return await _nothing(scope, receive, send)
        met = self._templates.met(scope["method"], scope["path"])
        if met is not None:  # so that who is refused here is counted where they wanted to go
            scope.setdefault("state", {})["template"] = met.row.template
        if met is not None and met.row.scope is None:
            _say(scope, await self._perhaps(scope))
            return await self.app(scope, receive, send)
        try:
            guest = await self._guest(scope)
        except SightsoundError as error:
            return await _refuse(error, scope, receive, send)
        _say(scope, guest)
        await self._counted(guest, met, scope, receive=receive, send=send)
        if guest.row is not None:
            await self._keyring.used(guest.row)

    async def _perhaps(self, scope: Connection) -> Guest:
        """Who asks for what is open to all: with a key that counts they may be told more, and none is refused."""
        try:
            return await self._guest(scope)
        except SightsoundError:
            return STRANGER if self._asks_for_keys else UNCOUNTED

    async def _guest(self, scope: Connection) -> Guest:
        """Who asks; raises Unauthorized for a key that is missing or does not count, Unavailable."""
        settings = self._settings
        secret = None if settings.keys == "off" else bearer(scope)
        if secret is None and self._asks_for_keys:  # elsewhere, one that a browser still has does not get in the way
            secret = key_of(scope)
        if secret is not None:
            row = await self._keyring.row(secret)
            rate, at_once = row.grant.rate or settings.key_rate, row.grant.at_once or settings.key_at_once
            return Guest(of_key(row), f"key {row.name}", rate, at_once, row)
        if self._asks_for_keys:
            raise Unauthorized("found no key; expected the header Authorization: Bearer sightsound_…")
        if not self._counts_addresses:
            return UNCOUNTED
        address = client_address(scope, is_behind_proxy=settings.behind_tls_proxy)
        return Guest(ANYBODY, f"address {counted_as(address)}", settings.rate_limit, settings.concurrency_limit)

    async def _counted(self, guest: Guest, met: Met | None, scope: Connection, *, receive: Receive, send: Send) -> None:
        """Go on, unless this is one request too many."""
        if guest.rate is not None:
            standing = await self._rates.take(guest.counted_by, guest.rate)
            send = _with(standing.headers, send)
            if standing.is_over:
                return await _refuse(standing.refusal, scope, receive, send)
        if guest.at_once is None:
            return await self._answered(guest.caller, met, scope, receive=receive, send=send)
        try:
            with self._turns.one(guest.counted_by, at_once=guest.at_once):
                await self._answered(guest.caller, met, scope, receive=receive, send=send)
        except RateLimited as error:
            await _refuse(error, scope, receive, send)

    async def _answered(
        self, caller: Caller, met: Met | None, scope: Connection, *, receive: Receive, send: Send
    ) -> None:
        going_on = partial(self._allowed, caller, met)
        if met is None or not met.row.is_audited:
            return await going_on(scope, receive, send)
        address = client_address(scope, is_behind_proxy=self._settings.behind_tls_proxy)
        await self._deeds.answer(going_on, scope, receive, send=send, caller=caller, address=address)

    async def _allowed(self, caller: Caller, met: Met | None, scope: Connection, receive: Receive, send: Send) -> None:
        """The answer, if the caller may have it."""
        if met is None and not caller.may_all:
            return await _nothing(scope, receive, send)
        try:
            _check(caller, met)
        except NotAllowed as error:
            return await _refuse(error, scope, receive, send)
        await self.app(scope, receive, send)


def _check(caller: Caller, met: Met | None) -> None:
    """Refuse who lacks the scope of a route, or is not for its gallery; raises NotAllowed."""
    if met is None or met.row.scope is None:
        return
    caller.require(met.row.scope)
    if met.gallery is not None:
        caller.check(met.gallery)
    elif met.row.scope in OF_ALL:
        caller.check_all()


def bearer(scope: Connection) -> str | None:
    """The key that a request names, None where it has none; raises Unauthorized for an Authorization that is none."""
    if (found := field(scope, b"authorization")) is None:
        return None
    scheme, _, secret = found.partition(" ")
    if scheme.lower() != SCHEME or not secret.strip():
        raise Unauthorized("found an Authorization of another form; expected Authorization: Bearer sightsound_…")
    return secret.strip()


def _say(scope: Connection, guest: Guest) -> None:
    """Tell whoever answers who asks, and with which key."""
    scope.setdefault("state", {}).update(caller=guest.caller, key=guest.row)


def _with(headers: list[tuple[bytes, bytes]], send: Send) -> Send:
    """`send`, with these headers at the answer's."""

    async def sent(message: Message) -> None:
        if message["type"] == "http.response.start":
            message["headers"] = [*message.get("headers", ()), *headers]
        await send(message)

    return sent


async def _nothing(scope: Connection, receive: Receive, send: Send) -> None:
    path = scope["path"]
    await refusal(404, f"{scope['method']} is not answered at {path!r}", path)(scope, receive, send)


async def _refuse(error: SightsoundError, scope: Connection, receive: Receive, send: Send) -> None:
    """Answer with an error; a body that may follow is not read, so that the connection closes."""
    document = answer(error, scope["path"])
    if scope["method"] not in READING:
        MutableHeaders(raw=document.raw_headers)["Connection"] = "close"
    await document(scope, receive, send)

"""The keys that count, known without asking the catalog each time."""

import logging
import time
from hmac import compare_digest
from math import inf
from time import monotonic

from anyio import CapacityLimiter, Lock, sleep, to_thread

from index.catalog.keys import KeyRow
from index.keys import Keys, digest
from models.errors import Unauthorized, Unavailable

LIFE_S = 2.0
"""How long a key still counts here that another process has revoked."""
RETRY_S = 0.2
"""How long a key that is not known may wait for the catalog to be read again: one reading answers a flood of them."""
USE_S = 60.0
"""How often the last use of a key is written."""
HANDLE = 16
"""Characters of a digest by which its row is found; that it is the one is then told in constant time."""

log = logging.getLogger(__name__)


class Keyring:
    """The keys that count, as the catalog had them at most LIFE_S ago; used by the server's loop alone."""

    def __init__(self, keys: Keys) -> None:
        self._keys = keys
        self._rows: dict[str, KeyRow] = {}
        self._read_at = -inf
        self._written: dict[str, float] = {}
        # Of its own, so that who asks never waits for threads of those who search.
        self._turn, self._reading, self._writing = Lock(), CapacityLimiter(1), CapacityLimiter(1)

    async def row(self, secret: str) -> KeyRow:
        """The row of a key; raises Unauthorized for one that does not count, Unavailable where the catalog fails."""
        sought = digest(secret)
        now = monotonic()
        await self._read_since(now - LIFE_S)
        if (found := self._found(sought)) is None:
            await self._read_since(now)  # one that was made before it was sent counts, however shortly before
            found = self._found(sought)
        if found is None:
            raise Unauthorized("the key is none of this service, or was revoked, or has expired")
        return found

    async def used(self, row: KeyRow) -> None:
        """Note that a key was used; written to the catalog once in a while."""
        now = time.time()
        if now - max(row.used_at or 0.0, self._written.get(row.name, 0.0)) >= USE_S:
            self._written[row.name] = now
            try:
                await to_thread.run_sync(self._keys.use, row.name, now, limiter=self._writing)
            except Unavailable as error:
                log.warning("the last use of the key %r could not be written: %s", row.name, error)

    def _found(self, sought: str) -> KeyRow | None:
        row = self._rows.get(sought[:HANDLE])
        if row is None or not compare_digest(row.digest, sought):
            return None
        expires_at = row.grant.expires_at
        return row if expires_at is None or expires_at > time.time() else None

    async def _read_since(self, moment: float) -> None:
        """Read the catalog unless it was read since; of several who want it read, one does, RETRY_S after the last."""
        if self._read_at >= moment:
            return
        async with self._turn:
            if self._read_at >= moment:
                return
            await sleep(max(self._read_at + RETRY_S - monotonic(), 0.0))
            asked_at = monotonic()
            rows = await to_thread.run_sync(self._keys.counting, limiter=self._reading)
            self._rows = {row.digest[:HANDLE]: row for row in rows}
            self._read_at = asked_at

"""How many requests a caller may make in a while, and how many at once; counted in this process alone."""

import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from math import floor

from limits.aio.storage import MemoryStorage
from limits.aio.strategies import SlidingWindowCounterRateLimiter

from models.errors import RateLimited
from service.written import rate_of


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a caller is with a rate: `amount` requests in `window_s`, of which some are left; more after `reset_s`."""

    amount: int
    window_s: int
    left: int
    reset_s: int
    is_over: bool

    @property
    def headers(self) -> list[tuple[bytes, bytes]]:
        """RateLimit-Policy and RateLimit, as draft-ietf-httpapi-ratelimit-headers-10 has them."""
        return [
            (b"ratelimit-policy", f'"default";q={self.amount};w={self.window_s}'.encode()),
            (b"ratelimit", f'"default";r={self.left};t={self.reset_s}'.encode()),
        ]

    @property
    def refusal(self) -> RateLimited:
        """The error of a request too many."""
        detail = f"found more than {self.amount} requests in {self.window_s} s; the next is taken in {self.reset_s} s"
        return RateLimited(detail, retry_after_s=self.reset_s)


class Rates:
    """Requests of callers in a sliding window: those of the last one count less, the longer ago it ended."""

    def __init__(self) -> None:
        self._counts = MemoryStorage()
        self._windows = SlidingWindowCounterRateLimiter(self._counts)

    async def take(self, who: str, rate: str) -> Standing:
        """Count one more request of a caller, unless that is one too many."""
        item = rate_of(rate)
        is_over = not await self._windows.hit(item, who)
        window_s, amount = item.get_expiry(), item.amount
        before, _, now, _ = await self._counts.get_sliding_window(item.key_for(who), window_s)
        ends_s = window_s - time.time() % window_s
        left = amount - floor(before * ends_s / window_s + now)
        reset_s = _free_s(before, now, amount=amount, window_s=window_s, ends_s=ends_s) if is_over else ends_s
        return Standing(amount, window_s, max(left, 0), floor(reset_s) + 1, is_over)


class Turns:
    """Requests of callers that are being answered; changed by the server's loop alone."""

    def __init__(self) -> None:
        self._running: Counter[str] = Counter()

    @contextmanager
    def one(self, who: str, *, at_once: int) -> Iterator[None]:
        """As long as a request of a caller is answered; raises RateLimited where that is one too many."""
        if self._running[who] >= at_once:
            raise RateLimited(f"found more than {at_once} requests at once; ask again when one of them has ended")
        self._running[who] += 1
        try:
            yield
        finally:
            self._running[who] -= 1
            if not self._running[who]:
                del self._running[who]


def _free_s(before: int, now: int, *, amount: int, window_s: float, ends_s: float) -> float:
    """After how long there is room for one more; `before` requests count by the share that is left of this window."""
    return ends_s - (amount - now) * window_s / before if now < amount and before else ends_s

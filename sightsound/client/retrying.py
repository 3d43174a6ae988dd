"""When a call is tried again, and after how long."""

from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from random import random
from ssl import SSLCertVerificationError

import httpx

from sightsound.client.exchange import problem_of

LATER = (409, 429, 503)
"""With Retry-After, the service itself says that the same request may succeed."""
BETWEEN = (502, 503, 504)
"""Said by something between here and the service, such as a proxy while the service starts."""


@dataclass(frozen=True, slots=True)
class Retries:
    """How patient a client is.

    Args:
        attempts: how often a call is tried in all, 1 or more.
        first_wait_s: the longest wait before the second attempt; doubled for each further one.
        longest_wait_s: of one wait. A service that asks for more patience is not asked again.
    """

    attempts: int = 4
    first_wait_s: float = 0.5
    longest_wait_s: float = 20.0


class Attempts:
    """The attempts of one call, counted. Almost every call can be made twice: what changes something has its key.

    What cannot (`may_repeat`) is made again only where the service itself says that nothing was done.

    Waits grow exponentially with full jitter, so that clients that failed together do not come back together
    (Brooker, "Exponential Backoff And Jitter", AWS Architecture Blog, 2015).
    """

    def __init__(self, retries: Retries, *, may_repeat: bool = True) -> None:
        self._retries, self._may_repeat, self._made = retries, may_repeat, 1

    def after(self, answer: httpx.Response | None, error: httpx.TransportError | None = None) -> float | None:
        """Seconds to wait before the call is tried again, None where that is final; without an answer, none came."""
        is_lost = answer is None or (answer.status_code in BETWEEN and problem_of(answer) is None)
        if is_lost and not (self._may_repeat and _may_pass(error)):
            return None
        asked_s = _retry_after_s(answer) if answer is not None and answer.status_code in LATER else None
        return None if asked_s is None and not is_lost else self._wait_s(asked_s or 0.0)

    def _wait_s(self, least_s: float) -> float | None:
        if self._made >= self._retries.attempts or least_s > self._retries.longest_wait_s:
            return None
        longest_s = min(self._retries.first_wait_s * 2.0 ** (self._made - 1), self._retries.longest_wait_s)
        self._made += 1
        return max(least_s, longest_s * random())


def _may_pass(error: BaseException | None) -> bool:
    """Whether what kept an answer from coming may be otherwise soon; addresses and certificates stay as they are."""
    if isinstance(error, httpx.UnsupportedProtocol | SSLCertVerificationError):
        return False
    return error is None or _may_pass(error.__cause__ or error.__context__)


def _retry_after_s(answer: httpx.Response) -> float | None:
    """What Retry-After says, in seconds or as a date (RFC 9110, section 10.2.3); None where it says nothing."""
    said = answer.headers.get("retry-after", "")
    if said.isdecimal():
        return float(said)
    try:
        moment: datetime = parsedate_to_datetime(said)
    except (ValueError, TypeError):
        return None
    return max((moment - datetime.now(UTC)).total_seconds(), 0.0)

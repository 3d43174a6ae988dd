"""What people write of rates and of origins, checked."""

import re
from contextlib import suppress
from functools import lru_cache

from limits import RateLimitItem, parse

FORM = re.compile(r"https?://([a-z0-9_-]+(\.[a-z0-9_-]+)*|\[[0-9a-f:.]+\])(:[1-9][0-9]{0,4})?")


def checked_origin(origin: str) -> str:
    """An exact origin, such as https://search.example:8443; raises ValueError for what is none, also for * and null."""
    if FORM.fullmatch(origin):
        return origin
    raise ValueError(f"found {origin!r}; expected an origin such as https://search.example, without a path or *")


def checked_rate(rate: str) -> str:
    """A rate such as 60/minute; raises ValueError for what is none."""
    with suppress(ValueError):
        if not set(rate) & set(",;|") and rate_of(rate).amount > 0:
            return rate
    raise ValueError(f"found {rate!r}; expected a number of requests in a while, as 60/minute or 1000/hour")


@lru_cache(maxsize=1024)
def rate_of(rate: str) -> RateLimitItem:
    """A rate as it is counted by; raises ValueError for what is none."""
    return parse(rate)

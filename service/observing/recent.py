"""The latest requests in numbers, for people who look now."""

from collections import Counter, deque
from collections.abc import Iterable
from dataclasses import dataclass
from time import monotonic

import numpy as np

from service.observing.requests import NS_A_MS, Seen

KEPT = 1024
"""Durations that are kept of each stage and route: what is told is of the latest ones."""
MOST_ERRORS = 10_000
HOUR_S = 3600.0


@dataclass(frozen=True, slots=True)
class Latency:
    """Durations in milliseconds, of so many."""

    count: int
    p50_ms: float
    p90_ms: float
    p99_ms: float


class Recent:
    """Durations by stage and by route, and refusals and failures of the last hour; noted on the server's loop."""

    def __init__(self) -> None:
        self._stages: dict[str, deque[int]] = {}
        self._routes: dict[str, deque[int]] = {}
        self._errors: deque[tuple[float, str]] = deque(maxlen=MOST_ERRORS)

    def note(self, seen: Seen) -> None:
        """Take in a request."""
        _kept(self._routes, f"{seen.method} {seen.route}").append(seen.took_ns)
        for spent in seen.timeline:
            _kept(self._stages, spent.stage).append(spent.took_ns)
        if seen.status >= 400:
            self._errors.append((monotonic(), seen.problem or str(seen.status)))

    def stages(self) -> dict[str, Latency]:
        """What requests waited for, by stage."""
        return {name: _latency(found.copy()) for name, found in sorted(self._stages.copy().items())}

    def routes(self) -> dict[str, Latency]:
        """How long requests took, by method and route."""
        return {name: _latency(found.copy()) for name, found in sorted(self._routes.copy().items())}

    def errors(self) -> dict[str, int]:
        """How often each kind of refusal or failure was answered in the last hour, as far as is remembered."""
        since_s = monotonic() - HOUR_S
        return dict(sorted(Counter(kind for at_s, kind in self._errors.copy() if at_s >= since_s).items()))


def _kept(by_name: dict[str, deque[int]], name: str) -> "deque[int]":
    return by_name.setdefault(name, deque(maxlen=KEPT)) if name not in by_name else by_name[name]


def _latency(found_ns: Iterable[int]) -> Latency:
    durations_ms = np.array(list(found_ns), np.float64) / NS_A_MS
    p50, p90, p99 = np.round(np.percentile(durations_ms, [50, 90, 99]), 3).tolist()
    return Latency(count=len(durations_ms), p50_ms=p50, p90_ms=p90, p99_ms=p99)

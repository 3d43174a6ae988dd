"""Time of one way over the time of another, both taken in the same rounds."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median
from timeit import Timer

from benchmarks.contest import Benchmark, Contest, Way

SAMPLE_S = 0.05
"""How long a quick way is repeated in each round."""


@dataclass(frozen=True, slots=True)
class Ratio:
    """How many times the peer's time ours takes: below 1 is faster. Times are medians, for one piece of work."""

    ours: str
    peer: str
    median: float
    least: float
    most: float
    ours_ms: float
    peer_ms: float

    @classmethod
    def of(cls, pair: tuple[str, str], ours_s: Sequence[float], peer_s: Sequence[float]) -> "Ratio":
        """Of two ways' seconds, one of each a round."""
        ratios = [ours / peer for ours, peer in zip(ours_s, peer_s, strict=True)]
        ours_ms, peer_ms = 1000 * median(ours_s), 1000 * median(peer_s)
        return cls(*pair, median(ratios), min(ratios), max(ratios), ours_ms, peer_ms)


@dataclass(frozen=True, slots=True)
class Result:
    """What a benchmark found: its ratios, and what was skipped with the reason."""

    name: str
    ratios: tuple[Ratio, ...]
    skipped: dict[str, str]


def measure(benchmark: Benchmark, *, rounds: int, report: Callable[[int], None]) -> Result:
    """The result of a benchmark; `report` is told after each round how many are over."""
    with benchmark.contest() as contest:
        ratios = _ratios(contest, rounds, report)
    return Result(benchmark.name, ratios, dict(contest.skipped))


def _ratios(contest: Contest, rounds: int, report: Callable[[int], None]) -> tuple[Ratio, ...]:
    """Every way once a round, A B A B: what else the machine does then falls on both of a pair."""
    calls = {name: _calls(way, max(contest.most_calls // rounds, 1)) for name, way in contest.ways.items()}
    seconds: dict[str, list[float]] = {name: [] for name in contest.ways}
    for done in range(1, rounds + 1):
        for name, way in contest.ways.items():
            seconds[name].append(Timer(way).timeit(calls[name]) / calls[name] / contest.shares.get(name, 1))
        report(done)
    return tuple(Ratio.of((ours, peer), seconds[ours], seconds[peer]) for ours, peer in contest.pairs)


def _calls(way: Way, most: int) -> int:
    """How often a way is called in a round; it is warmed up, and a quick one timed again, as the first call is not."""
    if Timer(way).timeit(1) >= SAMPLE_S:
        return 1
    return min(max(round(SAMPLE_S / Timer(way).timeit(1)), 1), most)

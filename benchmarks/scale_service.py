"""The service as queues: processes with their lanes, the vectors that they hold or shards that do, and workers."""

from collections.abc import Callable
from dataclasses import dataclass, field
from math import exp, log
from random import Random
from statistics import NormalDist

from benchmarks.scale_constants import Constants, Serving, Spread
from benchmarks.scale_queueing import Clock, Part, Shards, Steps

AT_ONCE, QUEUE_LIMIT = 32, 128
"""The lane `interactive`, as it is set by default."""
STEPS = 1000
Z99 = NormalDist().inv_cdf(0.99)


@dataclass(frozen=True, slots=True)
class Times:
    """Service times, as many as STEPS equally likely ones."""

    seconds: tuple[float, ...]

    @classmethod
    def of(cls, spread: Spread, *, median_s: float) -> "Times":
        """Spread as they were measured, around another median."""
        scale = median_s / spread.at(0.5)
        return cls(tuple(scale * spread.at((i + 0.5) / STEPS) for i in range(STEPS)))

    @classmethod
    def lognormal(cls, *, mean_s: float, tail: float) -> "Times":
        """Of this mean, the 99th percentile of which is so many times the median."""
        sigma, normal = log(tail) / Z99, NormalDist()
        shape = [exp(sigma * normal.inv_cdf((i + 0.5) / STEPS)) for i in range(STEPS)]
        scale = mean_s * STEPS / sum(shape)
        return cls(tuple(scale * each for each in shape))

    @property
    def mean_s(self) -> float:
        return sum(self.seconds) / len(self.seconds)

    def drawn(self, lot: Random) -> float:
        return self.seconds[int(lot.random() * len(self.seconds))]


@dataclass(frozen=True, slots=True)
class Setup:
    """So many processes, each with a core for Python and one for vectors; a search goes to whoever has the fewest.

    With `shards`, the vectors lie in that many other processes with a core each, all of which every search asks;
    `compared` is then how long one shard takes. Sightsound has no shards of its own: Milvus's stand in for them.
    """

    python: Times
    compared: Times
    processes: int = 1
    shards: int = 0

    @property
    def capacities(self) -> dict[str, float]:
        """Searches a second at which each part is busy all the time."""
        rate = 1 / self.compared.mean_s
        vectors = {"shards": rate} if self.shards else {"comparing vectors": self.processes * rate}
        return {"Python": self.processes / self.python.mean_s, **vectors}

    @property
    def narrowest(self) -> str:
        """The part that is first."""
        return min(self.capacities, key=self.capacities.__getitem__)


@dataclass(slots=True)
class Seen:
    """How long each search took from its coming to its end, and how many were refused."""

    seconds: list[float] = field(default_factory=list)
    refused: int = 0
    ended_s: float = 0.0

    def at(self, share: float) -> float:
        """What such a share took at most, but for the first quarter, which found nobody waiting."""
        known = sorted(self.seconds[len(self.seconds) // 4 :])
        return known[int(share * (len(known) - 1))]

    @property
    def a_second(self) -> float:
        return len(self.seconds) / self.ended_s


class Service:
    """A setup at work on a clock."""

    def __init__(self, clock: Clock, setup: Setup, lot: Random) -> None:
        self.seen, self._clock, self._setup, self._lot = Seen(), clock, setup, lot
        self._has = [0] * setup.processes
        self._lanes, self._python, self._vectors = (
            [Part(clock, most) for _ in range(setup.processes)] for most in (AT_ONCE, 1, 1)
        )
        self._shards = Shards(setup.shards)

    def search(self) -> Steps:
        """One search, from its coming on."""
        began, process, lot = self._clock.now, self._has.index(min(self._has)), self._lot
        lane = self._lanes[process]
        if lane.waiting >= QUEUE_LIMIT:
            self.seen.refused += 1
            return
        self._has[process] += 1
        yield lane
        python = self._python[process]
        yield python
        yield self._setup.python.drawn(lot)
        python.leave()
        if self._setup.shards:
            yield self._shards.stay(
                self._clock.now, (self._setup.compared.drawn(lot) for _ in range(self._setup.shards))
            )
        else:
            vectors = self._vectors[process]
            yield vectors
            yield self._setup.compared.drawn(lot)
            vectors.leave()
        lane.leave()
        self._has[process] -= 1
        self.seen.seconds.append(self._clock.now - began)
        self.seen.ended_s = self._clock.now


def asked_at(setup: Setup, rate: float, *, searches: int, seed: int = 0) -> Seen:
    """Searches that come by chance, so many a second on average, whoever waits."""
    clock, lot = Clock(), Random(seed)
    service = Service(clock, setup, lot)

    def coming() -> Steps:
        for _ in range(searches):
            yield lot.expovariate(rate)
            clock.begin(service.search())

    clock.begin(coming())
    clock.run()
    return service.seen


def asked_by(setup: Setup, clients: int, *, searches: int, seed: int = 0) -> Seen:
    """Searches of so many clients, each of which asks again once it has its answer."""
    clock = Clock()
    service = Service(clock, setup, Random(seed))
    left = iter(range(searches))

    def asking() -> Steps:
        for _ in left:
            yield from service.search()

    for _ in range(clients):
        clock.begin(asking())
    clock.run()
    return service.seen


def most_a_second(setup: Setup, *, p99_s: float, searches: int, steps: int = 20) -> float:
    """The most searches a second of which 99 of 100 take no longer, none refused; 0 where none do.

    Found in so many steps of what the narrowest part could do if it were busy all the time.
    """
    whole = setup.capacities[setup.narrowest]
    low, high = 0, steps
    while high - low > 1:
        middle = (low + high) // 2
        seen = asked_at(setup, whole * middle / steps, searches=searches)
        low, high = (middle, high) if not seen.refused and seen.at(0.99) <= p99_s else (low, middle)
    return whole * low / steps


def clips_a_second(workers: int, *, clip_s: float, commit_s: float, clips: int) -> float:
    """Of workers with a core each that make a clip's features, then wait for their turn to commit to one gallery."""
    clock = Clock()
    gallery, left, ended = Part(clock, 1), iter(range(clips)), [0.0]

    def working(first_s: float) -> Steps:
        yield first_s  # so that they do not go in step
        for _ in left:
            yield clip_s
            yield gallery
            yield commit_s
            gallery.leave()
            ended[0] = clock.now

    for each in range(workers):
        clock.begin(working(clip_s * each / workers))
    clock.run()
    return clips / ended[0]


def python_times(constants: Constants, compared_s: Callable[[int], float]) -> Times:
    """What a search takes of Python: its processor time over HTTP, less what comparing so many vectors takes.

    Spread as the waits of a single client are.
    """
    serving: Serving = constants.serving
    mean_s = max(serving.work_s - compared_s(serving.windows), serving.work_s / 2)
    return Times.lognormal(mean_s=mean_s, tail=serving.one_p99_s / serving.one_p50_s)

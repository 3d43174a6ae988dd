"""What is looked up when Prometheus asks: how full things are, rather than what happened."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric

from models.errors import SightsoundError
from service.overview.holdings import Holding, RouteHolding

Part = Callable[[], Iterable[Metric]]
Values = Iterable[tuple[Sequence[str], float]]
ALIVE = "sightsound_collected"

GALLERIES: Sequence[tuple[str, str, Callable[[Holding], int]]] = (
    ("sightsound_gallery_clips", "Clips of a gallery.", lambda each: each.clips),
    ("sightsound_gallery_windows", "Windows of a gallery.", lambda each: each.windows),
    ("sightsound_gallery_generation", "The number of the active generation.", lambda each: each.generation),
)
INDEXES: Sequence[tuple[str, str, Callable[[RouteHolding], int]]] = (
    ("sightsound_index_vectors", "Vectors that a route searches.", lambda each: each.vectors),
    ("sightsound_index_bytes", "What they take as float32.", lambda each: each.size_bytes),
)


class Gathering:
    """A collector of parts by name, of which one that fails keeps no other from being seen."""

    def __init__(self, parts: Mapping[str, Part]) -> None:
        self._parts = dict(parts)

    def collect(self) -> Iterator[Metric]:
        """Every part's metrics, and for each part whether it could be looked up."""
        alive = GaugeMetricFamily(ALIVE, "1 where this part could be looked up, else 0.", labels=["part"])
        for name, part in self._parts.items():
            try:
                found = list(part())
            except (SightsoundError, OSError):
                found = []
                alive.add_metric([name], 0)
            else:
                alive.add_metric([name], 1)
            yield from found
        yield alive


def gauge(name: str, meaning: str, *, value: float) -> GaugeMetricFamily:
    """One number."""
    return GaugeMetricFamily(name, meaning, value=value)


def gauges(name: str, meaning: str, labels: Sequence[str], *, values: Values) -> GaugeMetricFamily:
    """A number for each of some labels."""
    family = GaugeMetricFamily(name, meaning, labels=labels)
    for each, value in values:
        family.add_metric(each, value)
    return family


def counters(name: str, meaning: str, *, label: str, values: Mapping[str, float]) -> CounterMetricFamily:
    """A count for each value of a label; its name ends in `_total`."""
    family = CounterMetricFamily(name, meaning, labels=[label])
    for each, value in values.items():
        family.add_metric([each], value)
    return family


def of_holdings(found: Sequence[Holding]) -> Iterator[Metric]:
    """The galleries and their vectors."""
    for name, meaning, number in GALLERIES:
        yield gauges(name, meaning, ["gallery"], values=(((each.gallery,), number(each)) for each in found))
    searched = [((each.gallery, route.route), route) for each in found for route in each.routes]
    for name, meaning, size in INDEXES:
        yield gauges(name, meaning, ["gallery", "route"], values=((at, size(route)) for at, route in searched))
    kinds = (((*at, route.kind), 1.0) for at, route in searched)
    yield gauges("sightsound_index_info", "1; how they are searched.", ["gallery", "route", "kind"], values=kinds)

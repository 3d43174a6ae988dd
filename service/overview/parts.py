"""The parts of a service whose state Prometheus is told, each as its metrics."""

from collections import Counter
from collections.abc import Iterator, Mapping

from prometheus_client.core import HistogramMetricFamily, Metric

from service.encoding.recollection import Recollection
from service.incoming.spool import Spool
from service.jobs.job_schemas import Kind, State
from service.load.lanes import Lanes
from service.observing.counts import Counts
from service.observing.probe import Probe
from service.overview.gathering import counters, gauge, gauges

SIZES = (1, 2, 4, 8, 16, 32, 64)


def of_jobs(found: Mapping[tuple[Kind, State], int]) -> Iterator[Metric]:
    """The jobs there are."""
    yield gauges("sightsound_jobs", "Jobs that are kept, by kind and state.", ["kind", "state"], values=found.items())


def of_lanes(lanes: Lanes) -> Iterator[Metric]:
    """Whose turn it is."""
    found, labels = lanes.by_name, ["lane"]
    running = (((name,), each.running) for name, each in found.items())
    waiting = (((name,), each.waiting) for name, each in found.items())
    yield gauges("sightsound_lane_running", "Requests of a lane whose turn it is.", labels, values=running)
    yield gauges("sightsound_lane_waiting", "Requests that wait for their turn.", labels, values=waiting)
    taken: dict[str, float] = {name: each.taken for name, each in found.items()}
    refused: dict[str, float] = {name: each.refused for name, each in found.items()}
    yield counters("sightsound_lane_turns_total", "Turns that were taken.", label="lane", values=taken)
    yield counters("sightsound_lane_refused_total", "Requests that got none.", label="lane", values=refused)


def of_batches(sizes: Counter[int]) -> Iterator[Metric]:
    """How many searches each turn of comparing vectors was for."""
    found = dict(sizes)  # which grows meanwhile
    buckets = [(str(float(size)), sum(times for each, times in found.items() if each <= size)) for size in SIZES]
    buckets.append(("+Inf", sum(found.values())))
    total = sum(size * times for size, times in found.items())
    yield HistogramMetricFamily(
        "sightsound_batch_searches", "Searches that were done together.", buckets=buckets, sum_value=total
    )


def of_spool(spool: Spool) -> Iterator[Metric]:
    """Where uploads wait."""
    yield gauge("sightsound_spool_bytes", "What uploads that wait take on the disk.", value=spool.taken_bytes)
    yield gauge("sightsound_spool_limit_bytes", "What they may take together.", value=spool.limit_bytes)


def of_disk(free_bytes: int) -> Iterator[Metric]:
    """The file system of the data folder."""
    yield gauge("sightsound_data_free_bytes", "What is left for the data folder.", value=free_bytes)


def of_clips(outcomes: Counts, recollection: Recollection) -> Iterator[Metric]:
    """Clips that requests came with: how decoding them ended, and those that needed none."""
    yield counters(
        "sightsound_decodes_total", "Clips by how decoding them ended.", label="outcome", values=outcomes.read()
    )
    yield counters(
        "sightsound_known_features_total",
        "Clips by where their features were found.",
        label="where",
        values=recollection.counts.read(),
    )
    yield gauge("sightsound_known_features_bytes", "Features kept in memory.", value=recollection.kept_bytes)


def of_words(counts: Counts) -> Iterator[Metric]:
    """Words that requests came with."""
    yield counters(
        "sightsound_text_vectors_total", "Words by where their vector was found.", label="where", values=counts.read()
    )


def of_probe(probe: Probe) -> Iterator[Metric]:
    """The recall of routes that are searched approximately."""
    found = {(each.gallery, each.route): each for each in probe.readings()}
    labels = ["gallery", "route"]
    recall = ((at, each.recall) for at, each in found.items())
    samples = ((at, each.samples) for at, each in found.items())
    ages = ((at, each.age_s) for at, each in found.items())
    yield gauges("sightsound_recall_at_10", "Mean recall of live queries against exact search.", labels, values=recall)
    yield gauges(
        "sightsound_recall_samples", "Queries of the last hour that it is the mean of.", labels, values=samples
    )
    yield gauges("sightsound_recall_age_seconds", "Since the last of them was compared.", labels, values=ages)

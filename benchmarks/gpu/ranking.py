"""How fast average precisions are found over full rankings, and whether they are those of the processor."""

from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING

from benchmarks.gpu.task import Context, Row, Task, duration
from benchmarks.gpu.timing import seconds

if TYPE_CHECKING:
    from models.evaluation.scorer import Ranker
    from models.types import F32, F64, I64

PART = "average precision"
DIM, CLASSES = 64, 23
COMPARED = 200
"""Queries that are ranked by numpy too."""
CLOSE = 1e-4
"""Of one average precision, where two items whose distances float32 cannot tell apart change places."""


def rows(context: Context) -> Iterator[Row]:
    """By L2 distance, every item ranked for every query, in classes of uneven size."""
    import numpy as np

    from models.evaluation.ranking import by_label
    from training import device_ranking
    from training.device import device

    numbers, there = np.random.default_rng(0), partial(device_ranking.by_label, device=device(context.device))
    for count in context.sizes.ranked:
        queries, gallery = numbers.standard_normal((2, count, DIM), np.float32)
        labels = (CLASSES * numbers.random(count) ** 2).astype(np.int64)
        what, some = f"{count:,} x {count:,}, {DIM} numbers", slice(COMPARED)
        took_s = seconds(lambda given=(queries, gallery, labels): _ranked(there, *given), context.device)  # type: ignore[misc]
        yield context.row(
            PART,
            what,
            f"{duration(took_s)}, {count**2 / took_s / 1e6:,.3g} million pairs/s",
            took_s=took_s,
            moved_bytes=8 * count**2,
            operations=2 * count**2 * (DIM + 2),
            kind="float64",
        )
        both = (_ranked(each, queries, gallery, labels, some) for each in (there, by_label))
        apart = float(np.abs(np.subtract(*both)).max())
        yield Row(PART, f"{what}, against numpy", f"differs by {apart:.1e}, {CLOSE:.0e} allowed", holds=apart <= CLOSE)


TASKS = (Task("full rankings", ("threadpoolctl",), rows),)


def _ranked(rank: "Ranker", queries: "F32", gallery: "F32", labels: "I64", some: slice = slice(None)) -> "F64":
    """The average precisions of some of the queries."""
    from models.types import Metric

    return rank(queries[some], gallery, query_labels=labels[some], gallery_labels=labels, metric=Metric.EUCLIDEAN)

"""How fast every vector is looked at, by each library that can do so on the device, and whether the best are found."""

from collections.abc import Callable, Iterator
from functools import partial
from time import perf_counter
from typing import TYPE_CHECKING

from benchmarks.gpu.task import Context, Row, Task, duration, left_out
from benchmarks.gpu.timing import seconds

if TYPE_CHECKING:
    from index.vectors.gpu_device import Device, Fill
    from models.types import F32, F64

PART = "search"
DIM, K = 64, 10
COMPARED = 4
"""Queries whose hits are compared with those of float64."""


def torch_rows(context: Context) -> Iterator[Row]:
    """By torch."""
    from index.vectors.torch_device import TorchDevice

    yield from _rows(context, "torch", partial(TorchDevice, place=context.device))


def faiss_rows(context: Context) -> Iterator[Row]:
    """By FAISS, where it has something for GPUs."""
    from index.vectors.gpu_device import FaissDevice, missing

    why = "the device is a CPU" if context.device == "cpu" else missing()
    if why is not None:
        yield left_out(PART, "FAISS", why)
        return
    import torch

    torch.cuda.empty_cache()  # else torch holds on to what the rows before have freed
    yield from _rows(context, "FAISS", FaissDevice)


TASKS = (Task("torch", (), torch_rows), Task("FAISS", ("faiss",), faiss_rows))


def _rows(context: Context, library: str, fill: "Fill") -> Iterator[Row]:
    import numpy as np

    from models.types import Metric

    count, numbers = context.sizes.searched, np.random.default_rng(0)
    vectors, queries = (numbers.standard_normal((n, DIM), np.float32) for n in (count, max(context.sizes.asked)))
    started = perf_counter()
    device = fill("flat", vectors, Metric.EUCLIDEAN)
    what = f"{library}, {count:,} x {DIM}"
    yield Row(PART, f"{what}, put there", duration(perf_counter() - started))
    for asked in context.sizes.asked:
        took_s = seconds(_asking(device, queries[:asked]), context.device)
        yield context.row(
            PART,
            f"{what}, {asked:,} at once",
            f"{duration(took_s)}, {asked / took_s:,.0f} queries/s",
            took_s=took_s,
            moved_bytes=4 * DIM * count,
            operations=2 * DIM * count * asked,
            kind="float32",
        )
    share = _same(device, queries[:COMPARED], vectors)
    yield Row(PART, f"{what}, against float64", f"{share:.1%} of the {K} best are the same", holds=share == 1)


def _asking(device: "Device", queries: "F32") -> Callable[[], object]:
    return lambda: device.search(queries, K)


def _same(device: "Device", queries: "F32", vectors: "F32") -> float:
    """The share of the best that are among those by float64, a part of the vectors at a time."""
    import numpy as np

    _, found = device.search(queries, K)
    parts = np.array_split(vectors, max(len(vectors) // 2**17, 1))
    exact = queries.astype(np.float64)
    far = np.concatenate([_squares(exact, part.astype(np.float64)) for part in parts], axis=1)
    expected = np.argpartition(far, K, axis=1)[:, :K]
    return float(np.mean([np.isin(a, b).mean() for a, b in zip(found, expected, strict=True)]))


def _squares(queries: "F64", vectors: "F64") -> "F64":
    """[q, n] squared distances."""
    import numpy as np

    found: F64 = np.stack([((vectors - each) ** 2).sum(1) for each in queries])
    return found

"""What a device does at most: bytes of a copy, and operations of one large product by kind of number."""

from collections.abc import Iterator

import torch

from benchmarks.gpu.task import Context, Roofs, Row, Task
from benchmarks.gpu.timing import seconds

PART = "device"
KINDS = {"float32": torch.float32, "bfloat16": torch.bfloat16, "float64": torch.float64}


def measured(context: Context) -> Roofs:
    """Of a copy from one place of its memory to another, and of square products."""
    return Roofs(_moved(context), {name: _rate(context, kind) for name, kind in KINDS.items()})


def rows(context: Context) -> Iterator[Row]:
    """Both, for people."""
    assert context.roofs is not None, "measured before"
    yield Row(PART, "a copy, read and written", f"{context.roofs.bandwidth / 1e9:,.1f} GB/s", bandwidth=1.0)
    for kind, rate in context.roofs.products.items():
        side = context.sizes.side
        yield Row(PART, f"{kind} product of {side:,} x {side:,}", f"{rate / 1e12:,.3g} TFLOP/s", products=1.0)


TASKS = (Task("what it does at most", (), rows),)


def _moved(context: Context) -> float:
    source = torch.empty(context.sizes.copied_bytes, dtype=torch.uint8, device=context.device)
    copy = torch.empty_like(source)
    return 2 * context.sizes.copied_bytes / seconds(lambda: copy.copy_(source), context.device)


def _rate(context: Context, kind: torch.dtype) -> float:
    """Of random numbers: zeros take less power, and are quicker."""
    side = context.sizes.side
    left, right = (torch.randn(side, side, device=context.device).to(kind) for _ in range(2))
    result = torch.empty(side, side, dtype=kind, device=context.device)
    return 2 * side**3 / seconds(lambda: torch.mm(left, right, out=result), context.device)

"""A checkpoint that is interrupted while it is written leaves the one before, and says that it was interrupted."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import torch

from training.checkpoint import Checkpoint


@contextmanager
def interrupted_after(seconds: float) -> Iterator[None]:
    """Ctrl+C, so many seconds from now."""
    before = signal.signal(signal.SIGALRM, signal.default_int_handler)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


@pytest.mark.parametrize("seconds", [0.002, 0.005, 0.02, 0.05])
def test_who_interrupts_while_a_checkpoint_is_written_is_not_told_of_a_failure(tmp_path: Path, seconds: float) -> None:
    checkpoint = Checkpoint(tmp_path / "run.pt", "a run")
    checkpoint.write({"epoch": 1})
    large = {f"weights {row}": torch.zeros(4_000_000) for row in range(20)}
    with pytest.raises(KeyboardInterrupt), interrupted_after(seconds):
        checkpoint.write({"epoch": 2} | large)
    stored = checkpoint.read()
    assert stored is not None
    assert stored["epoch"] == 1

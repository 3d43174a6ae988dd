"""A checkpoint is written to its end before whoever presses Ctrl+C is heard."""

import time
from _thread import interrupt_main
from pathlib import Path
from threading import Timer
from typing import Any

import pytest
import torch

from training.checkpoint import Checkpoint


@pytest.mark.parametrize("seconds", [0.002, 0.005, 0.02, 0.05])
def test_who_interrupts_while_a_checkpoint_is_written_is_heard_when_it_is_whole(
    tmp_path: Path, seconds: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    checkpoint = Checkpoint(tmp_path / "run.pt", "a run")
    large = {f"weights {row}": torch.zeros(4_000_000) for row in range(20)}
    save = torch.save

    def begun(*given: Any) -> None:
        Timer(seconds, interrupt_main).start()
        save(*given)

    def write() -> None:
        checkpoint.write({"epoch": 2} | large)
        time.sleep(60)  # where the disk was quicker

    monkeypatch.setattr(torch, "save", begun)
    with pytest.raises(KeyboardInterrupt):
        write()
    stored = checkpoint.read()
    assert stored is not None
    assert stored["epoch"] == 2

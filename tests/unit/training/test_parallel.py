"""Two processes that train together: the same weights in both, and gradients of the whole batch."""

from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from models.errors import RecipeInvalid
from tests.tiny.torchrun import as_two
from tests.tiny.world import world
from training import parallel
from training.fit import fit
from training.progress import Progress
from training.recipe import named

SMALL = world(seen=8, unseen=4, clips=6, audio=12, video=10, text=16)
RECIPE = named("cjme", on="demo").model_copy(
    update={"options": {"hidden": 16, "text_hidden": 16, "out": 8}, "batch": 32, "steps_per_epoch": 3, "epochs": 2}
)
SCRIPT = """
import shutil
import sys
from pathlib import Path
import torch
from tests.unit.training.test_parallel import train
from training import parallel
with parallel.joined():
    torch.save(train(), f"{sys.argv[1]}/{parallel.rank()}.pt")
    # Once more, as if it had been stopped after the first of two epochs.
    kept, run = Path(sys.argv[1]) / "kept.pt", Path(sys.argv[1]) / "run.pt"
    def keep(at):
        if at.epoch == 2:
            shutil.copy(run, kept)
    train(run, keep)
    torch.save(train(kept), f"{sys.argv[1]}/{parallel.rank()}-resumed.pt")
    assert parallel.of_first(lambda: ["made by", parallel.rank()]) == ["made by", 0]
    assert parallel.of_all(parallel.rank()) == [0, 1]
    torch.manual_seed(0)
    parallel.own_numbers(0)
    first, second = parallel.of_all(torch.rand(1).item())
    assert first != second
    layer = torch.nn.Linear(1, 1)
    layer.weight.grad = torch.full((1, 1), 1.0 + 2 * parallel.rank())
    parallel.average_gradients([layer.weight])
    assert layer.weight.grad.item() == 2, layer.weight.grad
"""


def train(
    checkpoint: Path | None = None, report: Callable[[Progress], None] = lambda _: None
) -> dict[str, torch.Tensor]:
    found = fit(RECIPE, SMALL.training, validation=SMALL.validation, report=report, checkpoint=checkpoint)
    return found.method.state_dict()


def test_two_processes_end_with_the_same_weights_stopped_or_not_and_not_those_of_one(tmp_path: Path) -> None:
    script = tmp_path / "train.py"
    script.write_text(SCRIPT)
    as_two(str(script), str(tmp_path))
    first, *others = (
        torch.load(tmp_path / f"{name}.pt", weights_only=True) for name in ("0", "1", "0-resumed", "1-resumed")
    )
    assert all(torch.equal(first[key], other[key]) for other in others for key in first)
    alone = train()
    assert not all(torch.equal(first[key], alone[key]) for key in first)


def test_alone_nothing_is_shared() -> None:
    assert (parallel.rank(), parallel.processes(), parallel.share(33)) == (0, 1, 33)
    assert (parallel.of_first(lambda: "mine"), parallel.of_all("mine")) == ("mine", ["mine"])


def test_a_batch_that_cannot_be_shared_evenly_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("torch.distributed.is_initialized", lambda: True)
    monkeypatch.setattr("torch.distributed.get_world_size", lambda: 2)
    with pytest.raises(RecipeInvalid, match="a batch of 33 cannot be shared by 2 processes"):
        parallel.share(33)

"""Two processes that train together: the same weights in both, and gradients of the whole batch."""

import subprocess
import sys
from pathlib import Path

import pytest
import torch

from models.errors import RecipeInvalid
from tests.tiny.world import world
from training import parallel
from training.fit import fit
from training.recipe import named

SMALL = world(seen=8, unseen=4, clips=6, audio=12, video=10, text=16)
RECIPE = named("cjme", on="demo").model_copy(
    update={"options": {"hidden": 16, "text_hidden": 16, "out": 8}, "batch": 32, "steps_per_epoch": 3, "epochs": 2}
)
SCRIPT = """
import sys
import torch
from tests.unit.training.test_parallel import train
from training import parallel
with parallel.joined():
    torch.save(train(), f"{sys.argv[1]}/{parallel.rank()}.pt")
    layer = torch.nn.Linear(1, 1)
    layer.weight.grad = torch.full((1, 1), 1.0 + 2 * parallel.rank())
    parallel.average_gradients([layer.weight])
    assert layer.weight.grad.item() == 2, layer.weight.grad
"""


def train() -> dict[str, torch.Tensor]:
    found = fit(RECIPE, SMALL.training, validation=SMALL.validation, report=lambda _: None)
    return found.method.state_dict()


def test_two_processes_end_with_the_same_weights_and_not_those_of_one(tmp_path: Path) -> None:
    script = tmp_path / "train.py"
    script.write_text(SCRIPT)
    torchrun = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node=2"]
    root = Path(__file__).parents[3]
    run = subprocess.run(
        [*torchrun, str(script), str(tmp_path)],
        cwd=root,
        env={"PYTHONPATH": str(root), "PATH": "/usr/bin:/bin", "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert run.returncode == 0, run.stderr
    first, second = (torch.load(tmp_path / f"{rank}.pt", weights_only=True) for rank in (0, 1))
    assert all(torch.equal(first[key], second[key]) for key in first)
    alone = train()
    assert not all(torch.equal(first[key], alone[key]) for key in first)


def test_alone_nothing_is_shared() -> None:
    assert (parallel.rank(), parallel.share(33)) == (0, 33)


def test_a_batch_that_cannot_be_shared_evenly_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("torch.distributed.is_initialized", lambda: True)
    monkeypatch.setattr("torch.distributed.get_world_size", lambda: 2)
    with pytest.raises(RecipeInvalid, match="a batch of 33 cannot be shared by 2 processes"):
        parallel.share(33)

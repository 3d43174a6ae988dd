"""A run that is stopped goes on to the weights it would have had; a run that diverges keeps what was good."""

import os
import re
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from models.errors import Conflict, TrainingDiverged
from tests.tiny.world import world
from training.checkpoint import Checkpoint
from training.fit import fit
from training.progress import Fitted, Progress
from training.protocol import OURS
from training.recipe import Recipe, named
from training.splits import TrainingSet

SMALL = world(seen=8, unseen=4, clips=6, audio=12, video=10, text=16)
QUICK = named("cjme", on="demo").model_copy(
    update={"options": {"hidden": 16, "text_hidden": 16, "out": 8}, "batch": 32, "steps_per_epoch": 3, "epochs": 4}
)


class Stopped(Exception):
    """What stands for a kill between two epochs."""


def train(checkpoint: Path | None, *, recipe: Recipe = QUICK, stop_at: int = 0) -> Fitted:
    def report(progress: Progress) -> None:
        if progress.epoch == stop_at:
            raise Stopped

    return fit(recipe, SMALL.training, validation=SMALL.validation, report=report, checkpoint=checkpoint)


def same(first: Fitted, second: Fitted) -> bool:
    left, right = first.method.state_dict(), second.method.state_dict()
    return all(torch.equal(left[key], right[key]) for key in left)


@pytest.mark.parametrize("epoch", [1, 2, 4])
def test_a_run_stopped_in_an_epoch_ends_with_the_same_bits(epoch: int, tmp_path: Path) -> None:
    # The report comes before the checkpoint is written: the epoch itself is lost and done again.
    with pytest.raises(Stopped):
        train(tmp_path / "run.pt", stop_at=epoch)
    resumed, whole = train(tmp_path / "run.pt"), train(None)
    assert same(resumed, whole)
    assert [each.loss for each in resumed.history] == [each.loss for each in whole.history]
    assert resumed.best.epoch == whole.best.epoch


def test_a_finished_run_is_read_back_rather_than_trained_again(tmp_path: Path) -> None:
    first = train(tmp_path / "run.pt")
    reports: list[Progress] = []
    again = fit(
        QUICK,
        SMALL.training,
        validation=SMALL.validation,
        report=reports.append,
        checkpoint=tmp_path / "run.pt",
    )
    assert reports == []
    assert same(first, again)


SCRIPT = """
import sys
from pathlib import Path
from tests.unit.training.test_resuming import train
train(Path(sys.argv[1]))
"""


def test_a_run_killed_at_any_moment_ends_with_the_same_bits(tmp_path: Path) -> None:
    checkpoint = tmp_path / "run.pt"
    run = subprocess.Popen([sys.executable, "-c", SCRIPT, str(checkpoint)], cwd=Path(__file__).parents[3])
    while not checkpoint.exists() and run.poll() is None:
        time.sleep(0.002)
    os.kill(run.pid, signal.SIGKILL) if run.poll() is None else None
    run.wait()
    assert checkpoint.exists()
    assert same(train(checkpoint), train(None))


def test_the_checkpoint_of_another_run_is_refused(tmp_path: Path) -> None:
    train(tmp_path / "run.pt")
    with pytest.raises(Conflict, match=r"run\.pt is the checkpoint of another recipe"):
        train(tmp_path / "run.pt", recipe=QUICK.model_copy(update={"seed": 1}))


def test_the_checkpoint_of_a_run_with_other_validation_clips_is_refused(tmp_path: Path) -> None:
    train(tmp_path / "run.pt")
    with pytest.raises(Conflict, match="other data"):
        fit(
            QUICK,
            SMALL.training,
            validation=SMALL.test,
            report=lambda _: None,
            checkpoint=tmp_path / "run.pt",
        )


@pytest.mark.parametrize("content", [b"", b"path,label\nclip.mp4,dog\n", b"PK\x03\x04 half of it"])
def test_a_file_that_is_no_checkpoint_is_refused_and_left_alone(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "clips.csv").write_bytes(content)
    with pytest.raises(Conflict, match=r"clips\.csv is there and no checkpoint"):
        train(tmp_path / "clips.csv")
    assert (tmp_path / "clips.csv").read_bytes() == content


def test_a_checkpoint_that_is_cut_is_refused(tmp_path: Path) -> None:
    train(tmp_path / "run.pt")
    whole = (tmp_path / "run.pt").read_bytes()
    (tmp_path / "run.pt").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(Conflict, match="a damaged one"):
        train(tmp_path / "run.pt")


def test_a_run_that_diverges_keeps_the_checkpoint_of_the_epoch_before(tmp_path: Path) -> None:
    # One clip that no network can bear: all is well until it is drawn.
    features = SMALL.training.features
    audio = features.audio.copy()
    audio[5] = np.finfo(np.float32).max
    training = TrainingSet(replace(features, audio=audio), SMALL.training.classes)
    recipe = QUICK.model_copy(update={"batch": 2, "steps_per_epoch": 1, "epochs": 60})
    path = tmp_path / "run.pt"
    with pytest.raises(TrainingDiverged, match=r"epoch \d+") as raised:
        fit(recipe, training, validation=SMALL.validation, report=lambda _: None, checkpoint=path)
    found = re.search(r"epoch (\d+)", str(raised.value))
    assert found is not None
    stored = Checkpoint.of(
        path,
        recipe,
        training,
        validation=SMALL.validation,
        protocol=OURS,
        last_epoch=None,
        device=torch.device("cpu"),
    ).read()
    assert stored is not None
    assert stored["epoch"] == int(found[1]) - 1
    assert all(each.isfinite().all() for each in stored["weights"].values())


def test_weights_that_overflow_in_the_last_step_are_never_validated() -> None:
    optimiser = QUICK.optimiser.model_copy(update={"learning_rate": 1e38, "betas": (0.0, 0.999)})
    wild = QUICK.model_copy(update={"optimiser": optimiser, "steps_per_epoch": 1})
    with pytest.raises(TrainingDiverged, match=r"embeddings of .* are no longer finite"):
        train(None, recipe=wild)


def test_early_stopping_ends_a_run_that_gets_no_better() -> None:
    recipe = QUICK.model_copy(
        update={
            "epochs": 20,
            "stop_after": 2,
            "optimiser": QUICK.optimiser.model_copy(update={"learning_rate": 1e-9}),
        }
    )
    history = train(None, recipe=recipe).history
    merits = [each.merit for each in history]
    assert len(history) < 20
    assert len(history) - 1 - merits.index(max(merits)) == 2


def test_training_to_a_given_epoch_keeps_the_last_one() -> None:
    found = fit(QUICK, SMALL.training, validation=SMALL.validation, report=lambda _: None, last_epoch=2)
    assert [each.epoch for each in found.history] == [1, 2]
    assert found.best.epoch == 2

"""The network of Kumar et al. trained by weak labels: it learns, repeats itself, starts from others, and refuses."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor
from torch.nn.functional import binary_cross_entropy

from models.errors import BundleInvalid, TrainingDataInvalid, TrainingDiverged
from tests.tiny.sound import beeps
from training.backbones.fit import Schedule
from training.backbones.kumar import TAKES, KumarCNN
from training.backbones.tape import Tape
from training.backbones.weak_labels import (
    Epoch,
    Plan,
    Precision,
    Recordings,
    Trained,
    cross_entropy,
    precision,
    train_kumar,
)

CHANNELS = (8, 8, 8, 16, 16, 16, 64)
PLAN = Plan(Schedule(epochs=6, batch=6, learning_rate=1e-2), channels=CHANNELS)
SHORT = replace(PLAN, schedule=Schedule(epochs=1, batch=3))
NEVER = Schedule(epochs=1, batch=3, learning_rate=1e-12, weight_decay=0)


def recordings(clips: int, *, seed: int, shuffled: bool = False) -> Recordings:
    """Tones of three heights in turn; labels that are shuffled say nothing of them."""
    windows = [beeps(row % 3, rate=TAKES.rate, seconds=0.8, seed=100 * seed + row) for row in range(clips)]
    labels = np.arange(clips) % 3
    if shuffled:
        labels = np.random.default_rng(seed).permutation(labels)
    return Recordings(windows, np.arange(clips), np.eye(3, dtype=np.float32)[labels])


def trained(plan: Plan, clips: int = 3, reports: list[Epoch] | None = None) -> Trained:
    told = [] if reports is None else reports
    return train_kumar(recordings(clips, seed=0), recordings(clips, seed=1), plan, report=told.append)


def state(network: KumarCNN) -> dict[str, Tensor]:
    return {name: each for name, each in network.state_dict().items() if not name.endswith("tracked")}


def test_sounds_that_are_somewhere_in_clips_are_told_apart_in_clips_that_were_not_shown() -> None:
    told: list[Epoch] = []
    best = train_kumar(recordings(24, seed=0), recordings(12, seed=1), PLAN, report=told.append)
    found = precision(best.network, recordings(12, seed=2))
    assert found.chance == pytest.approx(0.461, abs=1e-3)
    assert found.found > 0.75
    assert [each.number for each in told] == [1, 2, 3, 4, 5, 6]
    assert best.epoch == max(told, key=lambda each: each.validation.found)
    assert told[-1].loss < 0.8 * told[0].loss


def test_labels_that_say_nothing_teach_nothing() -> None:
    nothing = train_kumar(
        recordings(24, seed=0, shuffled=True),
        recordings(12, seed=1, shuffled=True),
        replace(PLAN, schedule=replace(PLAN.schedule, epochs=2)),
        report=lambda epoch: None,
    )
    assert precision(nothing.network, recordings(12, seed=2)).found < 0.75


def test_the_same_seed_gives_the_same_weights_and_another_seed_others() -> None:
    first, again, other = (state(trained(replace(SHORT, seed=seed)).network) for seed in (0, 0, 1))
    assert all(torch.equal(each, again[name]) for name, each in first.items())
    assert not all(torch.equal(each, other[name]) for name, each in first.items())


def test_training_goes_on_from_weights_of_other_classes() -> None:
    start = KumarCNN(CHANNELS, sounds=7).state_dict()
    went_on = trained(replace(SHORT, schedule=NEVER, weights=start)).network
    assert torch.allclose(went_on.state_dict()["layer18.0.weight"], start["layer18.0.weight"], atol=1e-6)
    assert went_on.state_dict()["layer19.0.weight"].shape == (3, 64, 1, 1)
    afresh = trained(replace(SHORT, schedule=NEVER)).network
    assert not torch.allclose(afresh.state_dict()["layer18.0.weight"], start["layer18.0.weight"], atol=1e-2)


def test_weights_of_another_network_are_refused() -> None:
    with pytest.raises(BundleInvalid, match=r"the checkpoint to start from lacks layer1\.0\.bias"):
        trained(replace(SHORT, weights={"features.0.weight": torch.zeros(1)}))


def test_a_loss_that_is_no_number_ends_training() -> None:
    broken = {name: each * torch.nan for name, each in state(KumarCNN(CHANNELS, 3)).items()}
    with pytest.raises(TrainingDiverged, match="the loss is nan in epoch 1"):
        trained(replace(SHORT, weights=broken))


def test_the_loss_is_torch_s_cross_entropy() -> None:
    likely, heard = torch.tensor([[0.1, 0.7, 0.2], [1.0, 0.4, 0.9]]), torch.tensor([[0.0, 1.0, 1.0], [1.0, 1.0, 0.0]])
    torch.testing.assert_close(cross_entropy(likely, heard), binary_cross_entropy(likely, heard))


def test_what_is_certain_and_wrong_has_a_loss_and_no_slope_that_is_no_number() -> None:
    likely = torch.tensor([[0.0, 1.0, 0.5]], requires_grad=True)
    loss = cross_entropy(likely, torch.tensor([[1.0, 0.0, 1.0]]))
    torch.autograd.backward(loss)
    assert likely.grad is not None
    assert loss > 10
    assert likely.grad.isfinite().all()


class Told(KumarCNN):
    """A network that finds a sound as likely as its samples say: of the window's first ones, one a sound."""

    def sounds(self, waveform: Tensor) -> Tensor:
        return waveform[:, : self.count]

    count = 2


@pytest.mark.parametrize(
    ("likely", "found"),
    [
        # Two windows of the first clip, one of each other; sounds 0, 1 and both of clips 0, 1 and 2.
        ([[0.9, 0.0], [0.5, 0.0], [0.1, 0.8], [0.6, 0.7]], 1.0),
        ([[0.9, 0.0], [0.0, 0.0], [0.5, 0.8], [0.6, 0.7]], (1.0 / 1 + 2.0 / 3) / 4 + 0.5),
    ],
)
def test_clips_are_ranked_by_the_mean_over_their_windows(likely: Sequence[Sequence[float]], found: float) -> None:
    windows = [np.array(each, np.float32) for each in likely]
    heard = np.array([[1, 0], [0, 1], [1, 1]], np.float32)
    measured = precision(Told(CHANNELS, 2), Recordings(windows, np.array([0, 0, 1, 2]), heard))
    assert measured.found == pytest.approx(found)


def test_a_sound_that_no_clip_has_does_not_count() -> None:
    windows = [np.array([0.1, 0.9], np.float32), np.array([0.2, 0.3], np.float32)]
    heard = np.array([[1, 0], [1, 0]], np.float32)
    assert precision(Told(CHANNELS, 2), Recordings(windows, np.arange(2), heard)) == Precision(1.0, 1.0)


def test_a_clip_without_a_label_is_refused() -> None:
    with pytest.raises(TrainingDataInvalid, match="each must have a label"):
        Recordings([np.zeros(3, np.float32)], np.array([0]), np.zeros((1, 2), np.float32))


def test_a_tape_gives_back_what_it_was_given_and_leaves_nothing(tmp_path: Path) -> None:
    stretches = [beeps(label, rate=8000, seconds=0.5 + label, seed=label) for label in range(3)]
    with Tape(tmp_path) as tape:
        assert tape.stretches() == []
        assert [tape.add(each) for each in stretches] == [0, 1, 2]
        for found, expected in zip(tape.stretches(), stretches, strict=True):
            np.testing.assert_allclose(found.astype(np.float32), expected, rtol=1e-3, atol=1e-6)
    assert list(tmp_path.iterdir()) == []

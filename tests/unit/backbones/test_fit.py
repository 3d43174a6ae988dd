"""Training a backbone: it learns to hear words, repeats itself, and leaves torch as it was."""

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from models.types import F32
from training.backbones.fit import Schedule, fit_backbone, word_table
from training.backbones.segments import Segments, vary_sound

WIDTH, LENGTH = 6, 64
LABELS = [f"{pitch} {loudness}" for pitch in ("low", "high") for loudness in ("soft", "loud")] * 6


class Listener(nn.Module):
    """Waveforms [b, n] to features [b, WIDTH]."""

    def __init__(self) -> None:
        super().__init__()
        self.filters = nn.Conv1d(1, 8, 9, stride=4)
        self.norm = nn.BatchNorm1d(8)
        self.project = nn.Linear(8, WIDTH)

    def forward(self, waveform: Tensor) -> Tensor:
        """The strongest response to each filter, projected."""
        responses = torch.relu(self.norm(self.filters(waveform[:, None])))
        return torch.relu(self.project(responses.amax(dim=2)))


def segments(clips: int = len(LABELS)) -> Segments:
    """Tones as low or high, as soft or loud as their labels say."""
    time = np.arange(2 * LENGTH, dtype=np.float32)
    tones = [np.sin(time * (1.3 if "high" in label else 0.2)) * (0.9 if "loud" in label else 0.2) for label in LABELS]
    return Segments(tones[:clips], word_table(LABELS[:clips]), LENGTH, vary_sound)


def fitted(
    *, seed: int = 0, epochs: int = 2, clips: int = len(LABELS), reports: list[tuple[int, float]] | None = None
) -> nn.Module:
    told = [] if reports is None else reports
    return fit_backbone(
        Listener,
        segments(clips),
        Schedule(epochs=epochs, batch=8, learning_rate=0.03),
        width=WIDTH,
        seed=seed,
        report=lambda epoch, loss: told.append((epoch, loss)),
        threads=1,
    )


def weights(network: nn.Module) -> F32:
    return np.concatenate([each.detach().numpy().ravel() for each in network.parameters()])


def test_the_loss_falls_epoch_by_epoch_and_every_epoch_is_reported() -> None:
    reports: list[tuple[int, float]] = []
    fitted(epochs=25, reports=reports)
    assert [epoch for epoch, _ in reports] == list(range(1, 26))
    losses = [loss for _, loss in reports]
    assert np.mean(losses[-3:]) < 0.75 * np.mean(losses[:3])


def test_words_can_be_read_off_the_features_of_clips() -> None:
    network = fitted(epochs=25)
    clips = torch.from_numpy(np.stack([clip[:LENGTH] for clip in segments().clips]))
    with torch.inference_mode():
        features = network(clips).double().numpy()
    features = np.concatenate([features, np.ones((len(features), 1))], axis=1)
    words = segments().words
    read = features @ np.linalg.lstsq(features, words, rcond=None)[0] > 0.5
    assert (read == words).mean() > 0.95


def test_the_same_seed_gives_the_same_weights_and_another_seed_others() -> None:
    first, again, other = (weights(fitted(seed=seed)) for seed in (0, 0, 1))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


def test_the_network_starts_from_the_seed() -> None:
    starts: list[F32] = []

    def network() -> nn.Module:
        made = Listener()
        starts.append(weights(made))
        return made

    for seed in (0, 0, 1):
        fit_backbone(
            network, segments(), Schedule(epochs=1, batch=8), width=WIDTH, seed=seed, report=lambda *_: None, threads=1
        )
    assert np.array_equal(starts[0], starts[1])
    assert not np.array_equal(starts[0], starts[2])


def test_the_network_comes_in_evaluation_mode() -> None:
    network = fitted(epochs=1)
    assert isinstance(network, Listener)
    assert not any(each.training for each in network.modules())


def test_training_leaves_torchs_random_numbers_and_threads_as_they_were() -> None:
    threads = torch.get_num_threads()
    torch.set_num_threads(threads + 1)
    torch.manual_seed(3)
    expected = torch.rand(2)
    torch.manual_seed(3)
    try:
        fitted(epochs=1)
        assert torch.equal(torch.rand(2), expected)
        assert torch.get_num_threads() == threads + 1
    finally:
        torch.set_num_threads(threads)


@pytest.mark.parametrize("clips", [2, 5])
def test_fewer_clips_than_a_batch_are_one_batch(clips: int) -> None:
    reports: list[tuple[int, float]] = []
    fitted(epochs=2, clips=clips, reports=reports)
    assert len(reports) == 2
    assert np.isfinite([loss for _, loss in reports]).all()

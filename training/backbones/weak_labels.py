"""The network of Kumar et al. trained on clips of one's own, of which is known what is heard somewhere in each.

Source: Kumar, Khadkevich and Fuegen, ICASSP 2018 (arXiv 1711.01369): what a whole recording sounds like is the mean
over its segments, so that no segment needs a label. The loss, the cross entropy of that mean, and the start, Xavier's,
as in classifier/cnn_final_128.py of github.com/ankitshah009/WALNet-Weak_Label_Analysis, by authors of the same network.
"""

from collections.abc import Callable, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, field

import numpy as np
import torch
from torch import Tensor, nn

from models.errors import TrainingDataInvalid, TrainingDiverged
from models.evaluation.ranking import average_precision, expected_average_precision
from models.types import F32, I64
from training.backbones.fit import CPU, Schedule, descend
from training.backbones.kumar import CHANNELS, TAKES, KumarCNN
from training.backbones.segments import Clip, Segments, vary_sound
from training.backbones.weights import fill
from training.fit import seeded, threaded

LONGEST_S = 10.0
"""Of what the network is shown of a window at a time while it is trained."""

CLASSES = "layer19."
CERTAIN = 1e-12
"""The smallest probability: its logarithm is still a number, and has a slope."""


@dataclass(frozen=True, slots=True)
class Recordings:
    """Windows of clips, and what is heard somewhere in each clip.

    Args:
        windows: samples [n] of each, in [-1, 1] at 44.1 kHz.
        clip: [windows] the clip that each is of, a row of `heard`.
        heard: [clips, sounds] 1 where the clip is labelled so.
    """

    windows: Sequence[Clip]
    clip: I64
    heard: F32

    def __post_init__(self) -> None:
        if len(self.windows) != len(self.clip):
            raise ValueError(f"{len(self.windows)} windows and {len(self.clip)} clips that they are of")
        if not len(self.heard) or not self.heard.any(axis=1).all():
            raise TrainingDataInvalid("there must be clips, and each must have a label that is trained on")


@dataclass(frozen=True, slots=True)
class Plan:
    """How it is trained.

    Args:
        weights: what to start from, as the authors' checkpoint has it, of whatever classes; None starts from nothing.
    """

    schedule: Schedule = field(default_factory=lambda: Schedule(epochs=20, batch=16, learning_rate=1e-3))
    channels: tuple[int, ...] = CHANNELS
    weights: Mapping[str, Tensor] | None = None
    seed: int = 0
    threads: int = 1
    device: torch.device = CPU


@dataclass(frozen=True, slots=True)
class Precision:
    """The mean over sounds of the average precision of clips ranked by how likely each is heard; and by chance."""

    found: float
    chance: float


@dataclass(frozen=True, slots=True)
class Epoch:
    """One that is over: its number from 1, its mean loss, and how well held-out clips are told apart then."""

    number: int
    loss: float
    validation: Precision


@dataclass(frozen=True, slots=True)
class Trained:
    """The network as it was after the epoch at which it told held-out clips apart best, in evaluation mode."""

    network: KumarCNN
    epoch: Epoch


class _Heard(nn.Module):
    """Waveforms [b, n] to how likely each sound is heard anywhere in them [b, sounds]."""

    def __init__(self, network: KumarCNN) -> None:
        super().__init__()
        self.network = network

    def forward(self, waveform: Tensor) -> Tensor:
        return self.network.sounds(waveform)


def train_kumar(
    training: Recordings,
    validation: Recordings,
    plan: Plan,
    *,
    report: Callable[[Epoch], None],
    stepped: Callable[[], None] = lambda: None,
) -> Trained:
    """Train on clips, and keep the epoch that tells others apart best; the same plan and clips give the same weights.

    Args:
        report: is told of every epoch that is over; `stepped` is called after every batch.

    Raises:
        BundleInvalid: the weights to start from are not this network's.
        TrainingDiverged: the loss is no longer a number.
    """
    best: Trained | None = None
    with seeded(plan.seed, plan.device), threaded(plan.threads):
        network = begun(plan, sounds=training.heard.shape[1]).to(plan.device)
        model = _Heard(network).train()
        losses = descend(
            model,
            _segments(training),
            plan.schedule,
            loss=cross_entropy,
            seed=plan.seed,
            device=plan.device,
            stepped=stepped,
        )
        for number, loss in enumerate(losses, 1):
            if not np.isfinite(loss):
                raise TrainingDiverged(f"the loss is {loss} in epoch {number}")
            epoch = Epoch(number, loss, precision(network, validation))
            report(epoch)
            if best is None or epoch.validation.found > best.epoch.validation.found:
                best = Trained(deepcopy(network).cpu().eval(), epoch)
            model.train()
    assert best is not None, "a schedule has epochs"
    return best


def cross_entropy(likely: Tensor, heard: Tensor) -> Tensor:
    """Between how likely sounds are [b, sounds] and which there are, averaged.

    As torch's `binary_cross_entropy`, which ends the program where something is no number.
    """
    there, absent = likely.clamp(min=CERTAIN).log(), (1 - likely).clamp(min=CERTAIN).log()
    return -(heard * there + (1 - heard) * absent).mean()


def precision(network: KumarCNN, recordings: Recordings) -> Precision:
    """How well a network tells clips apart, each by the mean over its windows; leaves it in evaluation mode.

    Sounds that no clip has do not count.
    """
    likely = np.zeros(recordings.heard.shape)
    network.eval()
    for window, clip in zip(recordings.windows, recordings.clip, strict=True):
        likely[clip] += _likely(network, window)
    scores = likely / np.bincount(recordings.clip, minlength=len(likely))[:, None]
    relevant = recordings.heard.T > 0
    found = average_precision(scores.T.astype(np.float32), relevant)
    counts = relevant.sum(axis=1)
    chances = [expected_average_precision(int(count), len(likely)) for count in counts if count]
    return Precision(float(np.nanmean(found)), float(np.mean(chances)))


def _likely(network: KumarCNN, window: Clip) -> F32:
    samples = torch.from_numpy(np.asarray(window, np.float32)[None])
    with torch.inference_mode():
        likely: F32 = network.sounds(samples.to(next(network.parameters()).device))[0].cpu().numpy()
    return likely


def _segments(recordings: Recordings) -> Segments:
    longest = max(len(window) for window in recordings.windows)
    length = min(longest, round(LONGEST_S * TAKES.rate))
    return Segments(recordings.windows, recordings.heard[recordings.clip], length, vary_sound)


def begun(plan: Plan, *, sounds: int) -> KumarCNN:
    """A network with the weights to start from, but for its classes; these, or where there are none all, as Xavier's.

    Raises:
        BundleInvalid: the weights are not this network's.
    """
    network = KumarCNN(plan.channels, sounds)
    for layer in network.modules():
        if isinstance(layer, nn.Conv2d):
            nn.init.xavier_uniform_(layer.weight, gain=nn.init.calculate_gain("relu"))
            assert layer.bias is not None, "these convolutions have one"
            nn.init.zeros_(layer.bias)
    if plan.weights is not None:
        own = {name: each for name, each in network.state_dict().items() if name.startswith(CLASSES)}
        others = {name: each for name, each in plan.weights.items() if not name.startswith(CLASSES)}
        fill(network, {**others, **own}, source="the checkpoint to start from")
    return network

"""Trains a backbone on the words of its clips' class names."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import binary_cross_entropy_with_logits

from models.types import F32
from training.backbones.segments import Segments
from training.fit import seeded, threaded

CPU = torch.device("cpu")

Loss = Callable[[Tensor, Tensor], Tensor]


@dataclass(frozen=True, slots=True)
class Schedule:
    """How long and how fast; the rate rises for a quarter of the steps and falls to nothing (one cycle)."""

    epochs: int
    batch: int = 32
    learning_rate: float = 3e-3
    weight_decay: float = 0.02


def word_table(labels: list[str]) -> F32:
    """[labels, words] 1 where the word occurs in the label; words in alphabetical order."""
    words = sorted({word for label in labels for word in label.split()})
    return np.array([[word in label.split() for word in words] for label in labels], np.float32)


def fit_backbone(
    network: Callable[[], nn.Module],
    segments: Segments,
    schedule: Schedule,
    *,
    width: int,
    seed: int,
    report: Callable[[int, float], None],
    threads: int,
) -> nn.Module:
    """Train a network of features [b, width] so that a linear layer reads each clip's words off them.

    A weak label, words that occur somewhere in a clip, is what the audio network of CJME learns from too
    (Kumar et al., ICASSP 2018). `report` is told of every epoch that is over, and its mean loss.

    Returns:
        the network in evaluation mode; the same seed, clips and threads give the same weights.
    """
    with seeded(seed, torch.device("cpu")), threaded(threads):
        trunk = network()
        model = nn.Sequential(trunk, nn.Linear(width, segments.words.shape[1]))
        losses = descend(model, segments, schedule, loss=binary_cross_entropy_with_logits, seed=seed)
        for epoch, loss in enumerate(losses, 1):
            report(epoch, loss)
    return trunk.eval()


def descend(
    model: nn.Module,
    segments: Segments,
    schedule: Schedule,
    *,
    loss: Loss,
    seed: int,
    device: torch.device = CPU,
    stepped: Callable[[], None] = lambda: None,
) -> Iterator[float]:
    """The mean loss of every epoch of training a model to tell the words of segments, as the epoch is over.

    Args:
        loss: of what the model gives [b, words], and the words that are there.
        stepped: is called after every batch.
    """
    rng = np.random.default_rng(seed)
    adam = torch.optim.AdamW(model.parameters(), weight_decay=schedule.weight_decay, fused=True)
    batch = min(schedule.batch, len(segments.clips))
    steps = len(segments.clips) // batch * schedule.epochs
    cycle = torch.optim.lr_scheduler.OneCycleLR(adam, schedule.learning_rate, total_steps=steps, pct_start=0.25)
    for _ in range(schedule.epochs):
        losses = []
        for shown, words in segments.epoch(batch, rng):
            wrong = loss(model(torch.from_numpy(shown).to(device)), torch.from_numpy(words).to(device))
            adam.zero_grad(set_to_none=True)
            torch.autograd.backward(wrong)
            adam.step()
            cycle.step()
            losses.append(wrong.item())
            stepped()
        yield float(np.mean(losses))

"""Batches drawn on the device from tensors that are already there."""

from typing import Literal

import numpy as np
import torch
from torch import Tensor

from models.methods.base import Batch, Samples
from training.splits import TrainingSet

Sampling = Literal["classes", "samples"]
"""What is drawn with the same probability: every class, or every sample."""


class Sampler:
    """Draws samples of a training set with replacement, with a sample of another class beside each.

    All features stay on the device and are indexed there: a loader with worker processes has 0.6 times the
    speed. The draws depend on the seed only. The negative's class is drawn from all others, each as likely.

    Source: the sampling of the AVCA paper's experiments (every class with the same probability).
    """

    def __init__(
        self,
        training: TrainingSet,
        *,
        batch: int,
        seed: int,
        device: torch.device,
        sampling: Sampling = "classes",
    ) -> None:
        present, label = np.unique(training.features.label, return_inverse=True)
        order = np.argsort(label, kind="stable")
        self._batch = batch
        self._sampling = sampling
        self._generator = torch.Generator(device).manual_seed(seed)
        self._label = torch.from_numpy(label[order]).to(device)
        self._audio = torch.from_numpy(training.features.audio[order]).to(device)
        self._video = torch.from_numpy(training.features.video[order]).to(device)
        self._text = torch.from_numpy(training.sample_text[order]).to(device)
        self._class_text = torch.from_numpy(training.classes.text[present]).to(device)
        self._count = torch.from_numpy(np.bincount(label)).to(device)
        self._start = self._count.cumsum(0) - self._count

    def draw(self) -> Batch:
        """The next batch; its labels are rows of its `class_text`, the classes that have samples."""
        rows = self._positive_rows()
        label = self._label[rows]
        others = len(self._count) - 1
        negative = (label + 1 + self._integers(others)) % (others + 1)
        negative_rows = self._rows(negative)
        return Batch(
            audio=self._audio[rows],
            video=self._video[rows],
            text=self._text[rows],
            label=label,
            class_text=self._class_text,
            negative_audio=self._audio[negative_rows],
            negative_video=self._video[negative_rows],
            negative_text=self._text[negative_rows],
            negative_label=negative,
        )

    def all(self) -> Samples:
        """Every sample once, in order of their labels."""
        return Samples(self._audio, self._video, self._text, self._label, self._class_text)

    @property
    def state(self) -> Tensor:
        """What the next draws depend on."""
        return self._generator.get_state()

    @state.setter
    def state(self, state: Tensor) -> None:
        self._generator.set_state(state)

    def _positive_rows(self) -> Tensor:
        if self._sampling == "samples":
            return self._integers(len(self._label))
        return self._rows(self._integers(len(self._count)))

    def _rows(self, label: Tensor) -> Tensor:
        """A sample of each label's class: [b] rows."""
        return self._start[label] + self._integers(self._count[label])

    def _integers(self, below: "Tensor | int") -> Tensor:
        """[b] integers in [0, below), `below` a number or [b] of them."""
        # In float64, whose rounding cannot reach `below`. A number is not made a tensor, as copying it to a GPU would
        # have every step wait for the one before.
        place = self._generator.device
        uniform = torch.rand(self._batch, generator=self._generator, device=place, dtype=torch.float64)
        return (uniform * below).long()

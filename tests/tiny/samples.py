"""Random samples, and the task that a method is built for to learn from them."""

import torch
from torch import Tensor

from models.methods.base import Samples, Task, Widths


def samples(
    *, rows: int = 60, audio: int = 6, video: int = 5, text: int = 4, classes: int = 7, seed: int = 0
) -> Samples:
    """Samples whose modalities correlate: noisy linear maps of a hidden vector that is near its class's.

    The text of a sample is that of its class.
    """
    numbers = torch.Generator().manual_seed(seed)

    def normal(*shape: int) -> Tensor:
        return torch.randn(*shape, generator=numbers)

    label = torch.arange(rows) % classes
    hidden = normal(classes, 4)[label] + 0.5 * normal(rows, 4)
    class_text = normal(classes, text)
    return Samples(
        audio=hidden @ normal(4, audio) + 0.5 * normal(rows, audio) + 3,
        video=hidden @ normal(4, video) + 0.5 * normal(rows, video) - 2,
        text=class_text[label],
        label=label,
        class_text=class_text,
    )


def task_of(given: Samples) -> Task:
    """What a method is built for that learns from these samples; no class is unseen."""
    widths = Widths(given.audio.shape[1], given.video.shape[1], given.text.shape[1])
    return Task(widths, class_text=given.class_text, unseen_text=given.class_text[:0])

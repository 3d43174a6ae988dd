"""Random samples, alone and with negatives, and what is built for them or learned from them."""

import torch
from torch import Tensor

from models.methods import build
from models.methods.base import Batch, ClosedFormMethod, Samples, Task, Widths


def random(*shape: int, seed: int = 0) -> Tensor:
    """Normal numbers."""
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


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


def with_negatives(given: Samples) -> Batch:
    """Samples, each with the one before it for a negative; of another class where neighbours are."""
    return Batch(
        audio=given.audio,
        video=given.video,
        text=given.text,
        label=given.label,
        class_text=given.class_text,
        negative_audio=given.audio.roll(1, 0),
        negative_video=given.video.roll(1, 0),
        negative_text=given.text.roll(1, 0),
        negative_label=given.label.roll(1),
    )


def task_of(given: Samples) -> Task:
    """What a method is built for that learns from these samples; no class is unseen."""
    widths = Widths(given.audio.shape[1], given.video.shape[1], given.text.shape[1])
    return Task(widths, class_text=given.class_text, unseen_text=given.class_text[:0])


def solved_by(name: str, given: Samples, **options: object) -> ClosedFormMethod:
    """A method in closed form that has learned from these samples."""
    method = build(name, task_of(given), options)
    assert isinstance(method, ClosedFormMethod)
    method.solve(given)
    return method

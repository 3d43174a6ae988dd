"""Batches: class-uniform, with negatives of other classes, everything in its row."""

import numpy as np
import torch

from models.methods.base import Batch
from training.sampling import Sampler
from training.splits import ClassTable, FeatureSet, TrainingSet

# Classes 0, 2 and 4 have 1, 3 and 30 samples, in no order; a sample's features are its label and its row.
LABEL = np.random.default_rng(0).permutation(np.repeat([0, 2, 4], [1, 3, 30]))
CLASSES = ClassTable(
    names=tuple("abcdef"), text=np.arange(6, dtype=np.float32)[:, None], seen=np.array([True] * 5 + [False])
)
FEATURES = np.stack([LABEL, np.arange(len(LABEL))], axis=1).astype(np.float32)
TRAINING = TrainingSet(FeatureSet(audio=FEATURES, video=-FEATURES, label=LABEL), CLASSES)


def sampler(seed: int = 0, batch: int = 3000) -> Sampler:
    return Sampler(TRAINING, batch=batch, seed=seed, device=torch.device("cpu"))


def same(one: Batch, other: Batch) -> bool:
    return all(torch.equal(getattr(one, name), getattr(other, name)) for name in Batch.__slots__)


def test_every_class_is_drawn_as_often_and_every_sample_of_it() -> None:
    batch = sampler().draw()
    assert (torch.bincount(batch.label) / 3000 - 1 / 3).abs().max() < 0.04
    assert set(batch.audio[:, 1].tolist()) == set(range(len(LABEL)))


def test_negatives_are_of_the_other_classes_equally() -> None:
    batch = sampler().draw()
    own, other = batch.audio[:, 0], batch.negative_audio[:, 0]
    assert (own != other).all()
    for label in (0, 2, 4):
        of_others = other[own == label]
        for each in {0, 2, 4} - {label}:
            assert abs((of_others == each).float().mean().item() - 0.5) < 0.07


def test_audio_video_and_text_of_a_row_belong_together() -> None:
    batch = sampler().draw()
    assert torch.equal(batch.video, -batch.audio)
    assert torch.equal(batch.negative_video, -batch.negative_audio)
    assert torch.equal(batch.text[:, 0], batch.audio[:, 0])
    assert torch.equal(batch.negative_text[:, 0], batch.negative_audio[:, 0])
    assert torch.equal(batch.class_text[batch.label], batch.text)
    assert batch.class_text[:, 0].tolist() == [0, 2, 4]


def test_the_draws_depend_on_the_seed_only() -> None:
    first, again, other = sampler(), sampler(), sampler(seed=1)
    torch.rand(5)
    assert same(first.draw(), again.draw())
    assert same(first.draw(), again.draw())
    assert not same(first.draw(), other.draw())

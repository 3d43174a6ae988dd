"""MDIR: its terms by hand, its masks, and how clips are scored."""

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from models.evaluation.scorer import Scorer
from models.methods.base import Batch, Samples, Task, Widths, total
from models.methods.mdir import MDIR, TERMS, Options
from models.types import F32
from tests.tiny.samples import random, with_negatives

AUDIO, VIDEO, TEXT, CLASSES = 10, 8, 5, 4
SMALL = Options(
    masked=0.25,
    mask_hidden=6,
    encoder_hidden=16,
    hidden=16,
    token=12,
    feed_forward=5,
    out=4,
    encoder_dropout=0,
    dropout=0,
)


def made(**options: Any) -> MDIR:
    torch.manual_seed(0)
    task = Task(Widths(AUDIO, VIDEO, TEXT), random(CLASSES, TEXT), torch.empty(0, TEXT))
    return MDIR(task, replace(SMALL, **options))


@pytest.fixture
def batch() -> Batch:
    classes, label = random(CLASSES, TEXT), torch.arange(12) % CLASSES
    audio, video = random(12, AUDIO, seed=1), random(12, VIDEO, seed=2)
    return with_negatives(Samples(audio, video, classes[label], label, classes))


def in_float64(batch: Batch) -> Batch:
    floats = ("audio", "video", "text", "negative_audio", "negative_video", "negative_text", "class_text")
    return replace(batch, **{name: getattr(batch, name).double() for name in floats})


def probabilities(embeddings: Tensor, classes: Tensor, temperature: float) -> list[list[float]]:
    found = []
    for row in (embeddings @ classes.T / temperature).tolist():
        raw = [math.exp(each) for each in row]
        found.append([each / sum(raw) for each in raw])
    return found


def test_classification_and_distillation_follow_their_formulas(batch: Batch) -> None:
    method = made(temperature=2.0, video_share=0.3).eval()
    terms = method.terms(batch)
    by_sound, by_pictures = (
        probabilities(each, method.text(batch.class_text), 2.0) for each in method.clip(batch.audio, batch.video)
    )
    wrong, apart = 0.0, 0.0
    for label, heard, shown in zip(batch.label.tolist(), by_sound, by_pictures, strict=True):
        for c, (p_a, p_v) in enumerate(zip(heard, shown, strict=True)):
            p = 0.3 * p_v + 0.7 * p_a
            wrong -= math.log(p) if c == label else math.log(1 - p)
            apart += (p_v * math.log(p_v / p_a) + p_a * math.log(p_a / p_v)) / 2
    assert terms["classification"].item() == pytest.approx(wrong / 12, rel=1e-4)
    assert terms["distillation"].item() == pytest.approx(apart / 12, rel=1e-3)


def test_masks_are_held_against_the_top_of_the_gradient_with_respect_to_the_features(batch: Batch) -> None:
    method, batch = made().eval().double(), in_float64(batch)
    found = method.terms(batch)["mask"].item()
    expected = 0.0
    for name, mask, width in (("audio", method.clip.audio_mask, AUDIO), ("video", method.clip.video_mask, VIDEO)):
        given = getattr(batch, name)
        slopes = torch.empty_like(given)
        for column in range(width):
            step = torch.zeros_like(given)
            step[:, column] = 1e-6
            # In evaluation mode samples do not touch each other: a column of all rows is stepped at once.
            up, down = (per_sample(method, replace(batch, **{name: given + sign * step})) for sign in (1, -1))
            slopes[:, column] = up - down
        shown = round(0.25 * width)
        for row in range(len(given)):
            best = sorted(range(width), key=lambda column: -slopes[row, column].item())[:shown]
            for column, predicted in enumerate(mask(given)[row].tolist()):
                expected += (predicted - (column in best)) ** 2 / given.numel()
    assert found == pytest.approx(expected, rel=1e-6)


def per_sample(method: MDIR, batch: Batch) -> Tensor:
    """Each sample's own classification loss: [b]."""
    rows = (
        replace(batch, audio=batch.audio[[row]], video=batch.video[[row]], label=batch.label[[row]])
        for row in range(len(batch.label))
    )
    return torch.stack([method.terms(each)["classification"].detach() for each in rows])


def test_the_gradient_of_all_terms_is_that_of_finite_differences_with_pseudo_masks_as_constants(batch: Batch) -> None:
    method, batch = made().eval().double(), in_float64(batch)
    weights = dict.fromkeys(TERMS, 1.0)
    torch.autograd.backward(total(method.terms(batch), weights))
    for name, parameter in method.named_parameters():
        assert parameter.grad is not None, name
        at = int(parameter.grad.abs().argmax())
        losses = []
        for sign in (1, -1):
            with torch.no_grad():
                parameter.view(-1)[at] += sign * 1e-6
            losses.append(total(method.terms(batch), weights).item())
            with torch.no_grad():
                parameter.view(-1)[at] -= sign * 1e-6
        # The step is too small for any pseudo mask to change, so that they are constants here, too.
        assert (losses[0] - losses[1]) / 2e-6 == pytest.approx(parameter.grad.view(-1)[at].item(), rel=1e-4), name


def test_only_the_mask_predictors_learn_from_the_mask_term(batch: Batch) -> None:
    method = made()
    torch.autograd.backward(method.terms(batch)["mask"])
    learning = {name.split(".")[1] for name, each in method.named_parameters() if each.grad is not None}
    assert learning == {"audio_mask", "video_mask"}


def test_features_get_no_gradient_and_stay_as_they_were(batch: Batch) -> None:
    torch.autograd.backward(total(made().terms(batch), dict.fromkeys(TERMS, 1.0)))
    assert not batch.audio.requires_grad
    assert batch.audio.grad is None


def scores(method: MDIR, batch: Batch) -> F32:
    heads = method.eval().heads()

    def embed(name: str) -> F32:
        given = {"audio": batch.audio, "video": batch.video, "text": batch.class_text}
        found: F32 = heads[name].module(*(given[each] for each in heads[name].inputs)).detach().numpy()
        return found

    return Scorer(embed, method.routes(), method.fusions()).scores("av->text")


def test_tables_score_by_the_mixture_s_probabilities_or_their_logarithms(batch: Batch) -> None:
    method = made(video_share=0.3, temperature=0.5).eval()
    by_sound, by_pictures = (
        np.array(probabilities(each, method.text(batch.class_text), 0.5))
        for each in method.clip(batch.audio, batch.video)
    )
    expected = 0.3 * by_pictures + 0.7 * by_sound
    np.testing.assert_allclose(scores(method, batch), expected, rtol=1e-4)
    logged = made(video_share=0.3, temperature=0.5, scored="log_probabilities")
    np.testing.assert_allclose(scores(logged, batch), np.log(expected), rtol=1e-3, atol=1e-5)


def test_a_bundle_serves_the_geometric_mixture_over_the_training_classes(batch: Batch) -> None:
    method = made(video_share=0.3, temperature=0.5, scored="geometric").eval()
    assert method.fusions() == {}
    assert method.heads().keys() == {"av", "text_av"}
    by_sound, by_pictures = (
        np.log(probabilities(each, method.text(batch.class_text), 0.5))
        for each in method.clip(batch.audio, batch.video)
    )
    np.testing.assert_allclose(scores(method, batch), 0.3 * by_pictures + 0.7 * by_sound, rtol=1e-4, atol=1e-5)


def test_either_modality_is_seen_with_the_other(batch: Batch) -> None:
    method = made().eval()
    by_sound, by_pictures = method.clip(batch.audio, batch.video)
    other_sound, other_pictures = method.clip(batch.audio, -batch.video)
    assert not torch.allclose(by_sound, other_sound)
    assert not torch.allclose(by_pictures, other_pictures)

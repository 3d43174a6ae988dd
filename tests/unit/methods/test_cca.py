"""CCA against two textbook ways to the same correlations, and what it must not depend on."""

from dataclasses import replace
from functools import partial

import numpy as np
import pytest
import scipy.linalg
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from models.errors import RecipeInvalid, TrainingDataInvalid
from models.methods import build
from models.methods.base import ClosedFormMethod, Samples
from models.types import F64, Metric
from tests.tiny.samples import samples, solved_by, task_of
from training.fit import fit
from training.recipe import parse
from training.splits import ClassTable, FeatureSet, Split, TrainingSet

SMALL = samples()
solved = partial(solved_by, "cca", components=3, regularisation=0)


def embedded(method: ClosedFormMethod, given: Samples) -> tuple[F64, F64]:
    """The samples' sounds and pictures in the space, in float64."""
    heads = method.heads()
    audio, video = heads["audio"].module(given.audio), heads["video"].module(given.video)
    return audio.double().numpy(), video.double().numpy()


def correlations(method: ClosedFormMethod, given: Samples) -> F64:
    """[k] of each pair of components."""
    pairs = zip(*(each.T for each in embedded(method, given)), strict=True)
    return np.array([np.corrcoef(ours, theirs)[0, 1] for ours, theirs in pairs])


def by_angles(first: torch.Tensor, second: torch.Tensor) -> F64:
    """Canonical correlations as cosines of the angles between the spaces that both views' columns span."""
    bases = [np.linalg.qr(each.double().numpy() - each.double().numpy().mean(axis=0))[0] for each in (first, second)]
    return np.linalg.svd(bases[0].T @ bases[1], compute_uv=False)


# Weights and embeddings are float32: correlations hold to about 1e-6.
def test_the_correlations_are_the_cosines_between_the_spaces_of_both_modalities() -> None:
    expected = by_angles(SMALL.audio, SMALL.video)[:3]
    assert correlations(solved(SMALL), SMALL) == pytest.approx(expected, abs=1e-5)
    assert expected[0] > expected[2] + 0.05  # so that their order is tested


def test_components_have_unit_variance_and_correlate_with_their_partner_only() -> None:
    audio, video = embedded(solved(SMALL), SMALL)
    joint = np.cov(np.hstack([audio, video]), rowvar=False, bias=True)
    expected = np.eye(6)
    expected[:3, 3:] = expected[3:, :3] = np.diag(by_angles(SMALL.audio, SMALL.video)[:3])
    np.testing.assert_allclose(joint, expected, atol=1e-5)


def test_with_regularisation_it_solves_the_generalised_eigenproblem() -> None:
    audio, video = (each.double().numpy() - each.double().numpy().mean(axis=0) for each in (SMALL.audio, SMALL.video))
    ridges = [0.3 * each.var(axis=0).mean() * np.eye(each.shape[1]) for each in (audio, video)]
    own = [each.T @ each / len(each) + ridge for each, ridge in zip((audio, video), ridges, strict=True)]
    cross = np.block([[np.zeros((6, 6)), audio.T @ video / 60], [video.T @ audio / 60, np.zeros((5, 5))]])
    values, vectors = scipy.linalg.eigh(cross, scipy.linalg.block_diag(*own))
    expected = vectors[:, ::-1][:, :3]
    method = solved(SMALL, regularisation=0.3)
    found = np.vstack([method.get_buffer(f"maps.{each}.weights").numpy() for each in ("audio", "video")])
    # Eigenvectors have any sign, and both views together the length 1 here, 2 there.
    np.testing.assert_allclose(np.abs(found) / np.sqrt(2), np.abs(expected), atol=1e-5)
    assert values[-1] < by_angles(SMALL.audio, SMALL.video)[0]


@settings(max_examples=15)
@given(seed=st.integers(0, 10_000))
def test_an_invertible_map_of_a_modality_changes_no_score(seed: int) -> None:
    numbers = np.random.default_rng(seed)
    turns = [np.linalg.qr(numbers.normal(size=(6, 6)))[0] for _ in range(2)]
    mapped = turns[0] * numbers.uniform(0.3, 3, 6) @ turns[1]
    turned = replace(SMALL, audio=SMALL.audio @ torch.from_numpy(mapped.astype(np.float32)) + 7)
    audio, video = embedded(solved(SMALL), SMALL)
    other_audio, other_video = embedded(solved(turned), turned)
    np.testing.assert_allclose(other_audio @ other_video.T, audio @ video.T, atol=2e-3)


def test_features_that_are_constant_or_sums_of_others_change_nothing_even_without_regularisation() -> None:
    audio = SMALL.audio
    padded = replace(SMALL, audio=torch.cat([audio, torch.full((60, 1), 9.0), audio[:, :1] - audio[:, 1:2]], dim=1))
    assert correlations(solved(padded), padded) == pytest.approx(correlations(solved(SMALL), SMALL), abs=1e-5)


def test_the_pair_may_be_pictures_and_texts() -> None:
    method = solved(SMALL, pair=("video", "text"), metric="euclidean")
    assert set(method.heads()) == {"video", "text"}
    routes = method.routes()
    assert set(routes) == {"video->text", "text->video", "video->video"}
    assert routes["video->text"].metric is Metric.EUCLIDEAN


def test_more_components_than_numbers_are_refused_naming_both_widths() -> None:
    with pytest.raises(RecipeInvalid, match="6 of audio features 6 wide and video features 5 wide"):
        build("cca", task_of(SMALL), {"components": 6})


def test_more_components_than_directions_are_refused_naming_how_many_there_are() -> None:
    flat = replace(SMALL, video=SMALL.video[:, :2] @ torch.randn(2, 5, generator=torch.Generator().manual_seed(0)))
    with pytest.raises(TrainingDataInvalid, match="audio in 6 and video in 2 directions; expected at least 3"):
        solved(flat)
    assert np.isfinite(correlations(solved(flat, regularisation=0.1), flat)).all()


def test_a_modality_that_the_data_lack_is_refused() -> None:
    with pytest.raises(RecipeInvalid, match="no text features"):
        build("cca", task_of(samples(text=0)), {"pair": ("video", "text"), "components": 1})


def test_the_same_modality_twice_is_refused() -> None:
    with pytest.raises(RecipeInvalid, match=r"options\.pair: .*two different modalities"):
        build("cca", task_of(SMALL), {"pair": ("video", "video")})


def image_text(rows: int, seed: int, *, paired: bool) -> FeatureSet:
    """Pictures and texts that both show their class, three of ten directions each; or texts of other pictures."""
    numbers = np.random.default_rng(seed)
    label = np.arange(rows) % 5
    hidden = np.random.default_rng(0).normal(size=(5, 3))[label] + 0.1 * numbers.normal(size=(rows, 3))
    maps = np.random.default_rng(1).normal(size=(2, 3, 10))
    video, text = ((hidden @ each + 0.1 * numbers.normal(size=(rows, 10))).astype(np.float32) for each in maps)
    order = np.arange(rows) if paired else numbers.permutation(rows)
    return FeatureSet(np.zeros((rows, 0), np.float32), video, label, text[order])


def test_trained_by_a_recipe_it_retrieves_texts_of_their_own_and_keeps_the_options_that_validate_best() -> None:
    classes = ClassTable(("a", "b", "c", "d", "e"), np.zeros((5, 0), np.float32), np.ones(5, np.bool_))
    search = {"components": [1, 3], "regularisation": [1e-3, 1e-2]}
    recipe = parse({"method": "cca", "options": {"pair": ["video", "text"]}, "search": search})
    found, shuffled = (
        fit(
            recipe,
            TrainingSet(image_text(200, 2, paired=paired), classes),
            validation=Split(image_text(50, 3, paired=True), classes),
            report=lambda _: None,
        )
        for paired in (True, False)
    )
    assert [each.epoch for each in found.history] == [1, 2, 3, 4]
    assert found.best.merit == max(each.merit for each in found.history)
    assert found.recipe.options["components"] == 3
    assert set(found.best.validation.retrieval) == {"video->text", "text->video"}
    assert min(found.best.validation.retrieval.values()) > 0.9
    assert shuffled.best.merit < 0.6

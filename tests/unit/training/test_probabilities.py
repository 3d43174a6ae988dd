"""Probabilities of hits that a bundle brings along, fitted on validation."""

from pathlib import Path

import numpy as np
import pytest

from models.bundle.manifest import EncoderRef
from models.bundle.runtime import Bundle
from models.bundle.store import CARD, load_manifest
from models.calibration import curve, stack
from models.probability import fit
from models.scoring import scores
from models.temperature import fit_temperature
from tests.tiny.world import World, world
from training.export import EncoderRefs, Measured, export
from training.fit import fit as fit_method
from training.progress import Fitted
from training.recipe import named
from training.splits import FeatureSet, Split
from training.validation import class_scores, served_betas, served_curves, served_probabilities, served_temperatures

SEARCHED = {"text->audio", "text->video", "text->av", "audio->video", "video->audio"}


@pytest.fixture(scope="module")
def small() -> World:
    """Twelve classes, three validation clips of each."""
    return world(seen=8, unseen=4, clips=9, audio=8, video=8, text=8)


@pytest.fixture(scope="module")
def fitted(small: World) -> Fitted:
    """CJME after a few steps."""
    recipe = named("cjme", on="demo").model_copy(update={"batch": 8, "steps_per_epoch": 5, "epochs": 1})
    return fit_method(recipe, small.training, validation=small.validation, report=lambda _: None)


def test_every_route_to_clips_has_one_of_the_scores_that_the_bundle_will_give(
    fitted: Fitted, small: World, tmp_path: Path
) -> None:
    found = served_probabilities(fitted.method, small.validation, fitted_on="a world")
    curves = served_curves(fitted.method, small.validation, fitted.betas, measured_on="a world")
    assert found.keys() >= SEARCHED
    assert not [route for route in found if route.endswith("->text")]
    refs = {name: EncoderRef(name=f"{name}@1", sha256="a" * 64, width=8) for name in ("audio", "video", "text")}
    export(
        fitted,
        folder=tmp_path / "bundle",
        name="bundle",
        encoders=EncoderRefs(**refs),
        classes=small.training.classes,
        measured=Measured(fitted.betas, probabilities=found, curves=curves),
        trained_on="a world",
    )
    manifest = load_manifest(tmp_path / "bundle")
    assert (manifest.probabilities, manifest.classification.curves) == (found, curves)
    card = (tmp_path / "bundle" / CARD).read_text()
    assert f"| text->av | {found['text->av'].slope:.4f} |" in card
    assert "Probabilities of hits, fitted on a world:" in card
    for route in SEARCHED:
        scored, relevant = _pairs(Bundle(tmp_path / "bundle", manifest), small.validation, route)
        expected = fit(scored, relevant)
        assert found[route].pairs == len(scored)
        assert found[route].base_rate == pytest.approx(relevant.mean())
        assert found[route].slope == pytest.approx(expected.slope, rel=1e-2, abs=1e-2)
        assert found[route].intercept == pytest.approx(expected.intercept, rel=1e-2, abs=1e-2)


def test_every_channel_has_a_temperature_of_the_scores_that_classify(fitted: Fitted, small: World) -> None:
    betas = {channel: 0.1 for channel in fitted.betas}
    found = served_temperatures(fitted.method, small.validation, betas, fitted_on="a world")
    assert found.keys() == {"audio", "video", "av"}
    labels, seen = small.validation.features.label, small.validation.classes.seen
    for channel, each in found.items():
        stacked = stack(class_scores(fitted.method, small.validation, channel), seen, 0.1)
        assert each.accuracy == pytest.approx((stacked.argmax(axis=1) == labels).mean(), abs=0.03)
        assert (each.clips, each.classes, each.fitted_on) == (len(labels), 12, "a world")
        if channel != "av":  # which a fusion scores in training, and a route of its own in the bundle
            assert each.temperature == pytest.approx(fit_temperature(stacked, labels))


def test_every_channel_has_the_curve_of_the_betas_that_the_bundle_could_take_off(fitted: Fitted, small: World) -> None:
    betas = served_betas(fitted.method, small.validation)
    found = served_curves(fitted.method, small.validation, betas, measured_on="a world")
    assert found.keys() == {"audio", "video", "av"}
    for channel in ("audio", "video"):  # not "av", which a fusion scores in training, and a route in the bundle
        scored, labels = class_scores(fitted.method, small.validation, channel), small.validation.features.label
        expected = curve(scored, labels, small.validation.classes.seen, found[channel].betas)
        assert found[channel].harmonic == pytest.approx([each.harmonic_mean for each in expected], abs=1e-6)
        assert betas[channel] in found[channel].betas


def test_a_validation_of_hardly_any_clips_fits_nothing(fitted: Fitted, small: World) -> None:
    there, labels = small.validation.features, np.array([0, 1, 0, 1])
    split = Split(FeatureSet(there.audio[:4], there.video[:4], labels), small.validation.classes)
    assert served_probabilities(fitted.method, split, fitted_on="a world") == {}


def _pairs(bundle: Bundle, split: Split, route: str) -> tuple[np.ndarray, np.ndarray]:
    """Every query with every clip but itself, one by one."""
    rows = {"audio": split.features.audio, "video": split.features.video, "text": split.classes.text}
    spec, labels = bundle.manifest.routes[route], split.features.label
    queries, gallery = (
        bundle.embed(head, {each: rows[each] for each in bundle.manifest.heads[head].inputs})
        for head in (spec.query, spec.gallery)
    )
    scored, by_words = scores(queries, gallery, spec.metric), route.startswith("text")
    asked = np.arange(len(queries)) if by_words else labels
    places = [(q, g) for q in range(len(queries)) for g in range(len(labels)) if by_words or q != g]
    pairs = [(scored[q, g], asked[q] == labels[g]) for q, g in places]
    return np.array([score for score, _ in pairs]), np.array([each for _, each in pairs])

"""What every method must hold to, whatever it minimises."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from models.bundle.manifest import EncoderRef
from models.bundle.runtime import Bundle
from models.methods import METHODS, build
from models.methods.base import Batch, Method, total
from models.types import Metric
from tests.tiny.world import World, world
from training.export import EncoderRefs, export, random_features
from training.fit import fit
from training.recipe import Recipe, parse
from training.sampling import Sampler

OPTIONS: dict[str, dict[str, Any]] = {
    "cjme": {"hidden": 16, "text_hidden": 12, "out": 8},
    "avgzslnet": {"hidden": 16, "text_hidden": 12, "out": 8, "decoder_hidden": 8, "dropout": 0.2},
}
CLIP_ROUTES = {"text->audio", "text->video", "audio->video", "video->audio", "audio->audio", "video->video"}
CLASS_ROUTES = {"text->av", "av->text", "audio->text", "video->text"}


@pytest.fixture(scope="module")
def small() -> World:
    return world(seen=6, unseen=3, clips=6, audio=10, video=9, text=11)


@pytest.fixture(params=sorted(METHODS))
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def recipe(name: str) -> Recipe:
    weights = dict.fromkeys(METHODS[name].terms, 1.0)
    quick = {"batch": 24, "steps_per_epoch": 2, "epochs": 2}
    return parse({"method": name, "options": OPTIONS[name], "weights": weights} | quick)


@pytest.fixture
def method(name: str, small: World) -> Method:
    torch.manual_seed(0)
    return build(name, small.training.widths, OPTIONS[name])


@pytest.fixture
def batch(small: World) -> Batch:
    return Sampler(small.training, batch=24, seed=0, device=torch.device("cpu")).draw()


def test_terms_are_finite_scalars_of_the_names_it_declares(name: str, method: Method, batch: Batch) -> None:
    terms = method.terms(batch)
    assert tuple(terms) == METHODS[name].terms
    assert all(term.shape == () and term.isfinite() and term >= 0 for term in terms.values())


def test_every_parameter_gets_a_gradient(method: Method, batch: Batch) -> None:
    torch.autograd.backward(torch.stack(list(method.terms(batch).values())).sum())
    without = [name for name, each in method.named_parameters() if each.grad is None or not each.grad.any()]
    assert without == []


def test_a_batch_is_embedded_as_its_rows_are(method: Method, small: World) -> None:
    given = {"audio": small.test.features.audio[:5], "video": small.test.features.video[:5]}
    given["text"] = small.test.classes.text[:5]
    method.eval()
    for name, head in method.heads().items():
        features = [torch.from_numpy(given[each]) for each in head.inputs]
        rows = torch.cat([head.module(*(each[row : row + 1] for each in features)) for row in range(5)])
        torch.testing.assert_close(head.module(*features), rows, rtol=1e-4, atol=1e-5, msg=name)


def test_five_steps_lower_the_loss(name: str, method: Method, batch: Batch) -> None:
    weights = dict.fromkeys(METHODS[name].terms, 1.0)
    adam = torch.optim.Adam(method.parameters(), lr=1e-2)
    losses = []
    for _ in range(6):
        loss = total(method.terms(batch), weights)
        adam.zero_grad()
        torch.autograd.backward(loss)
        adam.step()
        losses.append(loss.item())
    assert losses[-1] < losses[0]


def test_routes_name_heads_and_reach_clips_and_classes(method: Method) -> None:
    routes, heads = method.routes(), method.heads()
    assert set(routes) == CLIP_ROUTES | CLASS_ROUTES
    assert {head for route in routes.values() for head in (route.query, route.gallery)} <= heads.keys()
    assert routes["text->av"].metric is routes["av->text"].metric is Metric.INNER


def test_a_clip_s_score_by_both_modalities_is_the_weighed_sum_of_squared_distances(
    method: Method, small: World
) -> None:
    heads = method.eval().heads()
    audio, video = (torch.from_numpy(each) for each in (small.test.features.audio, small.test.features.video))
    text = torch.from_numpy(small.test.classes.text)
    if method.attention is None:
        weights = torch.full((len(audio), 2), 0.5)
    else:
        weights = heads[method.attention].module(audio, video)
    words = heads["text"].module(text)
    squares = [torch.cdist(heads[each].module(of), words) ** 2 for each, of in (("audio", audio), ("video", video))]
    expected = -(weights[:, :1] * squares[0] + weights[:, 1:] * squares[1])
    found = heads["av"].module(audio, video) @ heads["text_av"].module(text).T
    torch.testing.assert_close(found, expected, rtol=1e-3, atol=1e-4)


def test_it_exports_to_a_bundle_that_embeds_as_torch_does(recipe: Recipe, small: World, tmp_path: Path) -> None:
    fitted = fit(recipe, small.training, validation=small.validation, report=lambda _: None)
    widths = small.training.widths
    encoders = EncoderRefs(
        audio=EncoderRef(name="tiny-audio@1", sha256="a" * 64, width=widths.audio),
        video=EncoderRef(name="tiny-video@1", sha256="b" * 64, width=widths.video),
        text=EncoderRef(name="tiny-text@1", sha256="c" * 64, width=widths.text),
    )
    manifest = export(
        fitted,
        folder=tmp_path / "bundle",
        name="tiny",
        encoders=encoders,
        classes=small.training.classes,
        betas=fitted.betas,
        evaluation={"harmonic mean": 0.5},
        trained_on="a world in a test",
    )
    bundle = Bundle.open(tmp_path / "bundle")
    assert bundle.manifest == manifest
    assert manifest.heads.keys() == fitted.method.heads().keys()
    assert 0 < manifest.export_difference <= 1e-4
    assert manifest.betas == fitted.betas
    assert [each.name for each in manifest.seen_classes] == list(small.training.classes.names[:6])
    card = (tmp_path / "bundle" / "card.md").read_text()
    assert "a world in a test" in card
    assert "| harmonic mean | 0.5000 |" in card
    given = random_features(fitted)
    for name, head in fitted.method.heads().items():
        for rows in (2, 31):
            features = {each: given[each][:rows] for each in head.inputs}
            expected = head.module.eval()(*(torch.from_numpy(features[each]) for each in head.inputs))
            np.testing.assert_allclose(bundle.embed(name, features), expected.detach().numpy(), atol=1e-4)

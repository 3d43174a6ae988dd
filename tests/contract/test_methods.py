"""What every method must hold to, whatever it minimises."""

from pathlib import Path

import numpy as np
import pytest
import torch

from models.bundle.manifest import EncoderRef
from models.bundle.runtime import Bundle
from models.methods import METHODS, build
from models.methods.base import Batch, GradientMethod, Method, Turn, total
from models.types import Metric
from tests.contract.fitting import fitted
from tests.contract.small_methods import OPTIONS
from tests.tiny.world import World, world
from training.export import EncoderRefs, Measured, export, random_features
from training.sampling import Sampler

BY_STEPS = sorted(name for name, spec in METHODS.items() if spec.terms)
JOINT = ("avgzslnet", "cjme")
CLIP_ROUTES = {"text->audio", "text->video", "audio->video", "video->audio", "audio->audio", "video->video"}
CLASS_ROUTES = {"text->av", "av->text", "audio->text", "video->text"}


@pytest.fixture(scope="module")
def small() -> World:
    return world(seen=6, unseen=3, clips=6, audio=10, video=10, text=11)


@pytest.fixture
def batch(small: World) -> Batch:
    return Sampler(small.training, batch=24, seed=0, device=torch.device("cpu")).draw()


def made(name: str, small: World) -> Method:
    torch.manual_seed(0)
    return build(name, small.training.task, OPTIONS[name])


def made_by_steps(name: str, small: World) -> GradientMethod:
    method = made(name, small)
    assert isinstance(method, GradientMethod)
    return method


def turns(method: GradientMethod) -> list[Turn]:
    return [turn for phase in method.phases() for turn in phase.turns]


def test_every_method_has_small_options() -> None:
    assert OPTIONS.keys() == METHODS.keys()


@pytest.mark.parametrize("name", BY_STEPS)
def test_terms_are_finite_scalars_of_the_names_it_declares(name: str, small: World, batch: Batch) -> None:
    method = made_by_steps(name, small)
    found: dict[str, torch.Tensor] = {}
    for phase in method.phases():
        phase.begin()
        for turn in phase.turns:
            found |= turn.terms(batch)
    assert set(found) == set(METHODS[name].terms)
    assert all(term.shape == () and term.isfinite() for term in found.values())


@pytest.mark.parametrize("name", BY_STEPS)
def test_every_parameter_gets_a_gradient_in_some_turn(name: str, small: World, batch: Batch) -> None:
    method = made_by_steps(name, small)
    reached: set[int] = set()
    for turn in turns(method):
        method.zero_grad()
        loss = torch.stack(list(turn.terms(batch).values())).sum()
        torch.autograd.backward(loss, inputs=list(turn.parameters))
        without = [each.shape for each in turn.parameters if each.grad is None or not each.grad.any()]
        assert without == []
        reached |= {id(each) for each in turn.parameters}
    assert [key for key, each in method.named_parameters() if id(each) not in reached] == []


@pytest.mark.parametrize("name", BY_STEPS)
def test_five_steps_lower_the_loss_of_every_turn(name: str, small: World, batch: Batch) -> None:
    method = made_by_steps(name, small)
    for phase in method.phases():
        phase.begin()
        for turn in phase.turns:
            adam = torch.optim.Adam(turn.parameters, lr=1e-2)
            losses = []
            for _ in range(6):
                terms = turn.terms(batch)
                loss = total(terms, dict.fromkeys(terms, 1.0))
                adam.zero_grad()
                torch.autograd.backward(loss, inputs=list(turn.parameters))
                adam.step()
                losses.append(loss.item())
            assert losses[-1] < losses[0]


@pytest.mark.parametrize("name", sorted(METHODS))
def test_a_batch_is_embedded_as_its_rows_are(name: str, small: World) -> None:
    method = fitted(name, small).method
    given = {"audio": small.test.features.audio[:5], "video": small.test.features.video[:5]}
    given["text"] = small.test.classes.text[:5]
    for label, head in method.heads().items():
        features = [torch.from_numpy(given[each]) for each in head.inputs]
        rows = torch.cat([head.module(*(each[row : row + 1] for each in features)) for row in range(5)])
        torch.testing.assert_close(head.module(*features), rows, rtol=1e-4, atol=1e-5, msg=label)


@pytest.mark.parametrize("name", sorted(METHODS))
def test_the_same_seed_gives_the_same_weights(name: str, small: World) -> None:
    first, again = (fitted(name, small).method.state_dict() for _ in range(2))
    assert all(torch.equal(first[key], again[key]) for key in first)


@pytest.mark.parametrize("name", sorted(METHODS))
def test_routes_and_fusions_name_heads_and_are_named_by_modalities(name: str, small: World) -> None:
    method = made(name, small)
    routes, heads, fusions = method.routes(), method.heads(), method.fusions()
    assert routes
    assert {head for route in routes.values() for head in (route.query, route.gallery)} <= heads.keys()
    assert {side for route in routes for side in route.split("->")} <= {"audio", "video", "text", "av"}
    assert fusions.keys() <= routes.keys()
    parts = {route for fusion in fusions.values() for route in fusion.routes}
    assert {head for route in parts for head in (route.query, route.gallery)} <= heads.keys()


@pytest.mark.parametrize("name", JOINT)
def test_joint_routes_reach_clips_and_classes(name: str, small: World) -> None:
    routes = made(name, small).routes()
    assert set(routes) == CLIP_ROUTES | CLASS_ROUTES
    assert routes["text->av"].metric is routes["av->text"].metric is Metric.INNER


@pytest.mark.parametrize("name", JOINT)
def test_a_clip_s_score_by_both_modalities_is_the_weighed_sum_of_squared_distances(name: str, small: World) -> None:
    method = made(name, small).eval()
    heads = method.heads()
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


@pytest.mark.parametrize("name", sorted(METHODS))
def test_it_exports_to_a_bundle_that_embeds_as_torch_does(name: str, small: World, tmp_path: Path) -> None:
    trained = fitted(name, small)
    widths = small.training.widths
    encoders = EncoderRefs(
        audio=EncoderRef(name="tiny-audio@1", sha256="a" * 64, width=widths.audio),
        video=EncoderRef(name="tiny-video@1", sha256="b" * 64, width=widths.video),
        text=EncoderRef(name="tiny-text@1", sha256="c" * 64, width=widths.text),
    )
    manifest = export(
        trained,
        folder=tmp_path / "bundle",
        name="tiny",
        encoders=encoders,
        classes=small.training.classes,
        measured=Measured(trained.betas, {"harmonic mean": 0.5}),
        trained_on="a world in a test",
    )
    bundle = Bundle.open(tmp_path / "bundle")
    assert bundle.manifest == manifest
    assert manifest.heads.keys() == trained.method.heads().keys()
    assert 0 <= manifest.export_difference <= 1e-4
    assert manifest.betas == trained.betas
    assert [each.name for each in manifest.seen_classes] == list(small.training.classes.names[:6])
    card = (tmp_path / "bundle" / "card.md").read_text()
    assert "a world in a test" in card
    assert "| harmonic mean | 0.5000 |" in card
    given = random_features(trained)
    for label, head in trained.method.heads().items():
        for rows in (2, 31):
            features = {each: given[each][:rows] for each in head.inputs}
            expected = head.module.eval()(*(torch.from_numpy(features[each]) for each in head.inputs))
            np.testing.assert_allclose(bundle.embed(label, features), expected.detach().numpy(), atol=1e-4)

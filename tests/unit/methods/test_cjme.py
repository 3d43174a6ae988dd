"""CJME's variants: with attention and without, the paper's and the published code's, and how clips are scored."""

from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from models.errors import RecipeInvalid
from models.evaluation.scorer import Scorer
from models.losses.attention import entropy, entropy_of_inverse_distances
from models.methods import build
from models.methods.base import Batch, GradientMethod, Method, Task, Widths
from models.methods.cjme import CJME
from models.scoring import scores
from models.types import F32
from tests.tiny.world import World
from training.recipe import named
from training.sampling import Sampler
from training.validation import scorer

SMALL: dict[str, Any] = {"hidden": 16, "text_hidden": 12, "out": 8, "dropout": 0}
PAPER: dict[str, Any] = {
    "text_layers": 1,
    "last": "identity",
    "entropy": "inverse_distances",
    "attention_loss": "cross_entropy",
    "audio_video": "sum",
    "weighed": "sample",
}
JOINT = ("cjme", "cjme-paper", "cjme-no-attention", "avgzslnet", "avgzslnet-paper", "avgzslnet-attention")
EITHER = [("cjme", "selected"), ("cjme", "surer"), ("cjme-no-attention", "surer")]


def made(name: str, small: World, **options: Any) -> GradientMethod:
    """In evaluation mode, after batch norms have seen a batch that clips may differ from."""
    torch.manual_seed(0)
    method = build(name, small.training.task, SMALL | options)
    assert isinstance(method, GradientMethod)
    with torch.no_grad():
        method.terms(Sampler(small.training, batch=24, seed=1, device=torch.device("cpu")).draw())
    return method.eval()


def clips(small: World) -> tuple[Tensor, Tensor]:
    features = small.test.features
    return torch.from_numpy(features.audio), torch.from_numpy(features.video)


def embeddings(method: Method, small: World) -> tuple[Tensor, Tensor, Tensor]:
    """Of the test clips' sound and pictures, and of the classes trained on."""
    audio, video = clips(small)
    heads = method.heads()
    text = heads["text"].module(small.training.task.class_text)
    return heads["audio"].module(audio), heads["video"].module(video), text


def terms(name: str, small: World, batch: Batch, **options: Any) -> dict[str, float]:
    return {key: term.item() for key, term in made(name, small, **options).train().terms(batch).items()}


def test_attention_selects_pictures_from_a_half_on_and_sound_below(small: World) -> None:
    weighed = made("cjme", small, inference="weighed").heads()["attention"].module(*clips(small))
    selected = made("cjme", small, inference="selected").heads()["attention"].module(*clips(small))
    assert selected.tolist() == [[0, 1] if video >= 0.5 else [1, 0] for _, video in weighed.tolist()]
    assert selected[:, 0].any()
    assert selected[:, 1].any()


@pytest.mark.parametrize("name", ["cjme", "cjme-no-attention"])
@pytest.mark.parametrize(
    ("rule", "undecided"), [("inner_products", entropy), ("inverse_distances", entropy_of_inverse_distances)]
)
def test_the_surer_modality_is_taken_or_both_where_neither_is_by_the_gap(
    name: str, rule: str, undecided: Any, small: World
) -> None:
    audio, video, text = embeddings(made(name, small), small)
    lead = undecided(audio, text) - undecided(video, text)
    gap = lead.abs().median().item()
    found = made(name, small, inference="surer", entropy=rule, entropy_gap=gap).heads()["attention"]
    expected = [[0, 1] if each > gap else [1, 0] if each < -gap else [0.5, 0.5] for each in lead.tolist()]
    assert found.module(*clips(small)).tolist() == expected
    kinds = {tuple(each) for each in expected}
    assert (0.5, 0.5) in kinds
    assert len(kinds) > 1


@pytest.mark.parametrize("name", ["cjme", "cjme-no-attention"])
def test_inference_by_both_equally_has_no_attention_to_export(name: str, small: World) -> None:
    method = made(name, small, inference="equal", scored="plain")
    assert method.attention is None
    assert "attention" not in method.heads()
    assert {fusion.rule for fusion in method.fusions().values()} == {"sum"}


@pytest.mark.parametrize(("name", "inference"), EITHER)
def test_a_clip_s_weights_decide_what_it_is_scored_by(name: str, inference: str, small: World) -> None:
    method = made(name, small, inference=inference)
    heads = method.heads()
    weights = heads["attention"].module(*clips(small))
    audio, video, text = embeddings(method, small)
    expected = -(weights[:, :1] * torch.cdist(audio, text) ** 2 + weights[:, 1:] * torch.cdist(video, text) ** 2)
    of_text = heads["text_av"].module(small.training.task.class_text)
    torch.testing.assert_close(heads["av"].module(*clips(small)) @ of_text.T, expected, rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize(("name", "inference"), [*EITHER, ("cjme", "weighed")])
def test_tables_weigh_plain_distances_by_the_same_weights(name: str, inference: str, small: World) -> None:
    method = made(name, small, inference=inference, scored="plain")
    found = scorer(method, small.test)
    routes = {each: scores_of(found, each) for each in ("audio->text", "video->text")}
    weights = method.heads()["attention"].module(*clips(small)).detach().numpy()
    expected = weights[:, :1] * routes["audio->text"] + weights[:, 1:] * routes["video->text"]
    np.testing.assert_allclose(found.scores("av->text"), expected, rtol=1e-5)
    np.testing.assert_allclose(found.scores("text->av"), expected.T, rtol=1e-5)


def scores_of(found: Scorer, name: str) -> F32:
    route = found.routes[name]
    return scores(found.embedded(route.query), found.embedded(route.gallery), route.metric)


def test_where_one_modality_is_selected_bundle_and_tables_name_the_same_class(small: World) -> None:
    squared, plain = (made("cjme", small, inference="selected", scored=each) for each in ("squared", "plain"))
    assert squared.fusions() == {}
    named_by = [scorer(each, small.test).scores("av->text").argmax(axis=1).tolist() for each in (squared, plain)]
    assert named_by[0] == named_by[1]


@pytest.mark.parametrize("recipe", JOINT)
def test_the_demo_s_recipes_are_validated_by_the_scores_that_their_bundle_gives(recipe: str, small: World) -> None:
    chosen = named(recipe, on="demo")
    assert build(chosen.method, small.training.task, chosen.options).fusions() == {}
    elsewhere = named(recipe, on="ucf-gzsl")
    assert build(elsewhere.method, small.training.task, elsewhere.options).fusions() != {}


def test_the_paper_s_audio_video_term_is_as_many_times_ours_as_there_are_dimensions(small: World, batch: Batch) -> None:
    mean, summed = (terms("cjme", small, batch, audio_video=each)["audio_video"] for each in ("mean", "sum"))
    assert summed == pytest.approx(8 * mean, rel=1e-5)


def test_without_attention_both_triplets_weigh_a_half_and_there_is_no_attention_term(
    small: World, batch: Batch
) -> None:
    found = terms("cjme-no-attention", small, batch)
    only = {each: terms("cjme-no-attention", small, batch, triplets=each)["triplet"] for each in ("audio", "video")}
    assert found.keys() == {"triplet", "audio_video"}
    assert found["triplet"] == pytest.approx(only["audio"] + only["video"], rel=1e-5)
    assert min(only.values()) > 0.01


def test_a_triplet_left_out_does_not_train_its_modality(small: World, batch: Batch) -> None:
    method = made("cjme", small, triplets="audio").train()
    torch.autograd.backward(method.terms(batch)["triplet"])
    reached = {
        key.split(".")[0] for key, each in method.named_parameters() if each.grad is not None and each.grad.any()
    }
    assert reached == {"audio", "text", "weigher"}


@pytest.mark.parametrize("option", sorted(PAPER))
def test_every_option_of_the_paper_s_changes_what_is_minimised(option: str, small: World, batch: Batch) -> None:
    assert terms("cjme", small, batch, **{option: PAPER[option]}) != terms("cjme", small, batch)


def test_the_attention_s_target_lets_no_gradient_through(small: World, batch: Batch) -> None:
    method = made("cjme", small, **PAPER).train()
    torch.autograd.backward(method.terms(batch)["attention"])
    reached = {key.split(".")[0] for key, each in method.named_parameters() if each.grad is not None}
    assert reached == {"weigher"}


def test_one_layer_of_text_is_a_linear_map(small: World) -> None:
    text = made("cjme", small, text_layers=1, last="identity").heads()["text"].module
    first, second = small.training.task.class_text[:2]
    middle = text(((first + second) / 2)[None])
    torch.testing.assert_close(middle, (text(first[None]) + text(second[None])) / 2)


def test_the_classes_it_was_built_for_are_no_part_of_its_weights(small: World) -> None:
    method = made("cjme", small, inference="surer")
    assert isinstance(method, CJME)
    assert torch.equal(method.class_text, small.training.task.class_text)
    assert "class_text" not in method.state_dict()


@pytest.mark.parametrize("lacking", ["audio", "video", "text"])
def test_data_that_lack_a_modality_are_refused_naming_it(lacking: str) -> None:
    widths = Widths(**({"audio": 4, "video": 4, "text": 4} | {lacking: 0}))
    task = Task(widths, class_text=torch.zeros(2, widths.text), unseen_text=torch.zeros(0, widths.text))
    with pytest.raises(RecipeInvalid, match=f"the data have no {lacking}"):
        build("cjme", task, {})

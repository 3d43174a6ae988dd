"""AVCA: its terms by separate calls and a loop, its branches, outputs and batch norm statistics."""

from dataclasses import replace
from typing import Any

import pytest
import torch
from torch import Tensor

from models.errors import RecipeInvalid
from models.evaluation.scorer import Scorer
from models.methods import build
from models.methods.avca import AVCA, TERMS, Options
from models.methods.avca_space import Space
from models.methods.base import Batch, Samples, Task, Widths, total
from models.types import F32
from tests.tiny.samples import random, with_negatives

AUDIO, VIDEO, TEXT, CLASSES = 10, 8, 5, 4
WIDTHS = Widths(AUDIO, VIDEO, TEXT)
SMALL = Options(
    encoder_hidden=16,
    hidden=16,
    token=12,
    feed_forward=5,
    out=4,
    encoder_dropout=0,
    projection_dropout=0,
    decoder_dropout=0,
    momentum=0.3,
)
ROUTES = {
    ("attentive", "video"): {"av"},
    ("attentive", "both"): {"av"},
    ("separate", "audio"): {"audio"},
    ("separate", "video"): {"video"},
    ("separate", "nearer"): {"av", "audio", "video"},
}


def made(widths: Widths = WIDTHS, **options: Any) -> AVCA:
    torch.manual_seed(0)
    return AVCA(Task(widths, random(CLASSES, TEXT), torch.empty(0, TEXT)), replace(SMALL, **options))


def space(method: AVCA, number: int = 0) -> Space:
    found = method.spaces[number]
    assert isinstance(found, Space)
    return found


@pytest.fixture
def batch() -> Batch:
    classes, label = random(CLASSES, TEXT), torch.arange(12) % CLASSES
    audio, video = random(12, AUDIO, seed=1), random(12, VIDEO, seed=2)
    return with_negatives(Samples(audio, video, classes[label], label, classes))


def d(x: Tensor, y: Tensor) -> Tensor:
    return (x - y + 1e-6).square().sum(dim=1).sqrt()


def tm(anchor: Tensor, positive: Tensor, negative: Tensor) -> Tensor:
    return (d(anchor, positive) - d(anchor, negative) + 1).clamp(min=0).mean()


def mse(x: Tensor, y: Tensor) -> Tensor:
    return (x - y).square().mean()


def by_separate_calls(method: AVCA, batch: Batch) -> dict[str, Tensor]:
    """The paper's equations, samples and negatives in calls of their own."""
    of = space(method)
    a, v = of(batch.audio, batch.video)
    a_, v_ = of(batch.negative_audio, batch.negative_video)
    w, w_ = of.text(batch.text), of.text(batch.negative_text)
    rho = {name: of.decoder(each) for name, each in {"w": w, "a": a, "a_": a_, "v": v, "v_": v_}.items()}
    phi_a, phi_v = of._encoded((batch.audio, batch.video))
    a_back, v_back = (branch.reconstructor(each) for branch, each in zip(of._branches, (a, v), strict=True))
    return {
        "triplet_own": tm(a, w, a_) + tm(v, w, v_) + tm(w, a, w_) + tm(w, v, w_),
        "reconstruction": mse(rho["a"], batch.text) + mse(rho["v"], batch.text) + mse(rho["w"], batch.text),
        "triplet_decoded": tm(rho["w"], rho["a"], rho["a_"]) + tm(rho["w"], rho["v"], rho["v_"]),
        "triplet_across": tm(w, a, a_) + tm(w, v, v_) + tm(a, w, w_) + tm(v, w, w_),
        "regularisation": mse(v_back, phi_v) + mse(a_back, phi_a) + mse(v, w) + mse(a, w),
    }


def test_terms_are_those_of_separate_calls(batch: Batch) -> None:
    method = made()
    found, expected = method.terms(batch), by_separate_calls(method, batch)
    assert tuple(found) == TERMS
    for name in TERMS:
        torch.testing.assert_close(found[name], expected[name], rtol=1e-5, atol=1e-6, msg=name)


def test_the_published_parameters_are_as_many_as_the_paper_counts() -> None:
    task = Task(Widths(512, 512, 300), torch.eye(3, 300), torch.empty(0, 300))
    method = build("avca", task, {})
    positions = sum(each.numel() for name, each in method.named_buffers() if name.endswith("positions"))
    # The paper counts the vectors that tell modalities apart; nothing trains them.
    assert positions == 600
    assert sum(each.numel() for each in method.parameters()) + positions == 1_693_108


def test_what_tells_modalities_apart_is_random_kept_and_never_trained(batch: Batch) -> None:
    method = made()
    name = "spaces.0.exchange.positions"
    before = method.state_dict()[name].clone()
    assert before.unique(dim=0).shape == (2, 12)
    adam = torch.optim.Adam(method.parameters(), lr=0.1)
    torch.autograd.backward(total(method.terms(batch), dict.fromkeys(TERMS, 1.0)))
    adam.step()
    assert torch.equal(method.state_dict()[name], before)


def test_attentive_branches_see_each_other_and_separate_ones_do_not(batch: Batch) -> None:
    for branches, sees in (("attentive", True), ("separate", False)):
        method = made(branches=branches, output="both").eval()
        clip = method.heads()["av"].module
        one, other = clip(batch.audio, batch.video), clip(batch.audio.flip(0), batch.video)
        by_pictures = slice(SMALL.out, None)
        assert torch.equal(one[:, by_pictures], other[:, by_pictures]) != sees


@pytest.mark.parametrize("output", ["audio", "video"])
def test_a_separate_branch_alone_is_the_only_one_made_and_read(output: str, batch: Batch) -> None:
    method = made(branches="separate", output=output)
    assert [each.modalities for each in method._spaces] == [(output,)]
    assert {head.inputs for head in method.heads().values()} == {(output,), ("text",)}


def test_separate_branches_learn_as_each_alone_would(batch: Batch) -> None:
    both = made(branches="separate", output="both")
    found = both.terms(batch)
    summed = dict.fromkeys(TERMS, torch.tensor(0.0))
    for number, output in enumerate(("audio", "video")):
        alone = made(branches="separate", output=output)
        space(alone).load_state_dict(space(both, number).state_dict())
        terms = alone.terms(batch)
        torch.autograd.backward(total(terms, dict.fromkeys(TERMS, 1.0)))
        summed = {name: summed[name] + terms[name].detach() for name in TERMS}
        torch.autograd.backward(total(found, dict.fromkeys(TERMS, 1.0)), retain_graph=True)
        for ours, theirs in zip(space(both, number).parameters(), space(alone).parameters(), strict=True):
            torch.testing.assert_close(ours.grad, theirs.grad, rtol=1e-4, atol=1e-6)
        both.zero_grad()
    for name in TERMS:
        torch.testing.assert_close(found[name], summed[name])


@pytest.mark.parametrize(("branches", "output"), ROUTES)
def test_routes_are_those_that_can_be_served(branches: str, output: str) -> None:
    sides = ROUTES[branches, output]
    expected = {route for side in sides for route in (f"{side}->text", f"text->{side}", f"{side}->{side}")}
    assert set(made(branches=branches, output=output).routes()) == expected


def scored(method: AVCA, batch: Batch, route: str) -> F32:
    heads = method.eval().heads()
    given = {"audio": batch.audio, "video": batch.video, "text": batch.class_text}

    def embed(head: str) -> F32:
        found: F32 = heads[head].module(*(given[each] for each in heads[head].inputs)).detach().numpy()
        return found

    return Scorer(embed, method.routes(), method.fusions()).scores(route)


@pytest.mark.parametrize("branches", ["attentive", "separate"])
@pytest.mark.parametrize("output", ["both", "nearer"])
def test_two_outputs_are_scored_by_both_distances(branches: str, output: str, batch: Batch) -> None:
    method = made(branches=branches, output=output)
    found = scored(method, batch, "av->text")
    spaces = method._spaces
    embedded = [each for of in spaces for each in of(*(getattr(batch, name) for name in of.modalities))]
    texts = [spaces[0].text(batch.class_text), spaces[-1].text(batch.class_text)]
    by_sound, by_pictures = (torch.cdist(clip, text) for clip, text in zip(embedded, texts, strict=True))
    mixed = (by_sound + by_pictures) / 2 if output == "both" else torch.minimum(by_sound, by_pictures)
    torch.testing.assert_close(torch.from_numpy(found), -mixed, rtol=1e-4, atol=1e-5)
    assert scored(method, batch, "text->av") == pytest.approx(found.T, abs=1e-5)


def test_a_bundle_serves_two_outputs_by_the_sum_of_both_squared_distances(batch: Batch) -> None:
    method = made(output="both").eval()
    heads = method.heads()
    clips, texts = heads["av"].module(batch.audio, batch.video), heads["text_av"].module(batch.class_text)
    parts = [torch.cdist(each, heads["text"].module(batch.class_text)) ** 2 for each in clips.chunk(2, dim=1)]
    torch.testing.assert_close(torch.cdist(clips, texts) ** 2, parts[0] + parts[1], rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize(("output", "number"), [("audio", 0), ("video", 1)])
def test_one_output_compares_clips_by_that_embedding(output: str, number: int, batch: Batch) -> None:
    method = made(output=output).eval()
    embedded = space(method)(batch.audio, batch.video)[number]
    assert torch.equal(method.heads()["av"].module(batch.audio, batch.video), embedded)
    assert method.fusions() == {}


def statistics(method: AVCA) -> dict[str, Tensor]:
    return {name: each.clone() for name, each in method.named_buffers() if "running" in name}


def test_published_statistics_count_more_passes_and_change_nothing_that_is_learned(batch: Batch) -> None:
    needed, published = made(), made(statistics="published")
    for method in (needed, published):
        torch.autograd.backward(total(method.terms(batch), dict.fromkeys(TERMS, 1.0)))
    for ours, theirs in zip(needed.parameters(), published.parameters(), strict=True):
        torch.testing.assert_close(ours.grad, theirs.grad)
    one, other = statistics(needed), statistics(published)
    differing = {name for name in one if not torch.allclose(one[name], other[name])}
    assert differing == {name for name in one if ".projection." in name or ".decoder." in name}


@torch.no_grad()
def test_published_statistics_count_each_batch_once_more_after_its_step(batch: Batch) -> None:
    needed, published, expected = made(), made(statistics="published"), made()
    for method in (needed, published):
        method.after_step(batch)
    assert all(torch.equal(each, statistics(made())[name]) for name, each in statistics(needed).items())
    space(expected)(batch.audio, batch.video)
    space(expected).text(batch.text)
    found = statistics(published)
    assert all(torch.equal(each, found[name]) for name, each in statistics(expected).items())
    untouched = {name for name, each in found.items() if torch.equal(each, statistics(made())[name])}
    assert untouched == {name for name in found if ".decoder." in name or ".reconstructor." in name}


@pytest.mark.parametrize(("audio", "video", "lacking"), [(0, VIDEO, "audio"), (AUDIO, 0, "video")])
def test_data_without_a_modality_are_refused_by_its_name(audio: int, video: int, lacking: str) -> None:
    with pytest.raises(RecipeInvalid, match=f"the data have no {lacking}"):
        made(Widths(audio, video, TEXT))


def test_a_separate_branch_does_not_need_the_other_modality(batch: Batch) -> None:
    method = made(Widths(0, VIDEO, TEXT), branches="separate", output="video")
    assert all(term.isfinite() for term in method.terms(batch).values())

"""The registry of methods, their options and their weighted sum."""

import pytest
import torch

from models.errors import RecipeInvalid
from models.methods import build
from models.methods.base import Batch, GradientMethod, Task, Widths, total
from tests.tiny.samples import samples, with_negatives


def task(audio: int, video: int, text: int) -> Task:
    return Task(Widths(audio, video, text), class_text=torch.eye(3, text), unseen_text=torch.empty(0, text))


TASK = task(6, 5, 4)


def test_an_unknown_method_is_refused_naming_those_there_are() -> None:
    with pytest.raises(RecipeInvalid, match=r"no method 'cjm'; there are .*avgzslnet.*, cjme"):
        build("cjm", TASK, {})


@pytest.mark.parametrize(
    ("options", "named"), [({"hiden": 8}, "hiden"), ({"dropout": 1.0}, "dropout"), ({"hidden": "many"}, "hidden")]
)
def test_odd_options_are_refused_by_name(options: dict[str, object], named: str) -> None:
    with pytest.raises(RecipeInvalid, match=f"options.{named}"):
        build("cjme", TASK, options)


def test_the_total_weighs_every_term_once() -> None:
    terms = {"near": torch.tensor(2.0), "far": torch.tensor(3.0)}
    assert total(terms, {"far": 0.5, "near": 10}).item() == 21.5


@pytest.mark.parametrize("weights", [{"near": 1.0}, {"near": 1.0, "far": 1.0, "farther": 1.0}])
def test_terms_without_exactly_one_weight_are_refused(weights: dict[str, float]) -> None:
    with pytest.raises(RecipeInvalid, match="far"):
        total({"near": torch.tensor(2.0), "far": torch.tensor(3.0)}, weights)


def random_batch() -> Batch:
    return with_negatives(samples(rows=6, classes=3))


def test_cjme_weighs_by_batch_or_by_sample_as_chosen() -> None:
    found = set()
    for weighed in ("batch", "sample"):
        torch.manual_seed(0)
        method = build("cjme", TASK, {"weighed": weighed, "hidden": 8, "dropout": 0})
        assert isinstance(method, GradientMethod)
        found.add(round(method.terms(random_batch())["triplet"].item(), 6))
    assert len(found) == 2


def test_cjme_s_attention_sums_to_one_and_reads_both_modalities() -> None:
    torch.manual_seed(0)
    method = build("cjme", TASK, {"hidden": 8}).eval()
    head = method.heads()["attention"]
    audio, video = torch.randn(3, 6), torch.randn(3, 5)
    weights = head.module(audio, video)
    assert weights.sum(dim=1).tolist() == pytest.approx([1, 1, 1])
    assert not torch.allclose(weights, head.module(audio, -video))
    assert not torch.allclose(weights, head.module(-audio, video))

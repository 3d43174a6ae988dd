"""DeViSE, ALE and SJE against tensors of the versions behind the AVCA paper's tables: dropout 0, one Adam step."""

from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from models.methods.ale import ALE
from models.methods.base import Batch, Task
from models.methods.bilinear import Bilinear, Options
from models.methods.devise import DeViSE
from models.methods.sje import SJE
from tests.golden import reference

METHODS: dict[str, Callable[[Task, Options], Bilinear]] = {"devise": DeViSE, "ale": ALE, "sje": SJE}
NAMES = {"clip.map": "bilinear"}


@pytest.fixture(params=sorted(METHODS))
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def golden(name: str) -> dict[str, Tensor]:
    return reference.tensors(name)


@pytest.fixture
def method(name: str, golden: dict[str, Tensor]) -> Bilinear:
    made = METHODS[name](reference.task(golden), Options(dropout=0))
    reference.load_weights(made, golden, NAMES)
    return made.train()


def test_scores_are_the_references(method: Bilinear, batch: Batch, golden: dict[str, Tensor]) -> None:
    scores = method.clip(batch.video, batch.audio) @ batch.class_text.T
    torch.testing.assert_close(scores, golden["train/scores"], rtol=0, atol=1e-4)


def test_the_loss_is_the_references(method: Bilinear, batch: Batch, golden: dict[str, Tensor]) -> None:
    torch.testing.assert_close(method.terms(batch)["ranking"], golden["train/loss"], rtol=1e-5, atol=0)


def test_the_gradient_is_the_references(method: Bilinear, batch: Batch, golden: dict[str, Tensor]) -> None:
    torch.autograd.backward(method.terms(batch)["ranking"])
    reference.assert_gradients(method, golden, NAMES)


def test_after_one_step_it_embeds_as_the_reference_does(
    method: Bilinear, batch: Batch, golden: dict[str, Tensor]
) -> None:
    reference.step(method, method.terms(batch)["ranking"])
    head = method.heads()["av"]
    found = head.module(*(batch.of(each) for each in head.inputs))
    torch.testing.assert_close(found, golden["eval/proj"], rtol=0, atol=1e-4)

"""APN against tensors of the version behind the AVCA paper's tables: one Adam step of 1e-3."""

import pytest
import torch
from torch import Tensor

from models.methods.apn import APN, Options
from models.methods.base import Batch, total
from tests.golden import reference

NAMES = {"embedding.map.weight": "ALE_vector", "prototypes.map.weight": "prototype_vectors.layer4"}
WEIGHTS = {"classes": 1.0, "attributes": 1.0}


@pytest.fixture(scope="module")
def golden() -> dict[str, Tensor]:
    # The reference keeps both maps as convolutions of one pixel.
    return {key: value.flatten(1) if key.startswith("w/") else value for key, value in reference.tensors("apn").items()}


@pytest.fixture
def method(golden: dict[str, Tensor]) -> APN:
    made = APN(reference.task(golden), Options())
    reference.load_weights(made, golden, NAMES)
    return made.train()


def test_attributes_and_probabilities_are_the_references(method: APN, batch: Batch, golden: dict[str, Tensor]) -> None:
    attributes = method.embedding(batch.video, batch.audio)
    torch.testing.assert_close(attributes, golden["train/attri"], rtol=0, atol=1e-4)
    probabilities = (attributes @ batch.class_text.T).softmax(dim=1)
    torch.testing.assert_close(probabilities, golden["train/soft"], rtol=0, atol=1e-4)


def test_the_terms_sum_to_the_references_loss(method: APN, batch: Batch, golden: dict[str, Tensor]) -> None:
    torch.testing.assert_close(total(method.terms(batch), WEIGHTS), golden["train/loss"], rtol=1e-5, atol=0)


def test_gradients_are_the_references(method: APN, batch: Batch, golden: dict[str, Tensor]) -> None:
    torch.autograd.backward(total(method.terms(batch), WEIGHTS))
    reference.assert_gradients(method, golden, NAMES)


def test_after_one_step_it_embeds_as_the_reference_does(method: APN, batch: Batch, golden: dict[str, Tensor]) -> None:
    reference.step(method, total(method.terms(batch), WEIGHTS))
    head = method.heads()["av"]
    found = head.module(*(batch.of(each) for each in head.inputs))
    torch.testing.assert_close(found, golden["eval/proj"], rtol=0, atol=1e-4)

"""CJME against tensors of the version behind the AVCA paper's tables: dropout 0, one Adam step of 1e-3."""

import pytest
import torch
from torch import Tensor

from models.methods.base import Batch, total
from models.methods.cjme import CJME, Options
from tests.golden import reference

NAMES = {
    "audio": "triplet_net.embedding_net1.fc",
    "video": "triplet_net.embedding_net2.fc",
    "text": "triplet_net.embedding_net3.fc",
    "weigher.video_weight": "attention_model",
}
WEIGHTS = {"triplet": 1.0, "audio_video": 1.0, "attention": 1.0}


@pytest.fixture(scope="module")
def golden() -> dict[str, Tensor]:
    return reference.tensors("cjme")


@pytest.fixture
def method(golden: dict[str, Tensor]) -> CJME:
    made = CJME(reference.task(golden), Options(dropout=0))
    reference.load_weights(made, golden, NAMES)
    return made.train()


@pytest.fixture
def batch(golden: dict[str, Tensor]) -> Batch:
    return reference.batch(golden)


def test_embeddings_in_training_are_the_references(method: CJME, batch: Batch, golden: dict[str, Tensor]) -> None:
    torch.testing.assert_close(method.audio(batch.audio), golden["train/a_p"], rtol=0, atol=1e-4)
    torch.testing.assert_close(method.video(batch.video), golden["train/v_p"], rtol=0, atol=1e-4)
    torch.testing.assert_close(method.text(batch.text), golden["train/t_p"], rtol=0, atol=1e-4)
    torch.testing.assert_close(method.text(batch.class_text), golden["train/E_proj"], rtol=0, atol=1e-4)
    torch.testing.assert_close(
        method.weigher(batch.audio, batch.video)[:, 1:], golden["train/alpha"], rtol=0, atol=1e-4
    )


def test_the_terms_sum_to_the_references_loss(method: CJME, batch: Batch, golden: dict[str, Tensor]) -> None:
    torch.testing.assert_close(total(method.terms(batch), WEIGHTS), golden["train/loss"], rtol=1e-5, atol=0)


def test_gradients_are_the_references(method: CJME, batch: Batch, golden: dict[str, Tensor]) -> None:
    torch.autograd.backward(total(method.terms(batch), WEIGHTS))
    reference.assert_gradients(method, golden, NAMES)


def test_after_one_step_it_embeds_as_the_reference_does(method: CJME, batch: Batch, golden: dict[str, Tensor]) -> None:
    adam = torch.optim.Adam(method.parameters(), lr=1e-3)
    torch.autograd.backward(total(method.terms(batch), WEIGHTS))
    adam.step()
    reference.assert_statistics(method, golden, NAMES)
    method.eval()
    for name, found in {
        "a": method.audio(batch.audio),
        "v": method.video(batch.video),
        "t": method.text(batch.class_text),
        "alpha": method.weigher(batch.audio, batch.video)[:, 1:],
    }.items():
        torch.testing.assert_close(found, golden[f"eval/{name}"], rtol=0, atol=reference.AFTER_ADAM)

"""AVGZSLNet against tensors of the version behind the AVCA paper's tables: dropout 0, one Adam step of 1e-3."""

import pytest
import torch
from torch import Tensor

from models.methods.avgzslnet import TERMS, AVGZSLNet, Options
from models.methods.base import Batch, total
from tests.golden import reference

NAMES = {
    "audio": "triplet_net.embedding_net1.fc",
    "video": "triplet_net.embedding_net2.fc",
    "text": "triplet_net.embedding_net3.fc",
    "decoder": "decoder_net.embedding_net.fc",
}
TERM_NAMES = {
    "reconstruction": "l_rec",
    "decoded_audio": "l_cta",
    "decoded_video": "l_ctv",
    "text_audio": "l_ta",
    "audio_text": "l_at",
    "text_video": "l_tv",
    "video_text": "l_vt",
}
WEIGHTS = dict.fromkeys(TERMS, 1.0)


@pytest.fixture(scope="module")
def golden() -> dict[str, Tensor]:
    return reference.tensors("avgzslnet")


@pytest.fixture
def method(golden: dict[str, Tensor]) -> AVGZSLNet:
    made = AVGZSLNet(reference.task(golden), Options(dropout=0, decoder_dropout=0))
    reference.load_weights(made, golden, NAMES)
    return made.train()


@pytest.fixture
def batch(golden: dict[str, Tensor]) -> Batch:
    return reference.batch(golden)


def test_embeddings_in_training_are_the_references(method: AVGZSLNet, batch: Batch, golden: dict[str, Tensor]) -> None:
    audio = method.audio(batch.audio)
    torch.testing.assert_close(audio, golden["train/a_p"], rtol=0, atol=1e-4)
    torch.testing.assert_close(method.video(batch.video), golden["train/v_p"], rtol=0, atol=1e-4)
    torch.testing.assert_close(method.text(batch.text), golden["train/t_p"], rtol=0, atol=1e-4)
    torch.testing.assert_close(method._decode(audio), golden["train/x_ta_p"], rtol=0, atol=1e-4)


def test_every_term_is_the_references(method: AVGZSLNet, batch: Batch, golden: dict[str, Tensor]) -> None:
    terms = method.terms(batch)
    for ours, theirs in TERM_NAMES.items():
        torch.testing.assert_close(terms[ours], golden[f"train/{theirs}"], rtol=1e-5, atol=0)
    torch.testing.assert_close(total(terms, WEIGHTS), golden["train/loss"], rtol=1e-5, atol=0)


def test_gradients_are_the_references(method: AVGZSLNet, batch: Batch, golden: dict[str, Tensor]) -> None:
    torch.autograd.backward(total(method.terms(batch), WEIGHTS))
    reference.assert_gradients(method, golden, NAMES)


def test_after_one_step_it_embeds_as_the_reference_does(
    method: AVGZSLNet, batch: Batch, golden: dict[str, Tensor]
) -> None:
    adam = torch.optim.Adam(method.parameters(), lr=1e-3)
    torch.autograd.backward(total(method.terms(batch), WEIGHTS))
    adam.step()
    reference.assert_statistics(method, golden, NAMES)
    method.eval()
    for name, found in {
        "a": method.audio(batch.audio),
        "v": method.video(batch.video),
        "t": method.text(batch.class_text),
    }.items():
        torch.testing.assert_close(found, golden[f"eval/{name}"], rtol=0, atol=reference.AFTER_ADAM)

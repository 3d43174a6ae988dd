"""AVGZSLNet against tensors of the version behind the AVCA paper's tables: dropout 0, one Adam step of 1e-3."""

import pytest
import torch
from torch import Tensor

from models.methods.avgzslnet import TERMS, AVGZSLNet, Options
from models.methods.base import Batch, total
from models.types import Modality
from tests.golden import reference, rounding

NAMES = reference.PROJECTIONS | {
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
    hidden, text_hidden, decoder_hidden = (
        len(golden[f"w/{NAMES[each]}.0.bias"]) for each in ("audio", "text", "decoder")
    )
    options = Options(
        hidden=hidden,
        text_hidden=text_hidden,
        out=len(golden[f"w/{NAMES['text']}.4.bias"]),
        decoder_hidden=decoder_hidden,
        dropout=0,
        decoder_dropout=0,
    )
    made = AVGZSLNet(reference.task(golden), options)
    reference.load_weights(made, golden, NAMES)
    return made.train()


@pytest.fixture
def stepped(method: AVGZSLNet, batch: Batch) -> AVGZSLNet:
    reference.step(method, total(method.terms(batch), WEIGHTS), rate=rounding.RATE)
    return method


def test_embeddings_and_decodings_in_training_are_the_references(
    method: AVGZSLNet, batch: Batch, golden: dict[str, Tensor]
) -> None:
    audio, video, text = method.audio(batch.audio), method.video(batch.video), method.text(batch.text)
    other_audio, other_video = method.audio(batch.negative_audio), method.video(batch.negative_video)
    for name, found in {
        "a_p": audio,
        "v_p": video,
        "t_p": text,
        "a_q": other_audio,
        "v_q": other_video,
        "t_q": method.text(batch.negative_text),
        "x_ta_p": method.decode(audio),
        "x_tv_p": method.decode(video),
        "x_tt_p": method.decode(text),
        "x_ta_q": method.decode(other_audio),
        "x_tv_q": method.decode(other_video),
    }.items():
        torch.testing.assert_close(found, golden[f"train/{name}"], rtol=0, atol=1e-4, msg=name)


def test_every_term_is_the_references(method: AVGZSLNet, batch: Batch, golden: dict[str, Tensor]) -> None:
    reference.assert_terms(method.terms(batch), golden, TERM_NAMES)


def test_gradients_are_the_references(method: AVGZSLNet, batch: Batch, golden: dict[str, Tensor]) -> None:
    torch.autograd.backward(total(method.terms(batch), WEIGHTS))
    # The biases before batch norms have rounding for gradients, 3e-6 long.
    reference.assert_gradients(method, golden, NAMES, noise=5e-6)


def test_after_one_step_statistics_are_the_references(stepped: AVGZSLNet, golden: dict[str, Tensor]) -> None:
    reference.assert_statistics(stepped, golden, NAMES)


@pytest.mark.parametrize("modality", ["audio", "video", "text"])
def test_after_one_step_it_embeds_as_the_reference_does(
    stepped: AVGZSLNet, batch: Batch, golden: dict[str, Tensor], modality: Modality
) -> None:
    rounding.assert_embeds(stepped, batch, golden, modality=modality)

"""CJME against tensors of the version behind the AVCA paper's tables: dropout 0, one Adam step of 1e-3."""

import pytest
import torch
from torch import Tensor

from models.methods.base import Batch, total
from models.methods.cjme import CJME, TERMS, Options
from models.methods.weighing import Selected
from models.types import Modality
from tests.golden import reference, rounding

NAMES = reference.PROJECTIONS | {
    "weigher.video_weight": "attention_model",
}
WEIGHTS = dict.fromkeys(TERMS, 1.0)


@pytest.fixture(scope="module")
def golden() -> dict[str, Tensor]:
    return reference.tensors("cjme")


@pytest.fixture
def method(golden: dict[str, Tensor]) -> CJME:
    hidden, text_hidden = (len(golden[f"w/{NAMES[each]}.0.bias"]) for each in ("audio", "text"))
    out = len(golden[f"w/{NAMES['text']}.4.bias"])
    made = CJME(reference.task(golden), Options(hidden=hidden, text_hidden=text_hidden, out=out, dropout=0))
    reference.load_weights(made, golden, NAMES)
    return made.train()


@pytest.fixture
def stepped(method: CJME, batch: Batch) -> CJME:
    reference.step(method, total(method.terms(batch), WEIGHTS), rate=rounding.RATE)
    return method


def test_embeddings_in_training_are_the_references(method: CJME, batch: Batch, golden: dict[str, Tensor]) -> None:
    for name, found in {
        "a_p": method.audio(batch.audio),
        "v_p": method.video(batch.video),
        "t_p": method.text(batch.text),
        "a_q": method.audio(batch.negative_audio),
        "v_q": method.video(batch.negative_video),
        "t_q": method.text(batch.negative_text),
        "E_proj": method.text(batch.class_text),
        "alpha": method.weigher(batch.audio, batch.video)[:, 1:],
    }.items():
        torch.testing.assert_close(found, golden[f"train/{name}"], rtol=0, atol=1e-4, msg=name)


def test_every_sample_s_triplet_losses_are_the_references(
    method: CJME, batch: Batch, golden: dict[str, Tensor]
) -> None:
    compared = method.compared(batch)
    torch.testing.assert_close(compared.of_audio, golden["train/l_ta"], rtol=1e-5, atol=0)
    torch.testing.assert_close(compared.of_video, golden["train/l_tv"], rtol=1e-5, atol=0)


def test_the_modality_that_attention_selects_is_the_references(
    method: CJME, batch: Batch, golden: dict[str, Tensor]
) -> None:
    weights = Selected(method.weigher)(batch.audio, batch.video)
    assert torch.equal(weights[:, 1:], golden["train/alpha_hard"])
    assert torch.equal(weights[:, :1], 1 - golden["train/alpha_hard"])


def test_each_term_is_the_references_and_they_sum_to_its_loss(
    method: CJME, batch: Batch, golden: dict[str, Tensor]
) -> None:
    given = {key.removeprefix("train/"): each for key, each in golden.items() if key.startswith("train/")}
    # [b, 1] weights by [b] losses: the matrix that the reference averages.
    weighed = (1 - given["alpha"]) * given["l_ta"] + given["alpha"] * given["l_tv"]
    apart = given["a_p"] - given["v_p"]
    terms = method.terms(batch)
    torch.testing.assert_close(terms["triplet"], weighed.mean(), rtol=1e-5, atol=0)
    torch.testing.assert_close(terms["audio_video"], apart.square().mean(), rtol=1e-5, atol=0)
    # The file lacks this term and its target: it is what the others leave of the loss, and as coarse as that is.
    left = given["loss"] - weighed.mean() - apart.square().mean()
    torch.testing.assert_close(terms["attention"], left, rtol=1e-5, atol=1e-6)
    torch.testing.assert_close(total(terms, WEIGHTS), given["loss"], rtol=1e-5, atol=0)


def test_gradients_are_the_references(method: CJME, batch: Batch, golden: dict[str, Tensor]) -> None:
    torch.autograd.backward(total(method.terms(batch), WEIGHTS))
    reference.assert_gradients(method, golden, NAMES)


def test_after_one_step_statistics_and_attention_are_the_references(
    stepped: CJME, batch: Batch, golden: dict[str, Tensor]
) -> None:
    reference.assert_statistics(stepped, golden, NAMES)
    alpha = stepped.weigher(batch.audio, batch.video)[:, 1:]
    torch.testing.assert_close(alpha, golden["eval/alpha"], rtol=0, atol=1e-4)


@pytest.mark.parametrize("modality", ["audio", "video", "text"])
def test_after_one_step_it_embeds_as_the_reference_does(
    stepped: CJME, batch: Batch, golden: dict[str, Tensor], modality: Modality
) -> None:
    rounding.assert_embeds(stepped, batch, golden, modality=modality)

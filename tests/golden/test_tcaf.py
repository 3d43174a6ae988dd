"""TCAF against tensors of its released code: dropout 0, one Adam step of 5e-5 with weight decay 1e-5."""

import re

import pytest
import torch
from torch import Tensor

from models.methods.base import Batch, total
from models.methods.clip_text import TERMS
from models.methods.tcaf import TCAF, Options
from tests.golden import reference

WHERE = "position_encoder_block"
NAMES = {
    "clip.audio_encoder": "A_enc.fc",
    "clip.video_encoder": "V_enc.fc",
    "clip.out": "O_proj.fc",
    "clip.tokens.clip": "cls_token",
    "clip.tokens.modality": f"{WHERE}.modal_embedding.weight",
    "clip.tokens.frequencies": f"{WHERE}.frequencies",
    "clip.tokens.time": f"{WHERE}.fourier_embeddings",
    "clip.tokens.join_audio": f"{WHERE}.out_proj_audio",
    "clip.tokens.join_video": f"{WHERE}.out_proj_video",
    "clip_decoder": "D_o.fc",
    "text.": "W_proj.fc.",
    "text_decoder": "D_w.fc",
}
LAYER_NAMES = {
    "norm": "norm",
    "queries": "attn.to_q",
    "keys": "attn.to_k",
    "values": "attn.to_v",
    "out": "attn.to_out",
    "feed_forward": "ff.net",
}
HEAD_WIDTH = 64
"""Of the released settings for UCF-GZSL; weights do not tell heads apart."""
WEIGHTS = dict.fromkeys(TERMS, 1.0)
# A bias before a batch norm has no gradient but noise, up to 6e-6 here; all other gradients are 100 times that.
NOISE = 1e-5
# A twentieth of the other methods' learning rate: a bias of no gradient moves by 5e-5 either way. Measured 1.2e-4.
AFTER_ADAM = 5e-4


@pytest.fixture(scope="module")
def golden() -> dict[str, Tensor]:
    """With convolutions over one step as the matrices that they are, and (t, t) times two rows as t times their sum."""
    found = {key: each.squeeze(2) if each.ndim == 3 and key[:2] == "w/" else each for key, each in stored().items()}
    return found | {f"w/{WHERE}.frequencies": found[f"w/{WHERE}.fourier_randn"].sum(dim=0)}


def stored() -> dict[str, Tensor]:
    return reference.tensors("tcaf")


def layers(golden: dict[str, Tensor]) -> int:
    found = [re.search(r"transformer\.layers\.(\d+)", key) for key in golden]
    return 1 + max(int(each.group(1)) for each in found if each)


def names(golden: dict[str, Tensor]) -> dict[str, str]:
    return NAMES | {
        f"clip.layers.{number}.{ours}": f"Audio_visual_transformer.layers.{number}.{theirs}"
        for number in range(layers(golden))
        for ours, theirs in LAYER_NAMES.items()
    }


@pytest.fixture
def method(golden: dict[str, Tensor]) -> TCAF:
    sizes = {key.removeprefix("w/"): each.shape for key, each in golden.items() if key.startswith("w/")}
    options = Options(
        hidden=sizes["A_enc.fc.0.weight"][0],
        token=sizes["cls_token"][2],
        position=sizes[f"{WHERE}.modal_embedding.weight"][1],
        layers=layers(golden),
        heads=sizes["Audio_visual_transformer.layers.0.attn.to_q.weight"][0] // HEAD_WIDTH,
        head_width=HEAD_WIDTH,
        feed_forward=sizes["Audio_visual_transformer.layers.0.ff.net.0.weight"][0],
        out=sizes["O_proj.fc.4.weight"][0],
        projection_hidden=sizes["O_proj.fc.0.weight"][0],
        encoder_dropout=0,
        position_dropout=0,
        transformer_dropout=0,
        clip_dropout=0,
        text_dropout=0,
    )
    made = TCAF(reference.task(golden), options)
    reference.load_weights(made, golden, names(golden))
    return made.train()


def embedded(method: TCAF, golden: dict[str, Tensor]) -> Tensor:
    """Clips with the reference's masks: its padding is not zero."""
    return method.clip.embedded(
        golden["in/A"],
        golden["in/V"],
        heard_there=golden["in/mask_a"].bool(),
        shown_there=golden["in/mask_v"].bool(),
    )


def loss(method: TCAF, batch: Batch, golden: dict[str, Tensor]) -> Tensor:
    return total(method.terms_of(embedded(method, golden), batch), WEIGHTS)


def test_the_reference_s_steps_are_numbered_as_ours(golden: dict[str, Tensor]) -> None:
    assert torch.equal(golden["in/ts"], torch.arange(golden["in/A"].shape[1]).expand_as(golden["in/ts"]))


def test_every_term_is_the_references(method: TCAF, batch: Batch, golden: dict[str, Tensor]) -> None:
    terms = method.terms_of(embedded(method, golden), batch)
    for found, theirs in {
        terms["recognition"]: "cross_entropy",
        terms["regression"]: "loss_reg",
        terms["decoded_clip"] + terms["decoded_text"]: "loss_cmd_rec",
        total(terms, WEIGHTS): "loss",
    }.items():
        torch.testing.assert_close(found, golden[f"train/{theirs}"], rtol=1e-5, atol=0)


def test_gradients_are_the_references(method: TCAF, batch: Batch, golden: dict[str, Tensor]) -> None:
    torch.autograd.backward(loss(method, batch, golden))
    reference.assert_gradients(method, golden, names(golden), noise=NOISE)


def test_the_vector_of_absent_steps_that_we_leave_out_has_no_effect(golden: dict[str, Tensor]) -> None:
    assert golden[f"gradnorm/{WHERE}.pad_embedding.weight"].item() == 0


def test_after_one_step_it_embeds_as_the_reference_does(method: TCAF, batch: Batch, golden: dict[str, Tensor]) -> None:
    reference.step(method, loss(method, batch, golden), rate=5e-5, weight_decay=1e-5)
    reference.assert_statistics(method, golden, names(golden))
    for found, theirs in {
        embedded(method, golden): "theta_o",
        method.text(batch.class_text): "theta_w",
    }.items():
        torch.testing.assert_close(found, golden[f"eval/{theirs}"], rtol=0, atol=AFTER_ADAM)

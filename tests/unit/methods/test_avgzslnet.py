"""AVGZSLNet's variants: the paper's distance, an attention, and how clips are scored by both modalities."""

from typing import Any

import numpy as np
import pytest
import torch

from models.methods import build
from models.methods.avgzslnet import AVGZSLNet
from models.methods.base import Batch
from tests.tiny.world import World, world
from training.sampling import Sampler
from training.validation import scorer

SMALL: dict[str, Any] = {
    "hidden": 16,
    "text_hidden": 12,
    "out": 8,
    "decoder_hidden": 8,
    "dropout": 0,
    "decoder_dropout": 0,
}


@pytest.fixture(scope="module")
def small() -> World:
    return world(seen=6, unseen=3, clips=6, audio=10, video=9, text=11)


@pytest.fixture
def batch(small: World) -> Batch:
    return Sampler(small.training, batch=24, seed=0, device=torch.device("cpu")).draw()


def made(name: str, small: World, **options: Any) -> AVGZSLNet:
    torch.manual_seed(0)
    method = build(name, small.training.task, SMALL | options)
    assert isinstance(method, AVGZSLNet)
    return method.train()


def test_by_the_paper_s_distance_every_term_is_of_mean_squared_differences(small: World, batch: Batch) -> None:
    found = made("avgzslnet", small, distance="mean_squared").terms(batch)
    same = made("avgzslnet", small)
    audio, text, other = same.audio(batch.audio), same.text(batch.text), same.audio(batch.negative_audio)
    decoded = [same.decode(same.text(batch.text)), same.decode(audio), same.decode(same.video(batch.video))]
    reconstructed, compared = [], []
    for row in range(24):
        reconstructed.append(sum(((each[row] - batch.text[row]) ** 2).mean().item() for each in decoded))
        near, far = (((text[row] - each[row]) ** 2).mean().item() for each in (audio, other))
        compared.append(max(near - far + 1, 0))
    assert found["reconstruction"].item() == pytest.approx(sum(reconstructed) / 24, rel=1e-5)
    assert found["text_audio"].item() == pytest.approx(sum(compared) / 24, rel=1e-5)


def test_decoded_text_has_unit_length_from_every_modality(small: World, batch: Batch) -> None:
    method = made("avgzslnet", small)
    for embedding in (method.audio(batch.audio), method.video(batch.video), method.text(batch.text)):
        torch.testing.assert_close(method.decode(embedding).norm(dim=1), torch.ones(24))


def test_tables_add_both_plain_distances(small: World) -> None:
    method = made("avgzslnet", small, scored="plain")
    found = scorer(method, small.test)
    expected = found.scores("audio->text") + found.scores("video->text")
    np.testing.assert_allclose(found.scores("av->text"), expected, rtol=1e-5)
    np.testing.assert_allclose(found.scores("text->av"), expected.T, rtol=1e-5)


def test_tables_weigh_plain_distances_by_the_attention(small: World) -> None:
    method = made("avgzslnet-attention", small, scored="plain")
    found = scorer(method, small.test)
    features = small.test.features
    with torch.no_grad():
        weights = method.weights()(torch.from_numpy(features.audio), torch.from_numpy(features.video)).numpy()
    expected = weights[:, :1] * found.scores("audio->text") + weights[:, 1:] * found.scores("video->text")
    np.testing.assert_allclose(found.scores("av->text"), expected, rtol=1e-5)
    assert weights.std() > 0


def test_the_attention_learns_beside_the_embeddings_and_does_not_change_them(small: World, batch: Batch) -> None:
    plain, attentive = made("avgzslnet", small), made("avgzslnet-attention", small)
    plain.load_state_dict(attentive.state_dict(), strict=False)
    without, terms = plain.terms(batch), attentive.terms(batch)
    assert terms.keys() - without.keys() == {"attention"}
    assert all(torch.equal(terms[name], each) for name, each in without.items())
    torch.autograd.backward(terms["attention"])
    assert {key.split(".")[0] for key, each in attentive.named_parameters() if each.grad is not None} == {"weigher"}


def test_a_clip_s_sound_and_pictures_weigh_the_same_in_a_bundle_without_attention(small: World) -> None:
    method = made("avgzslnet", small).eval()
    heads = method.heads()
    audio, video = (torch.from_numpy(each) for each in (small.test.features.audio, small.test.features.video))
    text = small.training.task.class_text
    words = heads["text"].module(text)
    squares = [torch.cdist(heads[each].module(of), words) ** 2 for each, of in (("audio", audio), ("video", video))]
    found = heads["av"].module(audio, video) @ heads["text_av"].module(text).T
    torch.testing.assert_close(found, -(squares[0] + squares[1]) / 2, rtol=1e-3, atol=1e-4)
    assert method.attention is None


def test_one_layer_of_text_has_no_hidden_weights(small: World) -> None:
    network = made("avgzslnet", small, text_layers=1).text
    assert [each.shape for each in network.parameters()] == [(8, 11), (8,)]

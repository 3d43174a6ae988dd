"""AVGZSLNet's variants: the paper's, its authors' code, an attention, and how clips are scored by both modalities."""

from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from models.methods import build
from models.methods.avgzslnet import AVGZSLNet
from models.methods.base import Batch, Task, Widths
from tests.tiny.world import World
from training.recipe import named
from training.validation import scorer

SMALL: dict[str, Any] = {
    "hidden": 16,
    "text_hidden": 12,
    "out": 8,
    "decoder_hidden": 8,
    "dropout": 0,
    "decoder_dropout": 0,
}


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


def test_in_the_authors_distance_only_the_reconstruction_is_of_mean_squared_differences(
    small: World, batch: Batch
) -> None:
    found = made("avgzslnet", small, distance="mean_squared_reconstruction").terms(batch)
    plain, squared = (made("avgzslnet", small, distance=each).terms(batch) for each in ("euclidean", "mean_squared"))
    for name, term in found.items():
        expected, other = (squared, plain) if name == "reconstruction" else (plain, squared)
        assert torch.equal(term, expected[name])
        assert not torch.equal(term, other[name])


def test_with_both_anchors_samples_and_those_of_other_classes_are_each_the_other_s_negatives(
    small: World, batch: Batch
) -> None:
    method = made("avgzslnet", small, normalised="none", anchors="both")
    found, one_way = method.terms(batch), made("avgzslnet", small, normalised="none").terms(batch)
    text, other_text = method.text(batch.text), method.text(batch.negative_text)
    clips = {
        "audio": (method.audio(batch.audio), method.audio(batch.negative_audio)),
        "video": (method.video(batch.video), method.video(batch.negative_video)),
    }

    def hinge(anchor: Tensor, near: Tensor, far: Tensor) -> float:
        hinged: float = ((anchor - near).norm() - (anchor - far).norm() + 1).clamp(min=0).item()
        return hinged

    for name, (clip, other) in clips.items():
        by_text = by_clip = 0.0
        for row in range(24):
            by_text += hinge(text[row], clip[row], other[row]) + hinge(other_text[row], other[row], clip[row])
            by_clip += hinge(clip[row], text[row], other_text[row]) + hinge(other[row], other_text[row], text[row])
        # The loop's distances lack the 1e-6 that is added to every difference.
        assert found[f"text_{name}"].item() == pytest.approx(by_text / 24, rel=1e-4)
        assert found[f"{name}_text"].item() == pytest.approx(by_clip / 24, rel=1e-4)
        assert torch.equal(found[f"decoded_{name}"], one_way[f"decoded_{name}"])


def test_without_batch_norm_a_clip_is_embedded_in_training_as_it_is_alone(small: World, batch: Batch) -> None:
    method = made("avgzslnet", small, normalised="none")
    assert not any(isinstance(each, nn.BatchNorm1d) for each in method.modules())
    alone = method.decode(method.audio(batch.audio[:1]))
    torch.testing.assert_close(method.decode(method.audio(batch.audio))[:1], alone)


def test_decoded_text_of_any_length_is_what_the_decoder_says(small: World, batch: Batch) -> None:
    method = made("avgzslnet", small, decoded="any_length", normalised="none")
    embedding = method.audio(batch.audio)
    assert torch.equal(method.decode(embedding), method.decoder(embedding))
    assert method.decode(embedding).norm(dim=1).std() > 0


def test_the_recipe_of_the_paper_makes_the_networks_of_its_authors_code() -> None:
    """Layers of 1024, 256 and 64; 300 and 64; 64, 128 and 300 (github.com/pratikm141/AVGZSLNet, run.py)."""
    task = Task(Widths(audio=1024, video=1024, text=300), torch.randn(23, 300), torch.randn(10, 300))
    method = build("avgzslnet", task, named("avgzslnet-paper", on="audiosetzsl").options)
    found = {
        name: [tuple(each.shape) for each in method.get_submodule(name).parameters()]
        for name in ("audio", "video", "text", "decoder")
    }
    clip, decoder = [(256, 1024), (256,), (64, 256), (64,)], [(128, 64), (128,), (300, 128), (300,)]
    assert found == {"audio": clip, "video": clip, "text": [(64, 300), (64,)], "decoder": decoder}


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

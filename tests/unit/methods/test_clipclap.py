"""ClipClap: its terms by hand, what it reads, and how large it is."""

import pytest
import torch
from torch.nn.functional import cross_entropy

from models.methods.base import Batch, Samples, Task, Widths
from models.methods.clipclap import ClipClap, Options
from tests.tiny.samples import random, with_negatives

SMALL = Options(encoded=6, hidden=7, out=4, encoder_dropout=0, clip_dropout=0, text_dropout=0)


def made(audio: int = 3, video: int = 2, text: int = 5) -> ClipClap:
    torch.manual_seed(0)
    return ClipClap(Task(Widths(audio, video, text), torch.eye(3, text), torch.empty(0, text)), SMALL)


@pytest.fixture
def batch() -> Batch:
    classes, label = random(3, 5, seed=2), torch.arange(6) % 3
    audio, video = random(6, 3), random(6, 2, seed=1)
    return with_negatives(Samples(audio, video, classes[label], label, classes))


def test_the_terms_compare_clips_with_classes_texts_and_encoded_texts(batch: Batch) -> None:
    method = made().eval()
    terms = method.terms(batch)
    clip = method.clip.projection(method.clip.encoder(torch.cat([batch.video, batch.audio], dim=1)))
    encoded = method.text[0](batch.text)
    text, classes = method.text[1](encoded), method.text[1](method.text[0](batch.class_text))
    assert terms["recognition"].item() == pytest.approx(cross_entropy(clip @ classes.T, batch.label).item())
    for name, found, wanted in (
        ("regression", clip, text),
        ("decoded_clip", method.clip_decoder(clip), encoded),
        ("decoded_text", method.text_decoder(text), encoded),
    ):
        squares = [(x - y) ** 2 for x, y in zip(found.flatten().tolist(), wanted.flatten().tolist(), strict=True)]
        assert terms[name].item() == pytest.approx(sum(squares) / len(squares), rel=1e-5), name


def test_the_text_encoder_learns_from_what_is_decoded(batch: Batch) -> None:
    method = made()
    torch.autograd.backward(method.terms(batch)["decoded_clip"])
    weight = method.get_parameter("text.0.0.weight")
    assert weight.grad is not None
    assert weight.grad.any()


def test_pictures_come_before_sound_and_both_count() -> None:
    method = made().eval()
    audio, video = random(4, 3), random(4, 2, seed=1)
    found = method.clip(audio, video)
    first = method.get_parameter("clip.encoder.0.weight")
    assert first.shape == (6, 5)
    with torch.no_grad():
        first[:, :2] = 0
    assert torch.equal(method.clip(audio, video), method.clip(audio, -video))
    assert not torch.allclose(found, method.clip(audio, video))


@pytest.mark.parametrize(("audio", "video"), [(0, 4), (4, 0)])
def test_it_learns_from_the_one_modality_that_the_data_have(audio: int, video: int) -> None:
    assert made(audio, video).clip(random(5, audio), random(5, video)).shape == (5, 4)


def test_the_published_sizes_are_those_of_clip_and_clap() -> None:
    method = ClipClap(Task(Widths(1024, 512, 1536), torch.eye(3, 1536), torch.empty(0, 1536)), Options())
    shapes = {name: tuple(each.shape) for name, each in method.named_parameters() if each.ndim == 2}
    assert set(shapes.values()) == {(512, 1536), (512, 512), (64, 512), (512, 64)}
    assert len(shapes) == 8

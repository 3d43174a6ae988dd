"""DSCMR against tensors of its released code, one batch of images and texts."""

import pytest
import torch
from torch import Tensor

from models.evaluation.ranking import by_label
from models.methods.base import Batch, Samples, Task, Widths, total
from models.methods.dscmr import DSCMR, TERMS, Options
from models.types import Metric
from tests.golden import reference
from tests.tiny.samples import with_negatives

NAMES = {
    "own.video.0": "img_net.denseL1",
    "own.text.0": "text_net.denseL1",
    "shared": "linearLayer",
    "classifier": "linearLayer2",
}
WEIGHTS = dict(zip(TERMS, (1.0, 1e-3, 1e-1), strict=True))


@pytest.fixture(scope="module")
def golden() -> dict[str, Tensor]:
    return reference.tensors("dscmr")


@pytest.fixture
def method(golden: dict[str, Tensor]) -> DSCMR:
    out, hidden = golden["w/linearLayer.weight"].shape
    widths = Widths(audio=0, video=golden["in/x"].shape[1], text=golden["in/t"].shape[1])
    classes = torch.empty(len(golden["w/linearLayer2.bias"]), 0)
    made = DSCMR(Task(widths, class_text=classes, unseen_text=classes[:0]), Options(hidden=hidden, out=out))
    reference.load_weights(made, golden, NAMES)
    return made.train()


@pytest.fixture
def batch(golden: dict[str, Tensor]) -> Batch:
    images, texts, label = golden["in/x"], golden["in/t"], golden["in/y"]
    none = images[:, :0]
    return with_negatives(Samples(none, images, texts, label, none))


def test_embeddings_and_labels_are_the_references(method: DSCMR, batch: Batch, golden: dict[str, Tensor]) -> None:
    heads = method.heads()
    images, texts = heads["video"].module(batch.video), heads["text"].module(batch.text)
    torch.testing.assert_close(images, golden["train/f1"], rtol=0, atol=1e-4)
    torch.testing.assert_close(texts, golden["train/f2"], rtol=0, atol=1e-4)
    torch.testing.assert_close(method.classifier(images), golden["train/p1"], rtol=0, atol=1e-4)
    torch.testing.assert_close(method.classifier(texts), golden["train/p2"], rtol=0, atol=1e-4)


def test_the_terms_sum_to_the_references_loss(method: DSCMR, batch: Batch, golden: dict[str, Tensor]) -> None:
    torch.testing.assert_close(total(method.terms(batch), WEIGHTS), golden["train/loss"], rtol=1e-5, atol=0)


def test_gradients_are_the_references(method: DSCMR, batch: Batch, golden: dict[str, Tensor]) -> None:
    torch.autograd.backward(total(method.terms(batch), WEIGHTS))
    reference.assert_gradients(method, golden, NAMES)


@pytest.mark.parametrize(("route", "theirs"), [("video->text", "map12"), ("text->video", "map21")])
def test_precision_over_the_whole_gallery_is_the_references(
    method: DSCMR, batch: Batch, golden: dict[str, Tensor], route: str, theirs: str
) -> None:
    spec, label = method.routes()[route], batch.label.numpy()
    embedded = {"video": golden["train/f1"].numpy(), "text": golden["train/f2"].numpy()}
    assert spec.metric is Metric.COSINE
    found = by_label(
        embedded[spec.query], embedded[spec.gallery], query_labels=label, gallery_labels=label, metric=spec.metric
    )
    # The reference ranks cosine distances in float64; two items of nearly equal distance may trade places.
    assert found.mean() == pytest.approx(golden[f"train/{theirs}"].item(), abs=1e-6)

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from models.errors import BundleInvalid, QueryInvalid
from models.features.card import TextEncoderCard, read_text_card
from models.features.text import Network, TextEncoder
from models.types import F32
from tests.tiny.encoders import WIDTH, tiny_text_encoder


@pytest.fixture
def encoder(tmp_path: Path) -> TextEncoder:
    return TextEncoder.open(tiny_text_encoder(tmp_path))


def test_every_text_has_a_row_of_unit_length_in_its_place(encoder: TextEncoder) -> None:
    rows = encoder.encode(["dog barking", "a red glass ball bouncing", "dog barking", "bell"])
    assert rows.shape == (4, WIDTH)
    assert rows.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(rows, axis=1), 1, atol=1e-6)
    np.testing.assert_array_equal(rows[0], rows[2])
    assert np.linalg.norm(rows[0] - rows[3]) > 0.1


def test_a_texts_vector_does_not_depend_on_its_company(tmp_path: Path) -> None:
    words = ["dog", "a bell", "the cat in the rain", "red"] * 20
    texts = [f"{word} {'drum ' * (i % 9)}" for i, word in enumerate(words)]
    together = TextEncoder.open(tiny_text_encoder(tmp_path)).encode(texts)
    alone = TextEncoder.open(tmp_path)
    np.testing.assert_allclose(together, np.concatenate([alone.encode([text]) for text in texts]), atol=1e-6)


def test_a_remembered_text_has_the_vector_it_had(encoder: TextEncoder) -> None:
    first = encoder.encode(["dog", "cat"])
    np.testing.assert_array_equal(encoder.encode(["cat", "bell", "dog"])[[2, 0]], first)


def test_no_texts_have_no_rows(encoder: TextEncoder) -> None:
    assert encoder.encode([]).shape == (0, WIDTH)


def test_a_long_text_is_cut_at_the_most_tokens(encoder: TextEncoder) -> None:
    long = "dog " * 16
    np.testing.assert_allclose(encoder.encode([long + "bell " * 500]), encoder.encode([long]), atol=1e-6)


@pytest.mark.parametrize("text", ["", "   ", "\n\t"])
def test_empty_text_is_refused(encoder: TextEncoder, text: str) -> None:
    with pytest.raises(QueryInvalid, match="empty; expected words"):
        encoder.encode(["dog", text])


def test_text_that_is_not_unicode_is_refused(encoder: TextEncoder) -> None:
    with pytest.raises(QueryInvalid, match="surrogate"):
        encoder.encode(["\ud83d"])


@pytest.mark.parametrize("file", ["text_encoder.onnx", "tokenizer.json"])
def test_files_that_do_not_fit_the_card_are_refused(tmp_path: Path, file: str) -> None:
    path = tiny_text_encoder(tmp_path) / file
    path.write_bytes(path.read_bytes() + b"\n")
    with pytest.raises(BundleInvalid, match=f"{file} has sha256"):
        TextEncoder.open(tmp_path)


def test_a_card_that_promises_another_width_is_found_out(tmp_path: Path) -> None:
    card = tiny_text_encoder(tmp_path) / "text_encoder.json"
    card.write_text(json.dumps(json.loads(card.read_text()) | {"width": 9}))
    with pytest.raises(BundleInvalid, match="its card says"):
        TextEncoder.open(tmp_path).encode(["dog"])


class Counting:
    """A network that notes the texts that it is given."""

    example = "ready"

    def __init__(self, folder: Path) -> None:
        card = read_text_card(tiny_text_encoder(folder) / "text_encoder.json")
        assert isinstance(card, TextEncoderCard)
        self.card, self.given = card, list[str]()
        self._network = Network.open(folder, card, threads=1)

    def embed(self, texts: Sequence[str]) -> F32:
        self.given.extend(texts)
        return self._network.embed(texts)


def test_the_text_that_was_asked_for_longest_ago_is_forgotten_first(tmp_path: Path) -> None:
    network = Counting(tmp_path)
    encoder = TextEncoder(network, limit=2)
    for text in ("a", "b", "a", "c", "a", "c", "b"):
        encoder.encode([text])
    assert network.given == ["a", "b", "c", "b"]

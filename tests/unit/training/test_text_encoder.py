"""The exported all-MiniLM-L6-v2 against a forward pass written out in numpy. Fetches 91 MB once, into a cache."""

import math
from pathlib import Path

import numpy as np
import onnxruntime as ort
import pytest
from safetensors.numpy import load_file
from scipy.special import erf

from models.errors import BundleInvalid
from models.features.card import TextEncoderCard, read_card
from models.features.text import TextEncoder
from models.types import F32, F64, I64
from tests.minilm import minilm_weights
from training.text_encoder import prepare_text_encoder, write_text_encoder


@pytest.fixture(scope="module")
def weights_folder() -> Path:
    return minilm_weights()


@pytest.fixture(scope="module")
def weights(weights_folder: Path) -> dict[str, F32]:
    return load_file(weights_folder / "model.safetensors")


@pytest.fixture(scope="module")
def encoder_folder(weights_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("encoder")
    write_text_encoder(weights_folder, folder)
    return folder


@pytest.fixture(scope="module")
def session(encoder_folder: Path) -> ort.InferenceSession:
    return ort.InferenceSession(encoder_folder / "text_encoder.onnx")


def norm(values: F64, weights: dict[str, F32], name: str) -> F64:
    centred = values - values.mean(-1, keepdims=True)
    scaled: F64 = centred / np.sqrt((centred**2).mean(-1, keepdims=True) + 1e-12)
    scaled *= weights[f"{name}.weight"]
    return scaled + weights[f"{name}.bias"]


def naive(ids: I64, weights: dict[str, F32]) -> F64:
    """The embedding of one text without padding, word by word from the definition of BERT."""

    def dense(values: F64, name: str) -> F64:
        return values @ weights[f"{name}.weight"].T.astype(np.float64) + weights[f"{name}.bias"]

    table = {kind: weights[f"embeddings.{kind}_embeddings.weight"] for kind in ("word", "position", "token_type")}
    hidden = table["word"][ids].astype(np.float64) + table["position"][: len(ids)] + table["token_type"][0]
    hidden = norm(hidden, weights, "embeddings.LayerNorm")
    for layer in (f"encoder.layer.{i}" for i in range(6)):
        query, key, value = (dense(hidden, f"{layer}.attention.self.{part}") for part in ("query", "key", "value"))
        heads = []
        for head in (slice(32 * i, 32 * i + 32) for i in range(12)):
            weight = np.exp(query[:, head] @ key[:, head].T / math.sqrt(32))
            heads.append(weight / weight.sum(1, keepdims=True) @ value[:, head])
        attended = dense(np.concatenate(heads, axis=1), f"{layer}.attention.output.dense")
        hidden = norm(hidden + attended, weights, f"{layer}.attention.output.LayerNorm")
        inner = dense(hidden, f"{layer}.intermediate.dense")
        inner = inner * 0.5 * (1 + erf(inner / math.sqrt(2)))
        hidden = norm(hidden + dense(inner, f"{layer}.output.dense"), weights, f"{layer}.output.LayerNorm")
    mean = hidden.mean(0)
    embedding: F64 = mean / np.linalg.norm(mean)
    return embedding


def run(session: ort.InferenceSession, ids: I64) -> F32:
    found = session.run(["embedding"], {"input_ids": ids, "attention_mask": (ids > 0).astype(np.int64)})[0]
    return np.asarray(found, np.float32)


def words(length: int) -> I64:
    return np.random.default_rng(length).integers(1000, 30_000, length)


@pytest.mark.parametrize("length", [3, 256])
def test_the_graph_agrees_with_a_naive_forward_pass(
    session: ort.InferenceSession, weights: dict[str, F32], length: int
) -> None:
    ids = words(length)
    np.testing.assert_allclose(run(session, ids[None]), naive(ids, weights)[None], atol=1e-4)


def test_the_graph_agrees_with_a_naive_forward_pass_on_a_padded_batch(
    session: ort.InferenceSession, weights: dict[str, F32]
) -> None:
    texts = [words(length) for length in (3, 17, 40)] * 11
    batch = np.stack([np.pad(text, (0, 40 - len(text))) for text in texts])
    expected = [naive(text, weights) for text in texts[:3]] * 11
    np.testing.assert_allclose(run(session, batch), expected, atol=1e-4)


def test_words_of_like_meaning_are_near(encoder_folder: Path) -> None:
    encoder = TextEncoder.open(encoder_folder)
    dog, puppy, tax = encoder.encode(["a dog barking", "a puppy woofs", "tax return"])
    assert dog @ puppy > dog @ tax + 0.2
    assert np.linalg.norm(dog) == pytest.approx(1, abs=1e-5)


def test_an_encoder_that_is_there_is_not_fetched_again(encoder_folder: Path) -> None:
    told: list[str] = []
    card = prepare_text_encoder(encoder_folder, told.append)
    assert card == read_card(encoder_folder / "text_encoder.json", TextEncoderCard)
    assert told == []


def test_other_weights_are_refused_and_nothing_is_written(tmp_path: Path) -> None:
    source, folder = tmp_path / "source", tmp_path / "encoder"
    source.mkdir()
    (source / "model.safetensors").write_bytes(b"other weights")
    (source / "tokenizer.json").write_text("{}")
    with pytest.raises(BundleInvalid, match=r"model\.safetensors .* has sha256 .*; expected 53aa5117"):
        write_text_encoder(source, folder)
    assert not folder.exists()

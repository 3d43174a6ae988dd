"""From probabilities of classes to words: the graphs against the definition, and against CONSE's own head."""

import numpy as np
import onnxruntime as ort
import pytest
import torch
from torch import nn

from models.methods.conse import Combined
from models.types import F32
from training.classifiers.bridge import both_head, combination, sense_head, text_head

CLASSES, WIDTH = 30, 6


def random(*shape: int, seed: int) -> F32:
    return np.random.default_rng(seed).normal(size=shape).astype(np.float32)


def probabilities(rows: int, *, seed: int = 0) -> F32:
    powers = np.exp(3 * random(rows, CLASSES, seed=seed))
    return np.asarray(powers / powers.sum(axis=1, keepdims=True), np.float32)


def run(graph: bytes, **features: F32) -> F32:
    return np.asarray(ort.InferenceSession(graph, providers=["CPUExecutionProvider"]).run(None, features)[0])


def by_hand(row: F32, text: F32, top: int) -> F32:
    likeliest = sorted(range(len(row)), key=lambda each: -row[each])[:top]
    whole = sum(float(row[each]) for each in likeliest)
    vector = sum((float(row[each]) / whole * text[each] for each in likeliest), np.zeros(text.shape[1]))
    return np.asarray(vector / np.linalg.norm(vector), np.float32)


@pytest.mark.parametrize("top", [1, 10, CLASSES])
@pytest.mark.parametrize("rows", [1, 65])
def test_the_likeliest_classes_texts_are_weighted_by_their_share(rows: int, top: int) -> None:
    given, text = probabilities(rows), random(CLASSES, WIDTH, seed=1)
    expected = [by_hand(row, text, top) for row in given]
    np.testing.assert_allclose(run(sense_head("audio", text, top=top), audio=given), expected, atol=1e-5)
    np.testing.assert_allclose(combination(given, text, top=top), expected, atol=1e-5)


def test_it_is_what_the_trained_method_makes_of_a_softmax_at_unit_length() -> None:
    logits, text = 3 * random(9, CLASSES, seed=2), random(CLASSES, WIDTH, seed=3)
    with torch.inference_mode():
        trained = Combined(nn.Identity(), torch.from_numpy(text), 10)(torch.from_numpy(logits)).numpy()
        given = torch.from_numpy(logits).softmax(dim=1).numpy()
    expected = trained / np.linalg.norm(trained, axis=1, keepdims=True)
    np.testing.assert_allclose(run(sense_head("video", text), video=given), expected, atol=1e-5)


def test_of_fewer_classes_than_are_combined_all_are() -> None:
    text = random(3, WIDTH, seed=4)
    given = np.array([[0.2, 0.3, 0.5]], np.float32)
    np.testing.assert_allclose(run(sense_head("audio", text), audio=given), [by_hand(given[0], text, 3)], atol=1e-6)


def test_where_a_classifier_says_nothing_all_classes_weigh_the_same_and_none_is_nan() -> None:
    text = random(4, WIDTH, seed=5)
    mean = text.mean(axis=0)
    found = run(sense_head("audio", text), audio=np.zeros((2, 4), np.float32))
    np.testing.assert_allclose(found, [mean / np.linalg.norm(mean)] * 2, atol=1e-6)


def test_scaling_all_scores_changes_nothing() -> None:
    graph, given = sense_head("audio", random(CLASSES, WIDTH, seed=6)), probabilities(5)
    np.testing.assert_allclose(run(graph, audio=given * np.float32(0.125)), run(graph, audio=given), atol=1e-5)


def test_the_inner_product_of_both_with_a_text_is_the_mean_of_their_cosines() -> None:
    texts = {"audio": random(CLASSES, WIDTH, seed=7), "video": random(CLASSES + 5, WIDTH, seed=8)}
    audio = probabilities(7)
    video = np.concatenate([probabilities(7, seed=9), np.zeros((7, 5), np.float32)], axis=1)
    query = run(text_head(WIDTH), text=random(1, WIDTH, seed=10))[0]
    alone = run(sense_head("audio", texts["audio"]), audio=audio) + run(
        sense_head("video", texts["video"]), video=video
    )
    found = run(both_head({"audio": texts["audio"], "video": texts["video"]}), audio=audio, video=video)
    np.testing.assert_allclose(found @ query, alone @ query / 2, atol=1e-5)


def test_the_same_texts_make_the_same_bytes() -> None:
    text = random(CLASSES, WIDTH, seed=11)
    assert sense_head("audio", text) == sense_head("audio", text.copy())

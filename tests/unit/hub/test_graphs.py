"""A hub's networks with their front ends inside, beside what transformers makes of the same sound, pictures and words.

Golden numbers: transformers 5.23.0's CLIPImageProcessor() and ClapFeatureExtractor(**EXPECTED), numpy 2, on the inputs
that are written out here. Beside its own random CLIPModel and ClapModel, exported to ONNX as the hub's are, the graphs
gave rows within 2e-7 when this was written.
"""

import json
from collections.abc import Callable, Mapping

import numpy as np
import onnx
import onnxruntime as ort
import pytest
from onnx import TensorProto
from onnx.helper import make_graph, make_model, make_opsetid, make_tensor_value_info
from onnx.numpy_helper import from_array

from models.errors import BundleInvalid
from models.types import F32, I64, U8
from tests.tiny.hub_networks import (
    CLAP_CONFIG,
    CLAP_WIDTH,
    CLIP_CONFIG,
    CLIP_WIDTH,
    SIDE,
    audio_network,
    causal_network,
    changed,
    roberta_network,
    vision_network,
)
from training.hub.heads import unit
from training.hub.pictures import frames_taken, picture_graph
from training.hub.sound import log_mel, sound_graph
from training.hub.words import text_graph

OPSETS = (11, 13, 14, 18, 23)
STRETCH = 480_000
DECIBELS = {
    (0, 0): 4.9392,
    (0, 12): -3.414,
    (10, 12): -37.8444,
    (100, 12): -37.849,
    (100, 40): -90.8541,
    (150, 45): -44.5834,
    (199, 60): -80.0221,
    (200, 63): -43.4162,
    (500, 30): -80.2603,
    (1000, 5): 17.2527,
}
PIXELS = {(0, 0, 0): -1.792263, (1, 10, 20): 0.934293, (2, 223, 223): -1.238479, (0, 100, 50): 0.22232}


def run(graph: bytes, output: str = "embedding", **feeds: F32 | I64 | U8) -> F32:
    session = ort.InferenceSession(graph, providers=["CPUExecutionProvider"])
    return np.asarray(session.run([output], feeds)[0], np.float32)


def spectrogram(waveform: F32, *, opset: int = 14) -> F32:
    nodes, constants = log_mel("decibels_out")
    graph = make_graph(
        nodes,
        "front",
        [make_tensor_value_info("waveform", TensorProto.FLOAT, ["n"])],
        [make_tensor_value_info("decibels_out", TensorProto.FLOAT, ["rows", 1, 1001, 64])],
        [from_array(value, name) for name, value in constants.items()],
    )
    model = make_model(graph, opset_imports=[make_opsetid("", opset)], ir_version=8)
    onnx.checker.check_model(model, full_check=True)
    return run(model.SerializeToString(), "decibels_out", waveform=waveform)


def noise(samples: int, *, seed: int = 0) -> F32:
    return np.random.default_rng(seed).uniform(-0.5, 0.5, samples).astype(np.float32)


def tones() -> F32:
    """Two seconds: a steady tone, one that rises, one that is soft."""
    t = np.arange(2 * 48_000) / 48_000
    steady, rising = 0.3 * np.sin(2 * np.pi * 440 * t), 0.2 * np.sin(2 * np.pi * 3000 * t * (1 + t / 4))
    return np.asarray(steady + rising + 0.05 * np.cos(2 * np.pi * 9000 * t), np.float32)


@pytest.mark.parametrize("opset", OPSETS)
def test_sound_becomes_the_decibels_that_claps_extractor_makes(opset: int) -> None:
    found = spectrogram(tones(), opset=opset)
    assert found.shape == (1, 1, 1001, 64)
    assert {at: float(found[0, 0][at]) for at in DECIBELS} == pytest.approx(DECIBELS, abs=0.02)


def test_short_sound_is_repeated_as_often_as_it_fits_and_followed_by_silence() -> None:
    part = noise(150_000)
    whole = np.concatenate([part, part, part, np.zeros(30_000, np.float32)])
    np.testing.assert_array_equal(spectrogram(part), spectrogram(whole))
    assert spectrogram(np.zeros(0, np.float32)).min() == pytest.approx(-100, abs=1e-4)


@pytest.mark.parametrize("samples", [STRETCH + 1, 576_000, 3 * STRETCH])
def test_long_sound_is_covered_by_stretches_of_which_the_last_ends_with_it(samples: int) -> None:
    whole = noise(samples)
    starts = [*range(0, samples - STRETCH, STRETCH), samples - STRETCH]
    expected = np.concatenate([spectrogram(whole[start : start + STRETCH]) for start in starts])
    np.testing.assert_allclose(spectrogram(whole), expected, atol=1e-4)


def test_a_row_of_sound_is_the_networks_at_unit_length() -> None:
    waveform = noise(700_000)
    graph = sound_graph(audio_network(), name="audio", config=CLAP_CONFIG, width=CLAP_WIDTH)
    expected = unit(run(audio_network(), "audio_embeds", input_features=spectrogram(waveform)))
    np.testing.assert_allclose(run(graph, waveform=waveform), expected, atol=1e-5)


def scaled(frames: U8) -> F32:
    """What CLIP is shown of frames [n, h, w, 3]: [n, 3, h, w]."""
    mean, std = (np.array(CLIP_CONFIG[key], np.float64) for key in ("image_mean", "image_std"))
    return np.asarray(((frames / 255 - mean) / std).transpose(0, 3, 1, 2), np.float32)


def test_frames_are_scaled_as_clips_processor_does() -> None:
    frame = (np.arange(224 * 224 * 3) * 7919 % 256).astype(np.uint8).reshape(1, 224, 224, 3)
    found = scaled(frame)[0]
    assert {at: float(found[at]) for at in PIXELS} == pytest.approx(PIXELS, abs=1e-5)


@pytest.mark.parametrize("opset", [11, 14])
def test_a_row_of_pictures_is_a_frames_at_unit_length_whatever_is_beside_it(opset: int) -> None:
    frames = np.random.default_rng(0).integers(0, 256, (5, SIDE, SIDE, 3), dtype=np.uint8)
    network = vision_network(opset=opset)
    graph = picture_graph(network, name="vision", config=CLIP_CONFIG, width=CLIP_WIDTH)
    found = run(graph, frames=frames)
    np.testing.assert_allclose(found, unit(run(network, "image_embeds", pixel_values=scaled(frames))), atol=1e-5)
    np.testing.assert_allclose(found, np.concatenate([run(graph, frames=frame[None]) for frame in frames]), atol=1e-6)


def padded(lengths: list[int], *, end: int, padding: int) -> tuple[I64, I64]:
    """Random tokens of so many texts, and the mask of those that are none."""
    numbers = np.random.default_rng(1)
    ids, mask = np.full((len(lengths), max(lengths)), padding), np.zeros((len(lengths), max(lengths)), np.int64)
    for row, length in enumerate(lengths):
        ids[row, :length], mask[row, :length] = numbers.integers(2, end, length), 1
        ids[row, length - 1] = end
    return ids, mask


@pytest.mark.parametrize(
    ("kind", "network", "width", "end", "padding"),
    [
        ("clip", causal_network(), CLIP_WIDTH, 99, 99),
        ("clip", causal_network(), CLIP_WIDTH, 99, 0),
        ("clap", roberta_network(), CLAP_WIDTH, 299, 1),
        ("clap", roberta_network(), CLAP_WIDTH, 299, 0),
    ],
)
def test_a_texts_row_is_its_own_whatever_is_beside_it(
    kind: str, network: bytes, width: int, end: int, padding: int
) -> None:
    ids, mask = padded([3, 9, 5, 9], end=end, padding=padding)
    found = run(text_graph(network, name=kind, kind=kind, width=width), input_ids=ids, attention_mask=mask)  # type: ignore[arg-type]
    alone = [run(network, "text_embeds", input_ids=row[None, kept > 0]) for row, kept in zip(ids, mask, strict=True)]
    np.testing.assert_allclose(found, unit(np.concatenate(alone)), atol=1e-5)


def test_a_network_without_a_mask_would_be_misled_by_padding() -> None:
    ids, _ = padded([3, 9], end=299, padding=1)
    together = unit(run(roberta_network(), "text_embeds", input_ids=ids))
    assert np.abs(together[0] - unit(run(roberta_network(), "text_embeds", input_ids=ids[:1, :3]))[0]).max() > 0.01


def test_frames_are_asked_for_as_the_processor_says() -> None:
    taken = frames_taken(changed(CLIP_CONFIG, crop_size={"height": 224, "width": 224}, size={"shortest_edge": 256}))
    assert (taken.size, taken.shorter_side) == (224, 256)


def test_another_front_end_of_pictures_is_refused() -> None:
    refused: list[tuple[dict[str, object], str]] = [
        ({"crop_size": {"height": 224, "width": 200}}, "crop_size is .*expected a number of pixels"),
        ({"size": {"longest_edge": 224}}, "size is .*expected a number of pixels"),
        ({"size": 16}, "32 pixels are cut out of 16"),
        ({"do_normalize": False}, "do_normalize is off"),
        ({"image_std": [0.5]}, "image_std is .*expected a number for red, green and blue"),
        ({"image_std": [0.5, 0, 1]}, "standard deviations over 0"),
    ]
    for change, said in refused:
        with pytest.raises(BundleInvalid, match=said):
            picture_graph(vision_network(), name="v", config=changed(CLIP_CONFIG, **change), width=CLIP_WIDTH)


@pytest.mark.parametrize(("key", "value"), [("truncation", "fusion"), ("hop_length", 320), ("padding", "repeat")])
def test_another_front_end_of_sound_is_refused(key: str, value: object) -> None:
    with pytest.raises(BundleInvalid, match=f"{key} is {value!r}; expected"):
        sound_graph(audio_network(), name="audio", config=changed(CLAP_CONFIG, **{key: value}), width=CLAP_WIDTH)


Make = Callable[[bytes], bytes]
MAKERS: Mapping[str, Make] = {
    "sound": lambda content: sound_graph(content, name="it", config=CLAP_CONFIG, width=CLAP_WIDTH),
    "pictures": lambda content: picture_graph(content, name="it", config=CLIP_CONFIG, width=CLIP_WIDTH),
    "words": lambda content: text_graph(content, name="it", kind="clip", width=CLIP_WIDTH),
}


@pytest.mark.parametrize("kind", MAKERS)
@pytest.mark.parametrize("content", [b"", b"no network", json.dumps(CLIP_CONFIG).encode()])
def test_what_is_no_network_is_refused(kind: str, content: bytes) -> None:
    with pytest.raises(BundleInvalid, match="it "):
        MAKERS[kind](content)


def test_a_network_of_something_else_is_refused() -> None:
    with pytest.raises(BundleInvalid, match=r"has the inputs \['pixel_values'\]; expected input_features"):
        MAKERS["sound"](vision_network())
    renamed = vision_network().replace(b"image_embeds", b"image_vector")
    with pytest.raises(BundleInvalid, match=r"has the outputs \['image_vector'\]; expected one of them to be image_"):
        MAKERS["pictures"](renamed)
    with pytest.raises(BundleInvalid, match="is of the ONNX opset 10; expected 11 or later"):
        MAKERS["pictures"](vision_network(opset=10))

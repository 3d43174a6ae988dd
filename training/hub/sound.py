"""CLAP's network of sound as a backbone's graph, with its front end.

Source: ClapFeatureExtractor (transformers 5.23.0) as laion/clap-htsat-unfused's preprocessor_config.json sets it:
`rand_trunc` and `repeatpad`, mono at 48 kHz, 10 s, windows of 1024 samples every 480 under a periodic Hann window, the
ends mirrored, power in 64 triangles of equal area from 50 to 14,000 Hz on Slaney's scale, 10 log10 of it, at least
-100 dB. Sound that is shorter is repeated as often as it fits whole, then followed by silence. Of longer sound that
takes a stretch at random; here stretches of 10 s cover all of it, the last one ending where the sound ends.
"""

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from onnx import NodeProto, TensorProto
from onnx.helper import make_node, make_tensor_value_info

from models.errors import BundleInvalid
from models.media.media import SoundSpec
from models.types import F32, F64
from training.hub.composing import composed, read_network, unit

RATE, SECONDS, SIZE, HOP, MELS = 48_000, 10, 1024, 480, 64
LOWEST_HZ, HIGHEST_HZ = 50, 14_000
SAMPLES = RATE * SECONDS
FLOOR = 1e-10
TAKES = SoundSpec(RATE)
EXPECTED: Mapping[str, int | str] = {
    "sampling_rate": RATE,
    "max_length_s": SECONDS,
    "fft_window_size": SIZE,
    "hop_length": HOP,
    "feature_size": MELS,
    "frequency_min": LOWEST_HZ,
    "frequency_max": HIGHEST_HZ,
    "truncation": "rand_trunc",
    "padding": "repeatpad",
}
"""What `preprocessor_config.json` has to say for this front end to be its."""

Constants = dict[str, NDArray[np.generic]]


def sound_taken(config: Mapping[str, Any]) -> SoundSpec:
    """How clips are decoded for a network; raises BundleInvalid for another front end than this one."""
    for key, expected in EXPECTED.items():
        if config.get(key) != expected:
            raise BundleInvalid(f"preprocessor_config.json: {key} is {config.get(key)!r}; expected {expected!r}")
    return TAKES


def sound_graph(content: bytes, *, name: str, config: Mapping[str, Any], width: int) -> bytes:
    """From `waveform` float32 [n] to `embedding` [rows, width], a row for every 10 s and the rest.

    Raises:
        BundleInvalid: the network is not CLAP's, or its front end is another.
    """
    sound_taken(config)
    network = read_network(content, name=name, inputs=["input_features"], output="audio_embeds")
    nodes, constants = log_mel(network.inputs["input_features"].name)
    given = make_tensor_value_info("waveform", TensorProto.FLOAT, ["n"])
    nodes += [*network.nodes, unit(network.output)]
    return composed(network, nodes, given=[given], constants=constants, width=width)


def log_mel(named: str) -> tuple[list[NodeProto], Constants]:
    """Nodes from `waveform` [n] to decibels [rows, 1, 1001, 64], and their constants."""
    nodes = [
        *_filled(),
        *_stretches(),
        make_node("Reshape", ["stretches", "one_channel"], ["channel"]),
        make_node("Pad", ["channel", "mirror"], ["mirrored"], mode="reflect"),
        make_node("Conv", ["mirrored", "kernels"], ["transformed"], strides=[HOP]),
        make_node("Mul", ["transformed", "transformed"], ["squared"]),
        make_node("MatMul", ["filters", "squared"], ["mel"]),
        make_node("Max", ["mel", "floor"], ["audible"]),
        make_node("Log", ["audible"], ["logarithm"]),
        make_node("Mul", ["logarithm", "decibel"], ["decibels"]),
        make_node("Transpose", ["decibels"], ["columns"], perm=[0, 2, 1]),
        make_node("Reshape", ["columns", "one_picture"], [named]),
    ]
    first, filters = _filters()
    kernels = _kernels(first, filters.shape[1])
    constants: Constants = {
        "kernels": kernels,
        "filters": np.concatenate([filters, filters], axis=1),  # of cosines and of sines
        "floor": np.array(FLOOR, np.float32),
        "decibel": np.array(10 / math.log(10), np.float32),
        "one_channel": np.array([-1, 1, SAMPLES]),
        "mirror": np.array([0, 0, SIZE // 2, 0, 0, SIZE // 2]),
        "one_picture": np.array([-1, 1, SAMPLES // HOP + 1, MELS]),
    }
    return nodes, constants | _numbers()


def _filled() -> list[NodeProto]:
    """`waveform` [n], where it is short repeated as often as it fits and followed by silence, as `filled`."""
    return [
        make_node("Shape", ["waveform"], ["n"]),
        make_node("Equal", ["n", "none"], ["is_empty"]),
        make_node("Cast", ["is_empty"], ["a_sample"], to=TensorProto.INT64),
        make_node("Concat", ["none", "a_sample"], ["at_its_end"], axis=0),
        make_node("Pad", ["waveform", "at_its_end"], ["sound"]),
        make_node("Shape", ["sound"], ["length"]),
        make_node("Div", ["samples", "length"], ["times_it_fits"]),
        make_node("Less", ["times_it_fits", "one"], ["is_long"]),
        make_node("Where", ["is_long", "one", "times_it_fits"], ["times"]),
        make_node("Tile", ["sound", "times"], ["repeated"]),
        make_node("Shape", ["repeated"], ["repeated_length"]),
        make_node("Less", ["repeated_length", "samples"], ["is_short"]),
        make_node("Sub", ["samples", "repeated_length"], ["left"]),
        make_node("Where", ["is_short", "left", "none"], ["silence"]),
        make_node("Concat", ["none", "silence"], ["behind"], axis=0),
        make_node("Pad", ["repeated", "behind"], ["filled"]),
    ]


def _stretches() -> list[NodeProto]:
    """Of `filled`, stretches of 10 s [rows, 480000] that cover it."""
    return [
        make_node("Shape", ["filled"], ["filled_length"]),
        make_node("Add", ["filled_length", "all_but_one"], ["rounded_up"]),
        make_node("Div", ["rounded_up", "samples"], ["row_count"]),
        make_node("Reshape", ["row_count", "scalar"], ["rows_end"]),
        make_node("Range", ["rows_start", "rows_end", "step"], ["order"]),
        make_node("Mul", ["order", "samples"], ["whole_starts"]),
        make_node("Sub", ["filled_length", "samples"], ["last_start"]),
        make_node("Less", ["whole_starts", "last_start"], ["is_before"]),
        make_node("Where", ["is_before", "whole_starts", "last_start"], ["starts"]),
        make_node("Reshape", ["starts", "one_column"], ["start_column"]),
        make_node("Range", ["rows_start", "samples_end", "step"], ["offsets"]),
        make_node("Add", ["start_column", "offsets"], ["places"]),
        make_node("Gather", ["filled", "places"], ["stretches"]),
    ]


def _numbers() -> Constants:
    return {
        "none": np.array([0]),
        "one": np.array([1]),
        "samples": np.array([SAMPLES]),
        "all_but_one": np.array([SAMPLES - 1]),
        "scalar": np.array([], np.int64),
        "rows_start": np.array(0),
        "step": np.array(1),
        "samples_end": np.array(SAMPLES),
        "one_column": np.array([-1, 1]),
    }


def _kernels(first: int, count: int) -> F32:
    """Cosines and sines of `count` frequencies from the `first`, under a periodic Hann window: [2 count, 1, 1024]."""
    time = np.arange(SIZE)
    hann = 0.5 - 0.5 * np.cos(2 * np.pi * time / SIZE)
    angle = 2 * np.pi / SIZE * np.arange(first, first + count)[:, None] * time
    both: F32 = (np.concatenate([np.cos(angle), np.sin(angle)]) * hann).astype(np.float32)
    return both[:, None]


def _filters() -> tuple[int, F32]:
    """Triangles of equal area [64, count], of the frequencies that any of them lets through, and the first of these."""
    bins = np.linspace(0, RATE / 2, SIZE // 2 + 1)
    edges = _hertz(np.linspace(_mel(LOWEST_HZ), _mel(HIGHEST_HZ), MELS + 2))[:, None]
    rise = (bins - edges[:-2]) / (edges[1:-1] - edges[:-2])
    fall = (edges[2:] - bins) / (edges[2:] - edges[1:-1])
    triangles = np.maximum(np.minimum(rise, fall), 0) * 2 / (edges[2:] - edges[:-2])
    heard = np.flatnonzero(triangles.any(axis=0))
    return int(heard[0]), triangles[:, heard[0] : heard[-1] + 1].astype(np.float32)


def _mel(hertz: float) -> float:
    """Slaney's scale: 3 mel for every 200 Hz up to 1000 Hz, then 27 for every factor of 6.4."""
    return hertz * 3 / 200 if hertz < 1000 else 15 + 27 * math.log(hertz / 1000) / math.log(6.4)


def _hertz(mel: F64) -> F64:
    """Slaney's scale, backwards."""
    return np.where(mel < 15, mel * 200 / 3, 1000 * 6.4 ** ((mel - 15) / 27))

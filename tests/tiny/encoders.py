"""Tiny real encoders of width 8: ONNX graphs of a few nodes with fixed random weights, and their cards.

They tell tones, colours and words apart, and run in well under a millisecond.
"""

import json
from collections.abc import Mapping, Sequence
from hashlib import sha256
from pathlib import Path

import numpy as np
import onnx
from onnx import NodeProto, TensorProto, ValueInfoProto
from onnx.helper import make_graph, make_model, make_node, make_opsetid, make_tensor_value_info
from onnx.numpy_helper import from_array
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from tokenizers.normalizers import Lowercase
from tokenizers.pre_tokenizers import Whitespace

from models.types import F32
from tests.tiny.clips import tiny_clip

__all__ = ["WIDTH", "tiny_audio_backbone", "tiny_clip", "tiny_text_encoder", "tiny_video_backbone"]

WIDTH = 8
# fmt: off
WORDS = (
    "a", "an", "the", "of", "and", "in", "on", "dog", "barking", "cat", "purring", "bell", "ringing", "swinging",
    "ball", "bouncing", "engine", "spinning", "siren", "drum", "flashing", "red", "green", "blue", "yellow",
    "white", "black", "low", "high", "tone", "sound", "picture", "glass", "metal", "wood", "wheel", "lamp", "water",
    "rain",
)
# fmt: on


def tiny_audio_backbone(folder: Path, *, version: str = "1") -> Path:
    """Loudness and pitch of 16 kHz sound, projected to one row of 8; returns `folder`."""
    takes = {"rate": 16_000}
    return _backbone(folder, _audio_graph(), name="tiny-audio", version=version, sense="audio", takes=takes)


def tiny_video_backbone(folder: Path, *, version: str = "1") -> Path:
    """Mean and spread of each colour, projected to 8, a row a frame at 4 a second; returns `folder`."""
    takes = {"rate": 4.0, "size": 32, "shorter_side": 32}
    return _backbone(folder, _video_graph(), name="tiny-video", version=version, sense="video", takes=takes)


def tiny_text_encoder(folder: Path, *, words: Sequence[str] = WORDS, version: str = "1") -> Path:
    """The mean of fixed random word vectors, of unit length; unknown words share one vector; returns `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    vocabulary = {word: i for i, word in enumerate(["[PAD]", "[UNK]", *dict.fromkeys(words)])}
    tokenizer = Tokenizer(WordLevel(vocabulary, unk_token="[UNK]"))
    tokenizer.normalizer = Lowercase()
    tokenizer.pre_tokenizer = Whitespace()
    tokenizer.save(str(folder / "tokenizer.json"))
    card = {
        "name": "tiny-text",
        "version": version,
        "width": WIDTH,
        "max_tokens": 16,
        "file": "text_encoder.onnx",
        "sha256": _write_graph(folder / "text_encoder.onnx", _text_graph(len(vocabulary))),
        "tokenizer": "tokenizer.json",
        "tokenizer_sha256": sha256((folder / "tokenizer.json").read_bytes()).hexdigest(),
        "licence": "Apache-2.0",
        "source": "made for tests",
    }
    (folder / "text_encoder.json").write_text(json.dumps(card))
    return folder


def _backbone(
    folder: Path, graph: onnx.GraphProto, *, name: str, version: str, sense: str, takes: Mapping[str, float]
) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    card = {
        "name": name,
        "version": version,
        "sense": sense,
        "takes": dict(takes),
        "width": WIDTH,
        "file": "backbone.onnx",
        "sha256": _write_graph(folder / "backbone.onnx", graph),
        "licence": "Apache-2.0",
        "source": "made for tests",
    }
    (folder / "backbone.json").write_text(json.dumps(card))
    return folder


def _audio_graph() -> onnx.GraphProto:
    nodes = [
        make_node("Pad", ["waveform", "pads"], ["padded"]),
        make_node("Slice", ["padded", "one", "end"], ["later"]),
        make_node("Slice", ["padded", "zero", "minus_one"], ["earlier"]),
        make_node("Sub", ["later", "earlier"], ["change"]),
        make_node("ReduceL1", ["padded"], ["loudness"]),
        make_node("ReduceL1", ["change"], ["roughness"]),
        make_node("Add", ["loudness", "tiny"], ["loudness_floor"]),
        make_node("Div", ["roughness", "loudness_floor"], ["pitch"]),
        make_node("Size", ["waveform"], ["size"]),
        make_node("Cast", ["size"], ["count"], to=TensorProto.FLOAT),
        make_node("Div", ["loudness_floor", "count"], ["mean_loudness"]),
        make_node("Reshape", ["mean_loudness", "row"], ["mean_loudness_row"]),
        make_node("Reshape", ["pitch", "row"], ["pitch_row"]),
        make_node("Concat", ["mean_loudness_row", "pitch_row"], ["statistics"], axis=1),
        make_node("Sqrt", ["statistics"], ["rooted"]),
        make_node("MatMul", ["rooted", "projection"], ["embedding"]),
    ]
    integers = {"pads": [1, 1], "one": [1], "zero": [0], "minus_one": [-1], "end": [2**31], "row": [1, 1]}
    constants = {name: np.array(value, np.int64) for name, value in integers.items()}
    return _graph(
        nodes,
        inputs=[make_tensor_value_info("waveform", TensorProto.FLOAT, ["n"])],
        constants={**constants, "tiny": np.array([1e-6], np.float32), "projection": _weights(2, seed=1)},
    )


def _video_graph() -> onnx.GraphProto:
    nodes = [
        make_node("Cast", ["frames"], ["bytes"], to=TensorProto.FLOAT),
        make_node("Div", ["bytes", "white"], ["light"]),
        make_node("ReduceMean", ["light", "plane"], ["mean"], keepdims=0),
        make_node("ReduceMax", ["light", "plane"], ["brightest"], keepdims=0),
        make_node("Concat", ["mean", "brightest"], ["statistics"], axis=1),
        make_node("MatMul", ["statistics", "projection"], ["embedding"]),
    ]
    return _graph(
        nodes,
        inputs=[make_tensor_value_info("frames", TensorProto.UINT8, ["n", "h", "w", 3])],
        constants={
            "white": np.array([255], np.float32),
            "plane": np.array([1, 2], np.int64),
            "projection": _weights(6, seed=2),
        },
    )


def _text_graph(words: int) -> onnx.GraphProto:
    nodes = [
        make_node("Gather", ["vectors", "input_ids"], ["looked_up"]),
        make_node("Unsqueeze", ["attention_mask", "last"], ["column"]),
        make_node("Cast", ["column"], ["mask"], to=TensorProto.FLOAT),
        make_node("Mul", ["looked_up", "mask"], ["kept"]),
        make_node("ReduceSum", ["kept", "tokens"], ["total"], keepdims=0),
        make_node("LpNormalization", ["total"], ["embedding"], axis=-1, p=2),
    ]
    return _graph(
        nodes,
        inputs=[
            make_tensor_value_info("input_ids", TensorProto.INT64, ["b", "s"]),
            make_tensor_value_info("attention_mask", TensorProto.INT64, ["b", "s"]),
        ],
        constants={
            "vectors": _weights(words, seed=3),
            "last": np.array([2], np.int64),
            "tokens": np.array([1], np.int64),
        },
    )


def _graph(
    nodes: list[NodeProto], *, inputs: list[ValueInfoProto], constants: dict[str, np.ndarray]
) -> onnx.GraphProto:
    output = make_tensor_value_info("embedding", TensorProto.FLOAT, ["rows", WIDTH])
    initializers = [from_array(value, name) for name, value in constants.items()]
    return make_graph(nodes, "tiny", inputs, [output], initializers)


def _write_graph(path: Path, graph: onnx.GraphProto) -> str:
    content = make_model(graph, opset_imports=[make_opsetid("", 18)], ir_version=8).SerializeToString()
    path.write_bytes(content)
    return sha256(content).hexdigest()


def _weights(rows: int, *, seed: int) -> F32:
    return np.random.default_rng(seed).standard_normal((rows, WIDTH), np.float32)

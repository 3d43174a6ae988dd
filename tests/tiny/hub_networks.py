"""Networks as a hub's: tiny and random, of CLIP's and CLAP's architectures, with their inputs and outputs.

The same operations as their exports have: a vision transformer with a class token, a causal transformer that is read
at the end of the text, a RoBERTa that looks at its padding too, and attention within windows of a spectrogram.
"""

import json
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from onnx import TensorProto, checker
from onnx.helper import make_graph, make_model, make_node, make_opsetid, make_tensor_value_info
from onnx.numpy_helper import from_array
from tokenizers import Tokenizer
from tokenizers.decoders import ByteLevel as ByteLevelDecoder
from tokenizers.models import BPE
from tokenizers.normalizers import NFC, Lowercase, Sequence
from tokenizers.pre_tokenizers import ByteLevel, Whitespace
from tokenizers.processors import RobertaProcessing

SIDE, PATCH = 32, 8
CLIP_WIDTH, CLAP_WIDTH = 6, 5
HIDDEN = 8
OPSET = 14
LETTERS = "abcdefghijklmnopqrstuvwxyz"
CLIP_CONFIG = {
    "do_center_crop": True,
    "do_normalize": True,
    "do_resize": True,
    "crop_size": SIDE,
    "size": SIDE,
    "image_mean": [0.48145466, 0.4578275, 0.40821073],
    "image_std": [0.26862954, 0.26130258, 0.27577711],
}
CLAP_CONFIG = {
    "feature_size": 64,
    "fft_window_size": 1024,
    "frequency_max": 14000,
    "frequency_min": 50,
    "hop_length": 480,
    "max_length_s": 10,
    "padding": "repeatpad",
    "sampling_rate": 48000,
    "top_db": None,
    "truncation": "rand_trunc",
}


def clip_files() -> dict[str, bytes]:
    """A repository of CLIP."""
    return {
        "onnx/vision_model.onnx": vision_network(),
        "onnx/text_model.onnx": causal_network(),
        "tokenizer.json": clip_tokenizer(),
        "preprocessor_config.json": json.dumps(CLIP_CONFIG).encode(),
    }


def clap_files() -> dict[str, bytes]:
    """A repository of CLAP."""
    return {
        "onnx/audio_model.onnx": audio_network(),
        "onnx/text_model.onnx": roberta_network(),
        "tokenizer.json": roberta_tokenizer(),
        "preprocessor_config.json": json.dumps(CLAP_CONFIG).encode(),
    }


def vision_network(*, opset: int = OPSET) -> bytes:
    """From `pixel_values` [b, 3, 32, 32] to `image_embeds` [b, 6]; its exports leave all four sizes open."""
    net = _Net(seed=1)
    patches = net.op("Conv", "pixel_values", net.weight(HIDDEN, 3, PATCH, PATCH), strides=[PATCH, PATCH])
    rows = net.op("Transpose", net.op("Reshape", patches, net.ints(0, HIDDEN, -1)), perm=[0, 2, 1])
    batch = net.op("Slice", net.op("Shape", "pixel_values"), net.ints(0), net.ints(1))
    shape = net.op("Concat", batch, net.ints(1, HIDDEN), axis=0)
    tokens = net.op("Concat", net.op("Expand", net.weight(1, 1, HIDDEN), shape), rows, axis=1)
    placed = net.op("Add", tokens, net.weight(1 + (SIDE // PATCH) ** 2, HIDDEN))
    first = net.op("Gather", net.block(placed), net.array(np.array(0)), axis=1)
    net.op("MatMul", net.norm(first), net.weight(HIDDEN, CLIP_WIDTH), output="image_embeds")
    return net.model("pixel_values", TensorProto.FLOAT, ["b", "c", "h", "w"], "image_embeds", opset=opset)


def causal_network() -> bytes:
    """From `input_ids` [b, s] to `text_embeds` [b, 6], read at the largest token: the end of the text."""
    net = _Net(seed=2)
    length = net.op("Slice", net.op("Shape", "input_ids"), net.ints(1), net.ints(2))
    placed = net.op("Slice", net.weight(77, HIDDEN), net.ints(0), length)
    tokens = net.op("Add", net.op("Gather", net.weight(100, HIDDEN), "input_ids"), placed)
    later = net.array(np.triu(np.full((77, 77), -1e9, np.float32), 1))
    mask = net.op("Slice", net.op("Slice", later, net.ints(0), length), net.ints(0), length, net.ints(1))
    seen = net.norm(net.block(tokens, mask))
    at = net.op("Reshape", net.op("ArgMax", "input_ids", axis=1, keepdims=0), net.ints(-1, 1))
    pooled = net.op("GatherND", seen, at, batch_dims=1)
    net.op("MatMul", pooled, net.weight(HIDDEN, CLIP_WIDTH), output="text_embeds")
    return net.model("input_ids", TensorProto.INT64, ["b", "s"], "text_embeds")


def roberta_network() -> bytes:
    """From `input_ids` [b, s] to `text_embeds` [b, 5]; without a mask it attends to padding like to any token."""
    net = _Net(seed=3)
    word = net.op("Cast", net.op("Not", net.op("Equal", "input_ids", net.array(np.array(1)))), to=TensorProto.INT64)
    counted = net.op("Mul", net.op("CumSum", word, net.array(np.array(1))), word)
    positions = net.op("Add", counted, net.array(np.array(1)))
    placed = net.op("Gather", net.weight(514, HIDDEN), positions)
    tokens = net.op("Add", net.op("Gather", net.weight(300, HIDDEN), "input_ids"), placed)
    first = net.op("Gather", net.block(net.norm(tokens)), net.array(np.array(0)), axis=1)
    pooled = net.op("Tanh", net.op("MatMul", first, net.weight(HIDDEN, HIDDEN)))
    projected = net.op("Relu", net.op("MatMul", pooled, net.weight(HIDDEN, CLAP_WIDTH * 3)))
    net.op("MatMul", projected, net.weight(CLAP_WIDTH * 3, CLAP_WIDTH), output="text_embeds")
    return net.model("input_ids", TensorProto.INT64, ["b", "s"], "text_embeds")


def audio_network() -> bytes:
    """From `input_features` [b, 1, 1001, 64] to `audio_embeds` [b, 5]: attention within windows of 31 patches."""
    net = _Net(seed=4)
    scaled = net.op("Mul", "input_features", net.array(np.array(0.02, np.float32)))
    patches = net.op("Conv", scaled, net.weight(HIDDEN, 1, 16, 8), strides=[16, 8])  # [b, 8, 62, 8]
    rows = net.op("Transpose", net.op("Reshape", patches, net.ints(0, HIDDEN, -1)), perm=[0, 2, 1])
    windows = net.block(net.op("Reshape", rows, net.ints(-1, 31, HIDDEN)))
    mean = net.op("ReduceMean", net.op("Reshape", windows, net.ints(-1, 496, HIDDEN)), axes=[1], keepdims=0)
    projected = net.op("Relu", net.op("MatMul", mean, net.weight(HIDDEN, CLAP_WIDTH * 3)))
    net.op("MatMul", projected, net.weight(CLAP_WIDTH * 3, CLAP_WIDTH), output="audio_embeds")
    return net.model("input_features", TensorProto.FLOAT, ["b", "c", "h", "w"], "audio_embeds")


def clip_tokenizer() -> bytes:
    """Letters in lower case, words ended by `</w>`; the end of the text is the largest token, as CLIP's is."""
    words = [*LETTERS, *(f"{letter}</w>" for letter in LETTERS), "<|startoftext|>", "<|endoftext|>"]
    vocabulary = {token: place for place, token in enumerate(words)}
    end = ("<|endoftext|>", vocabulary["<|endoftext|>"])
    tokenizer = Tokenizer(BPE(vocabulary, [], unk_token="<|endoftext|>", end_of_word_suffix="</w>"))
    tokenizer.normalizer = Sequence([NFC(), Lowercase()])
    tokenizer.pre_tokenizer = Whitespace()
    start = ("<|startoftext|>", vocabulary["<|startoftext|>"])
    tokenizer.post_processor = RobertaProcessing(end, start, trim_offsets=False, add_prefix_space=False)
    return str(tokenizer.to_str()).encode()


def roberta_tokenizer() -> bytes:
    """Bytes, as RoBERTa's without its merges; `<pad>` is 1."""
    words = ["<s>", "<pad>", "</s>", "<unk>", *sorted(ByteLevel.alphabet())]
    tokenizer = Tokenizer(BPE({token: place for place, token in enumerate(words)}, [], unk_token="<unk>"))
    tokenizer.pre_tokenizer = ByteLevel(add_prefix_space=False)
    tokenizer.decoder = ByteLevelDecoder()
    tokenizer.post_processor = RobertaProcessing(("</s>", 2), ("<s>", 0))
    return str(tokenizer.to_str()).encode()


class _Net:
    """Nodes as they are added, and their random weights."""

    def __init__(self, *, seed: int) -> None:
        self._numbers = np.random.default_rng(seed)
        self._nodes: list[Any] = []
        self._weights: dict[str, NDArray[np.generic]] = {}

    def op(self, kind: str, *inputs: str, output: str = "", **attributes: Any) -> str:
        name = output or f"{kind.lower()}_{len(self._nodes)}"
        self._nodes.append(make_node(kind, list(inputs), [name], **attributes))
        return name

    def array(self, values: NDArray[np.generic]) -> str:
        name = f"weight_{len(self._weights)}"
        self._weights[name] = values
        return name

    def weight(self, *shape: int) -> str:
        # Small enough that attention is not all on one token.
        return self.array((0.4 * self._numbers.standard_normal(shape)).astype(np.float32))

    def ints(self, *values: int) -> str:
        return self.array(np.array(values, np.int64))

    def norm(self, rows: str) -> str:
        centred = self.op("Sub", rows, self.op("ReduceMean", rows, axes=[-1]))
        spread = self.op("ReduceMean", self.op("Mul", centred, centred), axes=[-1])
        safe = self.op("Sqrt", self.op("Add", spread, self.array(np.array(1e-5, np.float32))))
        return self.op("Div", centred, safe)

    def block(self, rows: str, mask: str = "") -> str:
        """A layer of a transformer: attention, then two dense layers, each beside what came in."""
        normal = self.norm(rows)
        query, key, value = (self.op("MatMul", normal, self.weight(HIDDEN, HIDDEN)) for _ in range(3))
        logits = self.op("MatMul", query, self.op("Transpose", key, perm=[0, 2, 1]))
        masked = self.op("Add", logits, mask) if mask else logits
        mixed = self.op("Add", rows, self.op("MatMul", self.op("Softmax", masked, axis=-1), value))
        inner = self.op("Relu", self.op("MatMul", self.norm(mixed), self.weight(HIDDEN, 2 * HIDDEN)))
        return self.op("Add", mixed, self.op("MatMul", inner, self.weight(2 * HIDDEN, HIDDEN)))

    def model(self, given: str, kind: int, shape: list[str], output: str, *, opset: int = OPSET) -> bytes:
        graph = make_graph(
            self._nodes,
            "tiny",
            [make_tensor_value_info(given, kind, shape)],
            [make_tensor_value_info(output, TensorProto.FLOAT, ["b", "width"])],
            [from_array(values, name) for name, values in self._weights.items()],
        )
        model = make_model(graph, opset_imports=[make_opsetid("", opset)], ir_version=8)
        checker.check_model(model)
        return bytes(model.SerializeToString(deterministic=True))


def changed(config: Mapping[str, object], **values: object) -> dict[str, object]:
    """A configuration with other values."""
    return {**config, **values}

"""all-MiniLM-L6-v2 as one ONNX graph: a BERT of six layers, mean pooling and unit length.

Source: Devlin et al. 2019, BERT, section 3 (the encoder of Vaswani et al. 2017, post-norm, GELU); pooling and
normalisation as in the `modules.json` of sentence-transformers/all-MiniLM-L6-v2.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from onnx import ModelProto, NodeProto, TensorProto
from onnx.helper import make_graph, make_model, make_node, make_opsetid, make_tensor_value_info
from onnx.numpy_helper import from_array

from models.types import F32

WIDTH = 384
LAYERS = 6
ATTENTION_HEADS = 12
EPSILON = 1e-12
MASKED = -1e9  # added to the attention logits of padding
OPSET = 20  # the first with Gelu


def sentence_graph(weights: Mapping[str, F32], *, max_tokens: int) -> ModelProto:
    """From `input_ids` and `attention_mask` int64 [b, s], s <= max_tokens, to `embedding` [b, 384], unit rows."""
    graph = _Graph(weights)
    keep = graph.op("Cast", "attention_mask", to=TensorProto.FLOAT)
    hidden = _embeddings(graph, weights, max_tokens)
    bias = graph.op("Mul", graph.op("Sub", np.float32(1), graph.op("Unsqueeze", keep, _ints(1, 2))), np.float32(MASKED))
    for layer in range(LAYERS):
        hidden = _layer(graph, hidden, bias, f"encoder.layer.{layer}")
    total = graph.op("MatMul", graph.op("Unsqueeze", keep, _ints(1)), hidden)  # [b, 1, 384]: a mean up to its length
    graph.op("LpNormalization", graph.op("Squeeze", total, _ints(1)), axis=-1, p=2, output="embedding")
    return graph.model()


class _Graph:
    """Nodes as they are added; an operand is a value's name, a weight's name or an array."""

    def __init__(self, weights: Mapping[str, F32]) -> None:
        self._weights = weights
        self._nodes: list[NodeProto] = []
        self._constants: dict[str, TensorProto] = {}

    def op(
        self,
        kind: str,
        *operands: "str | NDArray[np.generic] | np.float32",
        output: str = "",
        **attributes: Any,
    ) -> str:
        name = output or f"{kind.lower()}_{len(self._nodes)}"
        self._nodes.append(make_node(kind, [self._named(operand) for operand in operands], [name], **attributes))
        return name

    def dense(self, values: str, layer: str) -> str:
        """values [b, s, n] times the transposed weight of a linear layer, plus its bias."""
        product = self.op("MatMul", values, np.ascontiguousarray(self._weights[f"{layer}.weight"].T))
        return self.op("Add", product, f"{layer}.bias")

    def norm(self, values: str, layer: str) -> str:
        return self.op("LayerNormalization", values, f"{layer}.weight", f"{layer}.bias", axis=-1, epsilon=EPSILON)

    def model(self) -> ModelProto:
        inputs = [
            make_tensor_value_info(name, TensorProto.INT64, ["b", "s"]) for name in ("input_ids", "attention_mask")
        ]
        output = make_tensor_value_info("embedding", TensorProto.FLOAT, ["b", WIDTH])
        graph = make_graph(self._nodes, "all-MiniLM-L6-v2", inputs, [output], list(self._constants.values()))
        return make_model(graph, opset_imports=[make_opsetid("", OPSET)], ir_version=10)

    def _named(self, operand: "str | NDArray[np.generic] | np.float32") -> str:
        if isinstance(operand, str):
            if operand in self._weights and operand not in self._constants:
                self._constants[operand] = from_array(self._weights[operand], operand)
            return operand
        name = f"constant_{len(self._constants)}"
        self._constants[name] = from_array(np.asarray(operand), name)
        return name


def _embeddings(graph: _Graph, weights: Mapping[str, F32], max_tokens: int) -> str:
    # Every token is of type 0, so that its vector is added to the positions' once and for all.
    types = weights["embeddings.token_type_embeddings.weight"]
    positions = weights["embeddings.position_embeddings.weight"][:max_tokens] + types[0]
    length = graph.op("Shape", "input_ids", start=1, end=2)
    placed = graph.op("Slice", positions, _ints(0), length)
    words = graph.op("Gather", "embeddings.word_embeddings.weight", "input_ids")
    return graph.norm(graph.op("Add", words, placed), "embeddings.LayerNorm")


def _layer(graph: _Graph, hidden: str, bias: str, name: str) -> str:
    attended = graph.dense(_attention(graph, hidden, bias, f"{name}.attention.self"), f"{name}.attention.output.dense")
    hidden = graph.norm(graph.op("Add", hidden, attended), f"{name}.attention.output.LayerNorm")
    inner = graph.op("Gelu", graph.dense(hidden, f"{name}.intermediate.dense"))
    outer = graph.dense(inner, f"{name}.output.dense")
    return graph.norm(graph.op("Add", hidden, outer), f"{name}.output.LayerNorm")


def _attention(graph: _Graph, hidden: str, bias: str, name: str) -> str:
    def split(part: str, order: list[int]) -> str:
        heads = graph.op("Reshape", graph.dense(hidden, f"{name}.{part}"), _ints(0, 0, ATTENTION_HEADS, -1))
        return graph.op("Transpose", heads, perm=order)

    query, key, value = split("query", [0, 2, 1, 3]), split("key", [0, 2, 3, 1]), split("value", [0, 2, 1, 3])
    scale = np.float32((WIDTH // ATTENTION_HEADS) ** -0.5)
    logits = graph.op("Add", graph.op("Mul", graph.op("MatMul", query, key), scale), bias)
    mixed = graph.op("MatMul", graph.op("Softmax", logits, axis=-1), value)
    return graph.op("Reshape", graph.op("Transpose", mixed, perm=[0, 2, 1, 3]), _ints(0, 0, WIDTH))


def _ints(*values: int) -> NDArray[np.int64]:
    return np.array(values, np.int64)

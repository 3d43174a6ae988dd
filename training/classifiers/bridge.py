"""From the probabilities of named classes to words: CONSE's convex combination as an ONNX graph.

Source: Norouzi et al., ICLR 2014, arXiv 1312.5650, section 3 (equation 3): the embeddings of the T likeliest classes,
weighted by their probabilities, which are divided by their sum. Here it is then brought to unit length.
"""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray
from onnx import NodeProto, TensorProto, checker
from onnx.helper import make_graph, make_model, make_node, make_opsetid, make_tensor_value_info
from onnx.numpy_helper import from_array

from models.types import F32, Modality, Sense

TOP = 10
OPSET, IR = 18, 8
FLOOR = 1e-12
"""Added to every probability, so that all are alike, and none is NaN, where a classifier says nothing."""

Arrays = Mapping[str, NDArray[np.float32] | NDArray[np.int64]]


def combination(probabilities: F32, text: F32, *, top: int = TOP) -> F32:
    """[b, width] unit rows of probabilities [b, classes] and the classes' text features [classes, width].

    Written out in numpy: what the graphs are compared with when they are made.
    """
    likeliest = np.argsort(-probabilities, axis=1, kind="stable")[:, :top]
    weights = np.take_along_axis(probabilities, likeliest, axis=1) + np.float32(FLOOR)
    weights /= weights.sum(axis=1, keepdims=True)
    rows = np.einsum("bt,btw->bw", weights, text[likeliest])
    unit: F32 = (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)
    return unit


def sense_head(sense: Sense, text: F32, *, top: int = TOP) -> bytes:
    """The graph of `combination` over one sense; classes are fewer than `top` where there are no more."""
    nodes, constants = _combined(sense, text, top=min(top, len(text)))
    return head_graph(nodes, constants, {sense: len(text)}, _named(sense), width=text.shape[1])


def both_head(text: Mapping[Sense, F32], *, top: int = TOP) -> bytes:
    """The mean of both senses' combinations: its inner product with a text is the mean of their cosines."""
    nodes: list[NodeProto] = []
    constants: dict[str, F32 | NDArray[np.int64]] = {"half": np.array([0.5], np.float32)}
    for sense, rows in text.items():
        added, more = _combined(sense, rows, top=min(top, len(rows)))
        nodes, constants = nodes + added, constants | more
    nodes += [make_node("Add", [_named(sense) for sense in text], ["sum"]), make_node("Mul", ["sum", "half"], ["mean"])]
    widths: dict[Modality, int] = {sense: len(rows) for sense, rows in text.items()}
    return head_graph(nodes, constants, widths, "mean", width=next(iter(text.values())).shape[1])


def text_head(width: int) -> bytes:
    """Text features as they are, of unit length."""
    return head_graph([unit_rows("text", "words")], {}, {"text": width}, "words", width=width)


def _combined(sense: Sense, text: F32, *, top: int) -> tuple[list[NodeProto], dict[str, F32 | NDArray[np.int64]]]:
    """The nodes from the input of a sense to `<sense>_words` [b, width], and their constants."""

    def own(name: str) -> str:
        return f"{sense}_{name}"

    nodes = [
        make_node("TopK", [sense, own("top")], [own("largest"), own("likeliest")], axis=1),
        make_node("Add", [own("largest"), own("floor")], [own("positive")]),
        make_node("ReduceSum", [own("positive"), own("columns")], [own("sum")]),
        make_node("Div", [own("positive"), own("sum")], [own("weights")]),
        make_node("Unsqueeze", [own("weights"), own("columns")], [own("row")]),
        make_node("Gather", [own("text"), own("likeliest")], [own("rows")]),
        make_node("MatMul", [own("row"), own("rows")], [own("combined")]),
        make_node("Squeeze", [own("combined"), own("columns")], [own("vector")]),
        unit_rows(own("vector"), _named(sense)),
    ]
    constants: dict[str, F32 | NDArray[np.int64]] = {
        own("text"): text.astype(np.float32),
        own("top"): np.array([top], np.int64),
        own("columns"): np.array([1], np.int64),
        own("floor"): np.array([FLOOR], np.float32),
    }
    return nodes, constants


def _named(sense: Sense) -> str:
    return f"{sense}_words"


def unit_rows(given: str, named: str) -> NodeProto:
    """Rows of unit length."""
    return make_node("LpNormalization", [given], [named], axis=-1, p=2)


def head_graph(
    nodes: list[NodeProto], constants: Arrays, inputs: Mapping[Modality, int], output: str, *, width: int
) -> bytes:
    """The graph of a head: inputs [b, width] by modality, and `embedding` [b, width], which `output` becomes."""
    graph = make_graph(
        [*nodes, make_node("Identity", [output], ["embedding"])],
        "head",
        [make_tensor_value_info(each, TensorProto.FLOAT, ["b", wide]) for each, wide in inputs.items()],
        [make_tensor_value_info("embedding", TensorProto.FLOAT, ["b", width])],
        [from_array(array, name) for name, array in constants.items()],
    )
    model = make_model(graph, opset_imports=[make_opsetid("", OPSET)], ir_version=IR)
    checker.check_model(model, full_check=True)
    return bytes(model.SerializeToString(deterministic=True))

"""Tiny real classifiers as people publish them: ONNX files with inputs, outputs and layouts of their own."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import NodeProto, TensorProto, ValueInfoProto
from onnx.helper import make_graph, make_model, make_node, make_opsetid, make_tensor_value_info
from onnx.numpy_helper import from_array

Constants = dict[str, NDArray[np.float32] | NDArray[np.int64]]

SOUNDS = ("a loud drum", "a low bell")
COLOURS = ("a red ball", "a green ball", "a blue ball")


def loudness(path: Path, *, rank: int = 1) -> Path:
    """`scores` [1, 2] of loud and quiet: the mean magnitude of `samples` [n] or [1, n], and what it lacks to 1."""
    nodes = [
        make_node("Abs", ["samples"], ["magnitude"]),
        make_node("ReduceMean", ["magnitude"], ["embedding"], keepdims=0),  # a value of a name that we use too
        make_node("Reshape", ["embedding", "row"], ["loud"]),
        make_node("Sub", ["one", "loud"], ["quiet"]),
        make_node("Concat", ["loud", "quiet"], ["scores"], axis=1),
    ]
    constants: Constants = {"row": np.array([1, 1], np.int64), "one": np.array([[1]], np.float32)}
    given = make_tensor_value_info("samples", TensorProto.FLOAT, ["n"] if rank == 1 else [1, "n"])
    return _write(path, nodes, given, ["scores"], constants)


def colour(path: Path, *, layout: str = "bytes", output: str = "logits") -> Path:
    """`logits` [n, 3], the mean of each colour: of uint8 [n, h, w, 3] in 0 to 255 (`bytes`), of float32 as it is
    [n, 3, h, w] (`first`) or [n, h, w, 3] (`last`).
    """
    plane = [2, 3] if layout == "first" else [1, 2]
    nodes = [
        make_node("Cast", ["pictures"], ["numbers"], to=TensorProto.FLOAT),
        make_node("ReduceMean", ["numbers", "plane"], ["mean"], keepdims=0),
        make_node("Div", ["mean", "white"], [output]),
    ]
    white = np.array([255 if layout == "bytes" else 1], np.float32)
    shape: list[str | int | None] = ["n", 3, 32, 32] if layout == "first" else ["n", 32, 32, 3]
    kind = TensorProto.UINT8 if layout == "bytes" else TensorProto.FLOAT
    given = make_tensor_value_info("pictures", kind, shape)
    return _write(path, nodes, given, [output], {"plane": np.array(plane, np.int64), "white": white})


def class_list(path: Path, names: Sequence[str]) -> Path:
    """A name a line; returns `path`."""
    path.write_text("\n".join(names) + "\n")
    return path


def _write(
    path: Path,
    nodes: list[NodeProto],
    given: ValueInfoProto,
    outputs: Sequence[str],
    constants: Constants,
) -> Path:
    found = [make_tensor_value_info(name, TensorProto.FLOAT, ["rows", "classes"]) for name in outputs]
    weights = [from_array(value, name) for name, value in constants.items()]
    graph = make_graph(nodes, "classifier", [given], found, weights)
    model = make_model(graph, opset_imports=[make_opsetid("", 18)], ir_version=8)
    onnx.checker.check_model(model, full_check=True)
    path.write_bytes(model.SerializeToString())
    return path

"""Heads over features that share spaces already: a part of the text feature beside the sense that it belongs to."""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray
from onnx import NodeProto
from onnx.helper import make_node

from models.types import F32, Modality, Sense
from training.classifiers.bridge import head_graph, unit_rows

Columns = tuple[int, int]
"""The first column of a part of the text feature, and the one after its last."""

Constants = dict[str, NDArray[np.float32] | NDArray[np.int64]]
HALF: Constants = {"half": np.array([0.5], np.float32)}


def sense_head(sense: Sense, width: int) -> bytes:
    """A sense's features, at unit length: the mean of unit vectors is shorter."""
    return head_graph([unit_rows(sense, "seen")], {}, {sense: width}, "seen", width=width)


def text_head(columns: Columns, width: int) -> bytes:
    """The columns of a text feature that belong to one space, at unit length."""
    nodes, constants = _slices({"part": columns})
    return head_graph(nodes, constants, {"text": width}, "part", width=columns[1] - columns[0])


def both_head(widths: Mapping[Sense, int]) -> bytes:
    """Half of every sense's unit vector, side by side: with `both_text_head` the mean of the senses' cosines."""
    nodes = [unit_rows(sense, f"seen_{sense}") for sense in widths]
    nodes += _side_by_side([f"seen_{sense}" for sense in widths], "seen")
    nodes.append(make_node("Mul", ["seen", "half"], ["halved"]))
    read: dict[Modality, int] = {sense: width for sense, width in widths.items()}
    return head_graph(nodes, HALF, read, "halved", width=sum(widths.values()))


def both_text_head(columns: Mapping[Sense, Columns], width: int) -> bytes:
    """The text's unit vectors in the senses' spaces, side by side."""
    nodes, constants = _slices({f"part_{sense}": each for sense, each in columns.items()})
    nodes += _side_by_side([f"part_{sense}" for sense in columns], "parts")
    wide = sum(end - start for start, end in columns.values())
    return head_graph(nodes, constants, {"text": width}, "parts", width=wide)


def unit(rows: F32) -> F32:
    """[b, width] of unit length, in numpy: what the graphs are compared with."""
    found: F32 = (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)
    return found


def _slices(columns: Mapping[str, Columns]) -> tuple[list[NodeProto], Constants]:
    """Nodes from `text` to unit rows of its columns, by name."""
    nodes: list[NodeProto] = []
    constants: Constants = {"axis": np.array([1], np.int64)}
    for name, (start, end) in columns.items():
        places = [f"{name}_start", f"{name}_end"]
        nodes += [make_node("Slice", ["text", *places, "axis"], [f"{name}_of"]), unit_rows(f"{name}_of", name)]
        constants |= {place: np.array([at], np.int64) for place, at in zip(places, (start, end), strict=True)}
    return nodes, constants


def _side_by_side(names: Sequence[str], named: str) -> list[NodeProto]:
    return [make_node("Concat", list(names), [named], axis=1)]

"""A hub's network between our inputs and rows of unit length, as one ONNX graph."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import ModelProto, NodeProto, TensorProto, ValueInfoProto
from onnx.compose import add_prefix
from onnx.helper import make_graph, make_model, make_node, make_tensor_value_info
from onnx.numpy_helper import from_array

from models.errors import BundleInvalid
from models.features.graph import open_session

PREFIX = "network_"
OLDEST = 11
"""The first ONNX opset that has all operators of our front ends as they are used here; they hold in later ones."""


@dataclass(frozen=True, slots=True)
class Network:
    """A network of the hub with its names prefixed, so that ours cannot be among them.

    Args:
        inputs: those that are no weights, by their names in the file.
        output: the one that is asked for, prefixed.
    """

    model: ModelProto
    inputs: Mapping[str, ValueInfoProto]
    output: str

    @property
    def nodes(self) -> list[NodeProto]:
        """All it does."""
        return list(self.model.graph.node)


def read_network(content: bytes, *, name: str, inputs: Sequence[str], output: str) -> Network:
    """A file's network; raises BundleInvalid unless it runs, takes nothing but `inputs`, the first at least, and has
    the output.
    """
    open_session(content, name=name, threads=1)
    model = onnx.load_from_string(content)
    weights = {each.name for each in model.graph.initializer}
    found = [each.name for each in model.graph.input if each.name not in weights]
    if inputs[0] not in found or set(found) - set(inputs):
        raise BundleInvalid(f"{name} has the inputs {found}; expected {' and perhaps '.join(inputs)}")
    outputs = [each.name for each in model.graph.output]
    if output not in outputs:
        raise BundleInvalid(f"{name} has the outputs {outputs}; expected one of them to be {output}")
    _check_opset(model, name)
    prefixed = add_prefix(model, PREFIX)
    values = {each.name.removeprefix(PREFIX): each for each in prefixed.graph.input}
    return Network(prefixed, {each: values[each] for each in found}, PREFIX + output)


def composed(
    network: Network,
    nodes: Sequence[NodeProto],
    *,
    given: Sequence[ValueInfoProto],
    constants: Mapping[str, NDArray[np.generic]],
    width: int,
) -> bytes:
    """A graph from `given` to `embedding` [rows, width], of nodes that hold the network's own."""
    embedding = make_tensor_value_info("embedding", TensorProto.FLOAT, ["rows", width])
    weights = [*network.model.graph.initializer, *(from_array(value, name) for name, value in constants.items())]
    graph = make_graph(list(nodes), "pretrained", list(given), [embedding], weights)
    model = make_model(
        graph,
        opset_imports=list(network.model.opset_import),
        functions=list(network.model.functions),
        ir_version=network.model.ir_version,
    )
    return bytes(model.SerializeToString(deterministic=True))


def unit(given: str, named: str = "embedding") -> NodeProto:
    """Rows of unit length."""
    return make_node("LpNormalization", [given], [named], axis=-1, p=2)


def _check_opset(model: ModelProto, name: str) -> None:
    version = next((each.version for each in model.opset_import if each.domain in ("", "ai.onnx")), 0)
    if version < OLDEST:
        raise BundleInvalid(f"{name} is of the ONNX opset {version}; expected {OLDEST} or later")

"""A classifier's ONNX graph as a backbone's: the same network between our input and the probabilities of classes."""

from typing import Literal, get_args

import onnx
from onnx import ModelProto, NodeProto, TensorProto, ValueInfoProto
from onnx.compose import add_prefix
from onnx.helper import make_graph, make_model, make_node, make_tensor_value_info

from models.errors import BundleInvalid, QueryInvalid
from models.features.graph import open_session
from models.types import Sense
from training.classifiers.frontend import Scaling, front_end

Kind = Literal["probabilities", "sigmoid", "softmax"]
"""What is to be done with an output to have probabilities."""

KNOWN: dict[str, Kind] = {"scores": "probabilities", "logits": "softmax"}
"""Outputs that are taken without being asked for, the first that a network has."""

PREFIX = "network_"
# A softmax is over the last axis unless it is told another.
STEPS = {"probabilities": "Identity", "sigmoid": "Sigmoid", "softmax": "Softmax"}


def read_network(content: bytes, *, name: str) -> ModelProto:
    """The network of a file; raises BundleInvalid, with the name, where it is no ONNX graph that can be run."""
    open_session(content, name=name, threads=1)
    return onnx.load_from_string(content)


def network_input(network: ModelProto) -> ValueInfoProto:
    """The one input that is no weight; raises BundleInvalid where there are more."""
    weights = {each.name for each in network.graph.initializer}
    found: list[ValueInfoProto] = [each for each in network.graph.input if each.name not in weights]
    if len(found) != 1:
        raise BundleInvalid(f"the network has the inputs {[each.name for each in found]}; expected one")
    return found[0]


def backbone_graph(network: ModelProto, *, sense: Sense, output: str | None, scaling: Scaling | None) -> bytes:
    """From `waveform` [n] or `frames` [n, h, w, 3] to `embedding` [rows, classes], the probabilities of classes.

    Args:
        output: `NAME:KIND`, the network's output and what makes probabilities of it; by default `scores`, which are
            some, or `logits`, which a softmax makes some.

    Raises:
        BundleInvalid: the network's input or output is another than these.
        QueryInvalid: `output` is not to be read.
    """
    chosen, kind = _output(network, output)
    inner = add_prefix(network, PREFIX)
    front = front_end(sense, network_input(inner), scaling)
    nodes = [*front.nodes, *inner.graph.node, _last(PREFIX + chosen, kind)]
    probabilities = make_tensor_value_info("embedding", TensorProto.FLOAT, ["rows", "classes"])
    weights = [*inner.graph.initializer, *front.constants]
    graph = make_graph(nodes, "classifier", [front.given], [probabilities], weights)
    imports, functions = list(inner.opset_import), list(inner.functions)
    model = make_model(graph, opset_imports=imports, functions=functions, ir_version=inner.ir_version)
    return bytes(model.SerializeToString(deterministic=True))


def _output(network: ModelProto, asked: str | None) -> tuple[str, Kind]:
    found = [each.name for each in network.graph.output]
    if asked is None:
        known = next((each for each in KNOWN if each in found), None)
        if known is None:
            raise BundleInvalid(
                f"the network has the outputs {found}; expected {' or '.join(KNOWN)}, or to be told one"
            )
        return known, KNOWN[known]
    name, _, kind = asked.rpartition(":")
    known_kind = next((each for each in get_args(Kind) if each == kind), None)
    if known_kind is None or not name:
        raise QueryInvalid(f"the output {asked!r} is not NAME:KIND, where KIND is {', '.join(get_args(Kind))}")
    if name not in found:
        raise BundleInvalid(f"the network has the outputs {found}; there is no {name!r}")
    return name, known_kind


def _last(name: str, kind: Kind) -> NodeProto:
    return make_node(STEPS[kind], [name], ["embedding"])

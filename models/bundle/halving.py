"""Heads whose layers multiply in float16: half as large, and made for the matrix units of a GPU."""

from collections.abc import Iterator, Mapping
from hashlib import sha256
from typing import TYPE_CHECKING, Protocol

import numpy as np

from models.bundle.manifest import Manifest

if TYPE_CHECKING:
    from onnx import GraphProto, NodeProto, TensorProto

PRODUCTS = {"Gemm", "MatMul"}
"""What is made in float16: sums of squares, norms and softmaxes would lose more than they gain."""
MOST = np.finfo(np.float16).max
CUT = 2**13 + 1
"""What float32's numbers are multiplied by to find those of eleven bits that are nearest.

Source: Dekker, A floating-point technique for extending the available precision, 1971, section 5 (Veltkamp's).
"""


class _Kind(Protocol):
    """How products are made: what comes before and after them, and their weights."""

    def into(self, source: str, result: str) -> "Iterator[NodeProto]": ...
    def out_of(self, source: str, result: str) -> "Iterator[NodeProto]": ...
    def weight(self, tensor: "TensorProto", name: str) -> "TensorProto": ...


def halved(graph: bytes) -> bytes:
    """The ONNX bytes of the same head with its products and their weights in float16, all else in float32.

    What is beyond float16's largest number becomes infinite.
    """
    return _with_products(graph, _Half())


def rounding_as_halved(graph: bytes) -> bytes:
    """The head in float32, whose products' operands and results are numbers of float16: what `halved` gives on a GPU.

    A processor without float16 multiplies float32 and leaves the rounding out, and so would show too little of it.
    """
    return _with_products(graph, _Rounding())


def with_graphs(manifest: Manifest, name: str, graphs: Mapping[str, bytes]) -> Manifest:
    """What a bundle of another name says that has these graphs for its heads, and is the same in all else."""
    heads = {
        head: spec.model_copy(update={"sha256": sha256(graphs[head]).hexdigest()})
        for head, spec in manifest.heads.items()
    }
    return Manifest.model_validate(manifest.model_copy(update={"name": name, "heads": heads}).model_dump())


class _Half:
    """In float16."""

    def into(self, source: str, result: str) -> "Iterator[NodeProto]":
        from onnx import TensorProto, helper

        yield helper.make_node("Cast", [source], [result], to=TensorProto.FLOAT16)

    def out_of(self, source: str, result: str) -> "Iterator[NodeProto]":
        from onnx import TensorProto, helper

        yield helper.make_node("Cast", [source], [result], to=TensorProto.FLOAT)

    def weight(self, tensor: "TensorProto", name: str) -> "TensorProto":
        from onnx import numpy_helper

        with np.errstate(over="ignore"):
            return numpy_helper.from_array(numpy_helper.to_array(tensor).astype(np.float16), name)


class _Rounding:
    """In float32, of numbers that float16 has."""

    def into(self, source: str, result: str) -> "Iterator[NodeProto]":
        from onnx import helper, numpy_helper

        def named(what: str) -> str:
            return f"{result}_{what}"

        for what, value in (("cut", CUT), ("most", MOST), ("infinity", np.inf)):
            constant = numpy_helper.from_array(np.array(value, np.float32))
            yield helper.make_node("Constant", [], [named(what)], value=constant)
        for operator, read, made in (
            ("Mul", (source, named("cut")), named("large")),
            ("Sub", (named("large"), source), named("rest")),
            ("Sub", (named("large"), named("rest")), named("near")),
            ("Abs", (named("near"),), named("size")),
            ("Greater", (named("size"), named("most")), named("beyond")),
            ("Mul", (named("near"), named("infinity")), named("infinite")),
            ("Where", (named("beyond"), named("infinite"), named("near")), result),
        ):
            yield helper.make_node(operator, list(read), [made])

    out_of = into

    def weight(self, tensor: "TensorProto", name: str) -> "TensorProto":
        from onnx import numpy_helper

        half = numpy_helper.to_array(_Half().weight(tensor, name))
        return numpy_helper.from_array(half.astype(np.float32), name)


def _with_products(graph: bytes, kind: _Kind) -> bytes:
    import onnx

    model = onnx.load_from_string(graph)
    nodes = list(_nodes(model.graph, kind))
    read = {name for node in nodes for name in node.input}
    weights = {each.name: each for each in model.graph.initializer}
    kept = [each for name, each in weights.items() if name in read]
    kept += [kind.weight(each, _other(name)) for name, each in weights.items() if _other(name) in read]
    for field, content in (("node", nodes), ("initializer", kept), ("value_info", [])):
        model.graph.ClearField(field)
        getattr(model.graph, field).extend(content)
    onnx.checker.check_model(model, full_check=True)
    return bytes(model.SerializeToString())


def _nodes(graph: "GraphProto", kind: _Kind) -> "Iterator[NodeProto]":
    """The graph's in their order, with what has to come before and after products; once for each that they read."""
    from onnx import NodeProto

    there = {each.name for each in graph.initializer}
    for node in graph.node:
        if node.op_type not in PRODUCTS:
            yield node
            continue
        for name in dict.fromkeys(node.input):
            if name not in there:
                there.add(name)
                yield from kind.into(name, _other(name))
        product = NodeProto()
        product.CopyFrom(node)
        product.input[:] = [_other(name) for name in node.input]
        product.output[:] = [_other(name) for name in node.output]
        yield product
        yield from kind.out_of(product.output[0], node.output[0])


def _other(name: str) -> str:
    """The name of the tensor that a product reads or makes instead."""
    return f"{name}_float16"

"""What a head's graph may be made of, so that a stranger's can be run."""

from collections.abc import Iterable

from onnx import AttributeProto, GraphProto, ModelProto, NodeProto, TensorProto

from models.errors import BundleInvalid

ARITHMETIC = {
    *("Abs", "Add", "And", "Cast", "CastLike", "Ceil", "Clip", "Cos", "Div", "Elu", "Equal", "Erf", "Exp", "Floor"),
    *("Gelu", "Greater", "GreaterOrEqual", "HardSigmoid", "HardSwish", "Identity", "IsInf", "IsNaN", "LeakyRelu"),
    *("Less", "LessOrEqual", "Log", "Max", "Mean", "Min", "Mish", "Mul", "Neg", "Not", "Or", "PRelu", "Pow"),
    *("Reciprocal", "Relu", "Round", "Selu", "Sigmoid", "Sign", "Sin", "Softplus", "Softsign", "Sqrt", "Sub", "Sum"),
    *("Swish", "Tanh", "ThresholdedRelu", "Where", "Xor"),
}
LINEAR = {"BatchNormalization", "Conv", "Dropout", "Einsum", "Gemm", "LayerNormalization", "MatMul"}
LINEAR |= {"GroupNormalization", "InstanceNormalization", "RMSNormalization"}
OVER_AXES = {
    *("ArgMax", "ArgMin", "CumSum", "Hardmax", "LogSoftmax", "LpNormalization", "ReduceL1", "ReduceL2", "ReduceMax"),
    *("ReduceLogSumExp", "ReduceMean", "ReduceMin", "ReduceProd", "ReduceSum", "ReduceSumSquare", "Softmax", "TopK"),
    *("AveragePool", "GlobalAveragePool", "GlobalMaxPool", "MaxPool"),
}
SHAPED = {"Expand": 1, "Reshape": 1, "ConstantOfShape": 0}
"""Operators that make arrays of a shape that one of their inputs says: which one."""
SHAPES = {
    *("Concat", "Constant", "Flatten", "Gather", "GatherElements", "GatherND", "Shape", "Size", "Slice", "Split"),
    *("Squeeze", "Transpose", "Unsqueeze", *SHAPED),
}
OPERATORS = ARITHMETIC | LINEAR | OVER_AXES | SHAPES
"""Those that heads of every method and importer are made of, and their like: no control flow, nothing that reads files,
that is random, or that calls what is not here."""
STANDARD = ("", "ai.onnx")
MOST_NODES = 10_000
GRAPHS = (AttributeProto.GRAPH, AttributeProto.GRAPHS)


def check_graph(content: bytes, *, head: str) -> None:
    """Refuse a graph that is not made of standard operators alone and within its own bytes; raises BundleInvalid."""
    try:
        model = ModelProto.FromString(content)
    except Exception as error:  # protobuf's, which differs between its implementations
        raise BundleInvalid(f"head {head!r} is not an ONNX graph") from error
    if odd := {each.domain for each in model.opset_import} - {*STANDARD}:
        raise BundleInvalid(f"head {head!r} has operators of {_named(odd)}, expected those of ONNX alone")
    if model.functions or model.training_info or model.graph.sparse_initializer:
        raise BundleInvalid(f"head {head!r} has functions, training or sparse tensors, expected a plain graph")
    if len(model.graph.node) > MOST_NODES:
        raise BundleInvalid(f"head {head!r} has {len(model.graph.node)} nodes, expected at most {MOST_NODES}")
    for node in model.graph.node:
        _check_node(node, head)
    _check_tensors(_tensors(model.graph), head)
    _check_shapes(model.graph, head)


def _check_node(node: NodeProto, head: str) -> None:
    if node.domain not in STANDARD or node.op_type not in OPERATORS:
        name = f"{node.domain}.{node.op_type}" if node.domain else node.op_type
        raise BundleInvalid(f"head {head!r} has the operator {name[:80]!r}, which bundles that are sent may not have")
    if any(each.type in GRAPHS or each.HasField("g") or each.graphs for each in node.attribute):
        raise BundleInvalid(f"head {head!r} has a graph within its operator {node.op_type}, expected none")


def _tensors(graph: GraphProto) -> Iterable[TensorProto]:
    yield from graph.initializer
    for node in graph.node:
        for each in node.attribute:
            yield from (each.t, *each.tensors)


def _check_tensors(tensors: Iterable[TensorProto], head: str) -> None:
    for each in tensors:
        if each.data_location == TensorProto.EXTERNAL or each.external_data:
            raise BundleInvalid(f"head {head!r} keeps the tensor {each.name[:80]!r} outside of its file")


def _check_shapes(graph: GraphProto, head: str) -> None:
    """Refuse shapes that are made of what is in the features: a few numbers could then ask for any memory."""
    fed = _fed(graph)
    for node in graph.node:
        place = SHAPED.get(node.op_type)
        if place is not None and len(node.input) > place and node.input[place] in fed:
            raise BundleInvalid(f"head {head!r}: a {node.op_type} takes its shape from the features' numbers")


def _fed(graph: GraphProto) -> set[str]:
    """The arrays whose numbers depend on those of the features; their shapes may."""
    fed, before = {each.name for each in graph.input}, 0
    while len(fed) > before:  # more than once only where the nodes are out of order
        before = len(fed)
        for node in graph.node:
            if node.op_type not in ("Shape", "Size") and fed.intersection(node.input):
                fed.update(node.output)
    return fed


def _named(domains: Iterable[str]) -> str:
    return ", ".join(repr(each[:80]) for each in sorted(domains))

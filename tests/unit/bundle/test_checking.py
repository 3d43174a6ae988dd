"""Bundles of strangers: graphs that bundles have are let in, all others are refused before they are used."""

from collections.abc import Callable, Mapping, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from onnx import ModelProto, NodeProto, TensorProto, helper, numpy_helper

from models.bundle.checking import check_bundle, try_heads
from models.bundle.manifest import EncoderRef, HeadSpec, Manifest
from models.bundle.store import save
from models.errors import BundleInvalid
from tests.tiny.bundles import DIM, narrowed, tiny_bundle

WIDTH = 8
MAP = numpy_helper.from_array(np.eye(WIDTH, DIM, dtype=np.float32), "map")
END = helper.make_node("MatMul", ["audio", "map"], ["embedding"])


def graph(
    *nodes: NodeProto,
    tensors: Sequence[TensorProto] = (),
    domain: str = "",
    width: int = DIM,
    inputs: Sequence[str] = ("audio",),
) -> ModelProto:
    """A head that reads sound, of these nodes."""
    made = helper.make_graph(
        list(nodes or (END,)),
        "head",
        [helper.make_tensor_value_info(each, TensorProto.FLOAT, ["b", WIDTH]) for each in inputs],
        [helper.make_tensor_value_info("embedding", TensorProto.FLOAT, ["b", width])],
        [MAP, *tensors],
    )
    imports = [helper.make_opsetid("", 17), *([helper.make_opsetid(domain, 1)] if domain else [])]
    return helper.make_model(made, opset_imports=imports, ir_version=8)


def node(kind: str, *given: str, to: str = "embedding", **options: Any) -> NodeProto:
    """One operator."""
    return helper.make_node(kind, list(given), [to], **options)


def whole(value: int, name: str) -> TensorProto:
    """A list of one whole number."""
    return numpy_helper.from_array(np.array([value], np.int64), name)


def _outside() -> ModelProto:
    made = graph()
    tensor = made.graph.initializer[0]
    tensor.ClearField("raw_data")
    tensor.data_location = TensorProto.EXTERNAL
    tensor.external_data.add(key="location", value="../../../etc/passwd")
    return made


def _loop() -> ModelProto:
    body = helper.make_graph(
        [node("Identity", "go", to="on")],
        "body",
        [
            helper.make_tensor_value_info("i", TensorProto.INT64, []),
            helper.make_tensor_value_info("go", TensorProto.BOOL, []),
        ],
        [helper.make_tensor_value_info("on", TensorProto.BOOL, [])],
    )
    return graph(helper.make_node("Loop", ["", "true"], [], body=body), END)


def _branch() -> ModelProto:
    then = helper.make_graph([], "then", [], [])
    return graph(helper.make_node("If", ["true"], ["x"], then_branch=then, else_branch=then), END)


def _function() -> ModelProto:
    made = graph()
    imports = [helper.make_opsetid("", 17)]
    made.functions.append(helper.make_function("own", "F", ["x"], ["y"], [node("Relu", "x", to="y")], imports))
    return made


def _hidden_graph() -> ModelProto:
    """A graph within an operator that has none."""
    attribute = helper.make_attribute("more", helper.make_graph([], "more", [], []))
    end = node("MatMul", "audio", "map")
    end.attribute.append(attribute)
    return graph(end)


def _expanded(size: int) -> ModelProto:
    nodes = (node("Expand", "one", "size", to="many"), node("ReduceSum", "many", to="sum", keepdims=0))
    one = numpy_helper.from_array(np.ones(1, np.float32), "one")
    ends = (node("MatMul", "audio", "map", to="e"), node("Add", "e", "sum"))
    return graph(*nodes, *ends, tensors=[one, whole(size, "size")])


def _expanded_by_feature() -> ModelProto:
    """One great number in a feature asks for all memory; ordinary ones never do."""
    return graph(
        helper.make_node("Cast", ["audio"], ["whole"], to=TensorProto.INT64),
        node("ReduceMax", "whole", to="most", keepdims=0),
        node("Unsqueeze", "most", "first", to="size"),
        node("ConstantOfShape", "size", to="many"),
        node("ReduceSum", "many", to="sum", keepdims=0),
        node("MatMul", "audio", "map", to="e"),
        node("Add", "e", "sum"),
        tensors=[whole(0, "first")],
    )


def _slow() -> ModelProto:
    """Thousands of products of large matrices, all made when the graph is opened: they depend on no input."""
    wide = numpy_helper.from_array(np.eye(1500, dtype=np.float32), "wide")
    steps = [node("MatMul", "wide" if i == 0 else f"p{i - 1}", "wide", to=f"p{i}") for i in range(5000)]
    ends = (node("MatMul", "audio", "map", to="e"), node("Add", "e", "sum"))
    return graph(*steps, node("ReduceSum", "p4999", to="sum", keepdims=0), *ends, tensors=[wide])


BAD: Mapping[str, tuple[Callable[[], ModelProto], str]] = {
    "a tensor in another file": (_outside, "outside"),
    "a loop": (_loop, "'Loop'"),
    "a branch": (_branch, "'If'"),
    "a function": (_function, "functions"),
    "a graph within an operator": (_hidden_graph, "graph within"),
    "an operator of another domain": (lambda: graph(node("Custom", "audio", domain="evil"), domain="evil"), "'evil'"),
    "an operator of ONNX Runtime's own domain": (
        lambda: graph(node("FusedMatMul", "audio", "map", domain="com.microsoft"), domain="com.microsoft"),
        "com.microsoft",
    ),
    "random numbers": (lambda: graph(node("RandomNormalLike", "audio", to="x"), END), "RandomNormalLike"),
    "a shape made of features": (_expanded_by_feature, "ConstantOfShape takes its shape"),
    "an output of another width": (
        lambda: graph(node("Identity", "audio"), width=WIDTH),
        r"\(1, 8\), expected float32 \(1, 4\)",
    ),
    "an input of another name": (lambda: graph(node("MatMul", "noise", "map"), inputs=["noise"]), "inputs"),
    "an input too many": (lambda: graph(END, inputs=["audio", "video"]), "inputs"),
    "an answer that is no number": (
        lambda: graph(node("MatMul", "audio", "map", to="e"), node("Sqrt", "e")),
        "NaN",
    ),
    "no node that gives the output": (lambda: graph(node("Relu", "audio", to="x")), "can be run"),
}

HUNGRY: Mapping[str, tuple[Callable[[], ModelProto], str]] = {
    "a constant of more memory than there is": (lambda: _expanded(2 * 10**9), "heads|can be run|cannot be run"),
    "more work than there is time": (_slow, "3 s, the limit"),
}


def written(folder: Path, content: bytes, **changes: Any) -> Path:
    """A bundle whose head for sound has these bytes, as its manifest says."""
    tiny_bundle(folder.with_name("tiny"))
    made = narrowed(folder.with_name("tiny"), "audio", routes=["audio->audio"])
    spec = HeadSpec(file="audio.onnx", inputs=("audio",), dim=DIM, sha256=sha256(content).hexdigest())
    manifest = made.model_copy(update={"name": folder.name, "heads": {"audio": spec}, **changes})
    save(folder, Manifest.model_validate(manifest.model_dump()), {"audio": content}, "# A bundle\n")
    return folder


def test_a_bundle_of_ours_is_let_in(tmp_path: Path) -> None:
    tiny_bundle(tmp_path / "tiny")
    check_bundle(tmp_path / "tiny")


def test_a_plain_graph_is_let_in_and_so_is_one_with_a_constant_of_some_size(tmp_path: Path) -> None:
    try_heads(written(tmp_path / "plain" / "b", graph().SerializeToString()))
    try_heads(written(tmp_path / "large" / "b", _expanded(1000).SerializeToString()))


@pytest.mark.parametrize("what", BAD)
def test_a_graph_with_what_no_head_has_is_refused(what: str, tmp_path: Path) -> None:
    make, words = BAD[what]
    folder = written(tmp_path / "bad", make().SerializeToString())
    with pytest.raises(BundleInvalid, match=words):
        try_heads(folder)


@pytest.mark.parametrize("what", HUNGRY)
def test_a_graph_that_takes_all_it_can_get_ends_with_its_process(what: str, tmp_path: Path) -> None:
    make, words = HUNGRY[what]
    folder = written(tmp_path / "bad", make().SerializeToString())
    with pytest.raises(BundleInvalid, match=words):
        check_bundle(folder, limit_s=3, memory_bytes=2**30)


def test_what_is_wrong_with_a_graph_is_told_from_the_process_that_looked(tmp_path: Path) -> None:
    with pytest.raises(BundleInvalid, match="'Loop'"):
        check_bundle(written(tmp_path / "bad", _loop().SerializeToString()))


@pytest.mark.parametrize("content", [b"", b"words", bytes(1000), b"\x08" * 100_000])
def test_bytes_that_are_no_graph_are_refused(content: bytes, tmp_path: Path) -> None:
    folder = written(tmp_path / "bad", content)
    with pytest.raises(BundleInvalid):
        try_heads(folder)


@pytest.mark.parametrize("name", ["../../etc@1", "a/b@1", "a@../b", ".hidden@1", "a\\b@1"])
def test_an_encoder_that_leads_to_another_place_is_refused(name: str, tmp_path: Path) -> None:
    odd = EncoderRef(name=name, sha256="0" * 64, width=WIDTH)
    with pytest.raises(BundleInvalid, match="an encoder called"):
        check_bundle(written(tmp_path / "bad", graph().SerializeToString(), text_encoder=odd))


@pytest.mark.parametrize("number", [float("nan"), float("inf")])
def test_figures_that_are_no_numbers_are_refused(number: float, tmp_path: Path) -> None:
    folder = written(tmp_path / "bad", graph().SerializeToString(), evaluation={"map": 0.123456789})
    manifest = folder / "bundle.json"
    manifest.write_text(manifest.read_text().replace("0.123456789", "NaN" if number != number else "Infinity"))
    with pytest.raises(BundleInvalid, match="finite"):
        check_bundle(folder)

"""Heads of methods as they are exported, in float16."""

import numpy as np
import onnxruntime as ort
import pytest
import torch

from models.bundle.graphs import check_graph
from models.bundle.halving import halved, rounding_as_halved
from models.methods import build
from models.types import F32
from tests.contract.small_methods import OPTIONS
from tests.tiny.world import world
from training.export import head_graphs

SMALL = world(seen=8, unseen=4, clips=6, audio=10, video=10, text=11)
FEATURES = {
    "audio": SMALL.training.features.audio,
    "video": SMALL.training.features.video,
    "text": SMALL.training.classes.text,
}


def given(graph: bytes) -> F32:
    session = ort.InferenceSession(graph, providers=["CPUExecutionProvider"])
    found: F32 = session.run(None, {each.name: FEATURES[each.name] for each in session.get_inputs()})[0]
    return found


@pytest.mark.parametrize("name", ["avca", "cjme", "cca"])
def test_they_run_may_be_sent_and_round_as_float16_does(name: str) -> None:
    """Without the rounding of a GPU, which a processor leaves out, they are nearer to float32."""
    options = OPTIONS[name]
    torch.manual_seed(0)  # how far rounding reaches depends on the weights
    for head, graph in head_graphs(build(name, SMALL.training.task, options).eval(), SMALL.training.widths).items():
        check_graph(halved(graph), head=head)
        exact, weights, rounded = (given(each) for each in (graph, halved(graph), rounding_as_halved(graph)))
        scale = np.abs(exact).max() + 1e-6
        assert np.abs(rounded - exact).max() / scale < 0.02
        assert np.abs(weights - exact).max() <= 2 * np.abs(rounded - exact).max() + 1e-6


def test_rounding_is_that_of_numpy_to_the_last_bit() -> None:
    from onnx import TensorProto, helper, numpy_helper

    numbers = np.random.default_rng(0)
    weight = numbers.normal(size=(10, 4)).astype(np.float32)
    product = helper.make_node("MatMul", ["audio", "weight"], ["embedding"])
    widths = {"audio": 10, "embedding": 4}
    read, made = (helper.make_tensor_value_info(each, TensorProto.FLOAT, ["b", n]) for each, n in widths.items())
    graph = helper.make_graph([product], "head", [read], [made], [numpy_helper.from_array(weight, "weight")])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8).SerializeToString()

    def half(values: F32) -> F32:
        return values.astype(np.float16).astype(np.float32)

    assert given(rounding_as_halved(model)) == pytest.approx(half(half(FEATURES["audio"]) @ half(weight)), abs=0)

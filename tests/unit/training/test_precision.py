"""Training with products in bfloat16, which torch makes on the CPU too."""

from typing import Any

import numpy as np
import onnx
import pytest
import torch

from models.methods import METHODS, build
from models.methods.base import GradientMethod
from tests.contract.small_methods import OPTIONS
from tests.tiny.world import world
from training.descent import _Steps
from training.export import head_graphs
from training.fit import fit
from training.progress import Fitted
from training.recipe import Recipe, named, names
from training.sampling import Sampler

SMALL = world(seen=8, unseen=4, clips=6, audio=10, video=10, text=11)
CPU = torch.device("cpu")
QUICK: dict[str, Any] = {"options": OPTIONS["avgzslnet"], "batch": 32, "steps_per_epoch": 5, "epochs": 2}


def trained(precision: str) -> Fitted:
    recipe = named("avgzslnet", on="demo").changed({**QUICK, "phase_epochs": {}, "precision": precision})
    return fit(recipe, SMALL.training, validation=SMALL.validation, report=lambda _: None)


def test_weights_and_exported_heads_stay_float32() -> None:
    fitted = trained("bfloat16")
    assert {each.dtype for each in fitted.method.state_dict().values() if each.is_floating_point()} == {torch.float32}
    for graph in head_graphs(fitted.method, SMALL.training.widths).values():
        made = onnx.load_from_string(graph).graph
        assert {each.data_type for each in made.initializer} <= {onnx.TensorProto.FLOAT, onnx.TensorProto.INT64}
        assert made.output[0].type.tensor_type.elem_type == onnx.TensorProto.FLOAT


def test_products_are_rounded_and_the_loss_is_near_that_of_float32() -> None:
    exact, rounded = trained("float32").history[-1].loss, trained("bfloat16").history[-1].loss
    assert exact != rounded
    assert rounded == pytest.approx(exact, rel=0.05)


def test_recipes_that_ship_are_of_float32() -> None:
    assert {named(name).precision for name in names()} == {"float32"}


BY_STEPS = sorted(name for name, spec in METHODS.items() if spec.terms)


@pytest.mark.parametrize("name", BY_STEPS)
def test_every_method_that_learns_by_steps_takes_them_in_bfloat16(name: str) -> None:
    terms = METHODS[name].terms
    keys = {"options": OPTIONS[name], "precision": "bfloat16", "batch": 24, "weights": dict.fromkeys(terms, 1.0)}
    recipe = Recipe(method=name, **keys)  # type: ignore[arg-type]
    torch.manual_seed(0)
    method = build(name, SMALL.training.task, OPTIONS[name])
    assert isinstance(method, GradientMethod)
    sampler = Sampler(SMALL.training, batch=24, seed=0, device=CPU)
    for phase in method.train().phases():
        phase.begin()
        steps = _Steps(method, phase, recipe, CPU)
        losses = [float(steps.step(sampler, number)) for number in range(2)]
        assert np.isfinite(losses).all()
    assert all(each.isfinite().all() for each in method.state_dict().values())

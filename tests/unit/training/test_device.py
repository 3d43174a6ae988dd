"""Devices by name, and those that are not there."""

import pytest
import torch

from models.errors import QueryInvalid, TooLarge
from tests.tiny.world import World, world
from training.device import device
from training.fit import fit
from training.progress import Fitted, Progress
from training.recipe import Recipe, named

SMALL = world(seen=4, unseen=2, clips=3, audio=4, video=4, text=5)


def test_the_processor_is_always_there() -> None:
    assert device("cpu") == torch.device("cpu")


@pytest.mark.parametrize("name", ["abacus", "", "cpu:0", "gpu:1", "cuda:", "cuda:-1", "cuda:one", "meta", "mps", "CPU"])
def test_a_name_of_no_device_is_refused_naming_those_there_are(name: str) -> None:
    with pytest.raises(QueryInvalid, match=r"there is no device '.*'; there are cpu, gpu"):
        device(name)


def test_a_graphics_card_that_is_not_there_is_refused_with_what_torch_finds() -> None:
    absent = f"cuda:{torch.cuda.device_count()}"
    with pytest.raises(QueryInvalid, match=rf"{absent}.* is not here: torch .* finds \d+ CUDA devices"):
        device(absent)


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU")
def test_the_word_of_the_setting_is_known_and_refused_where_there_is_none() -> None:
    with pytest.raises(QueryInvalid, match=r"the device 'gpu' is not here: torch .* finds 0 CUDA devices"):
        device("gpu")


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="torch finds no GPU")
@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_training_on_a_gpu_learns_what_it_learns_on_a_processor(precision: str) -> None:
    """Draws and dropout differ by device: the losses of the last epoch are near, and far below the first."""
    recipe = named("avgzslnet", on="demo").changed({"steps_per_epoch": 20, "epochs": 4, "precision": precision})
    made = world(seen=8, unseen=4, clips=6)
    losses = {name: [each.loss for each in _trained(recipe, made, name).history] for name in ("cpu", "gpu")}
    assert losses["gpu"][-1] < losses["gpu"][0]
    assert losses["gpu"][-1] == pytest.approx(losses["cpu"][-1], rel=0.2)


def _trained(recipe: Recipe, made: World, name: str) -> Fitted:
    return fit(recipe, made.training, validation=made.validation, report=lambda _: None, device=name)


def test_training_refuses_a_device_before_anything_else() -> None:
    with pytest.raises(QueryInvalid, match="abacus"):
        fit(named("devise"), SMALL.training, validation=SMALL.validation, report=lambda _: None, device="abacus")


def test_too_little_memory_is_said_with_the_batch() -> None:
    def full(_: Progress) -> None:
        raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 99 GiB")

    recipe = named("devise").changed({"batch": 8, "steps_per_epoch": 1, "epochs": 1})
    with pytest.raises(TooLarge, match="cpu has too little memory for devise in batches of 8: a smaller `batch`"):
        fit(recipe, SMALL.training, validation=SMALL.validation, report=full)


def test_a_batch_that_no_memory_holds_is_said_alike() -> None:
    recipe = named("devise").changed({"batch": 2**55, "steps_per_epoch": 1, "epochs": 1})
    with pytest.raises(TooLarge, match=f"cpu has too little memory for devise in batches of {2**55}"):
        fit(recipe, SMALL.training, validation=SMALL.validation, report=lambda _: None)


def test_what_is_not_about_memory_is_not_said_to_be() -> None:
    def broken(_: Progress) -> None:
        raise RuntimeError("a kernel is missing")

    recipe = named("devise").changed({"batch": 8, "steps_per_epoch": 1, "epochs": 1})
    with pytest.raises(RuntimeError, match="a kernel is missing"):
        fit(recipe, SMALL.training, validation=SMALL.validation, report=broken)

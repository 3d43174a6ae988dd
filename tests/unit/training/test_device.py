"""Devices by name, and those that are not there."""

import pytest
import torch

from models.errors import QueryInvalid, TooLarge
from tests.tiny.world import world
from training.device import device
from training.fit import fit
from training.progress import Progress
from training.recipe import named

SMALL = world(seen=4, unseen=2, clips=3, audio=4, video=4, text=5)


def test_the_processor_is_always_there() -> None:
    assert device("cpu") == torch.device("cpu")


@pytest.mark.parametrize("name", ["abacus", "", "cpu:0", "cuda:", "cuda:-1", "cuda:one", "meta", "mps", "CPU"])
def test_a_name_of_no_device_is_refused_naming_those_there_are(name: str) -> None:
    with pytest.raises(QueryInvalid, match=r"there is no device '.*'; there are cpu, cuda"):
        device(name)


def test_a_graphics_card_that_is_not_there_is_refused_with_what_torch_finds() -> None:
    absent = f"cuda:{torch.cuda.device_count()}"
    with pytest.raises(QueryInvalid, match=rf"{absent}.* is not here: torch .* finds \d+ CUDA devices"):
        device(absent)


def test_training_refuses_a_device_before_anything_else() -> None:
    with pytest.raises(QueryInvalid, match="abacus"):
        fit(named("devise"), SMALL.training, validation=SMALL.validation, report=lambda _: None, device="abacus")


def test_too_little_memory_is_said_with_the_batch() -> None:
    def full(_: Progress) -> None:
        raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 99 GiB")

    recipe = named("devise").changed({"batch": 8, "steps_per_epoch": 1, "epochs": 1})
    with pytest.raises(TooLarge, match="cpu has too little memory for devise in batches of 8"):
        fit(recipe, SMALL.training, validation=SMALL.validation, report=full)

"""A world of few and small clips, and a batch of them: what methods of several modalities are tested on."""

import pytest
import torch

from models.methods.base import Batch
from tests.tiny.world import World, world
from training.sampling import Sampler


@pytest.fixture(scope="session")
def small() -> World:
    return world(seen=6, unseen=3, clips=6, audio=10, video=9, text=11)


@pytest.fixture
def batch(small: World) -> Batch:
    return Sampler(small.training, batch=24, seed=0, device=torch.device("cpu")).draw()

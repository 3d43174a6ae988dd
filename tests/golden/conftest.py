"""What tests by reference tensors have in common; each names the file of its `golden` itself."""

import pytest
from torch import Tensor

from models.methods.base import Batch
from tests.golden import reference


@pytest.fixture
def batch(golden: dict[str, Tensor]) -> Batch:
    """The reference's inputs."""
    return reference.batch(golden)

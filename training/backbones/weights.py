"""Weights that others published, put into networks that are written here."""

import pickle
from argparse import Namespace
from collections.abc import Callable, Mapping
from hashlib import file_digest
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.serialization import safe_globals

from models.errors import BundleInvalid

NAMED = 3
"""How many layers an error names."""

_restored: Any = np.zeros(1).__reduce__()[0]
ARRAYS: list[Callable[..., Any] | tuple[Callable[..., Any], str]] = [
    *((_restored, f"numpy.{core}.multiarray._reconstruct") for core in ("core", "_core")),
    *(np.ndarray, np.dtype, np.dtypes.Float32DType, np.dtypes.Float64DType, Namespace),
]
"""What checkpoints name beside tensors: arrays, by the names of NumPy 1 and 2, and how a program was called."""


def read_weights(path: Path, *, within: str | None = None) -> dict[str, Tensor]:
    """The tensors of a PyTorch checkpoint by name, less the `module.` that DataParallel puts before each.

    Only tensors, arrays and plain values are read: a file that would run code is refused.

    Args:
        within: the entry that holds them, where a checkpoint has more than a network's state.

    Raises:
        BundleInvalid: there is no such file, or it is not a checkpoint of tensors by name.
    """
    try:
        with safe_globals(ARRAYS):
            content = torch.load(path, map_location="cpu", weights_only=True)
    except FileNotFoundError as error:
        raise BundleInvalid(f"there is no {path.name} in {path.parent}") from error
    except (pickle.UnpicklingError, RuntimeError, EOFError, ValueError) as error:
        raise BundleInvalid(f"{path} is not a PyTorch checkpoint that holds only tensors") from error
    if within is not None and isinstance(content, Mapping):
        content = content.get(within)
    if not isinstance(content, Mapping) or not all(isinstance(each, Tensor | np.ndarray) for each in content.values()):
        where = f" in {within!r}" if within else ""
        raise BundleInvalid(f"{path} does not hold tensors by name{where}; expected the state of a network")
    return {str(name).removeprefix("module."): torch.as_tensor(each) for name, each in content.items()}


def fill(network: nn.Module, weights: Mapping[str, Tensor], *, source: str) -> None:
    """Put weights into a network that has exactly these layers.

    Counts of batches, which batch normalisation needs for training alone, may be missing: old checkpoints
    have none.

    Raises:
        BundleInvalid: a layer is missing, unknown, or of another shape; `source` says whose.
    """
    expected = network.state_dict()
    counts = {name for name in expected if name.endswith("num_batches_tracked")}
    _refuse(sorted(expected.keys() - weights.keys() - counts), f"{source} lacks")
    _refuse(sorted(weights.keys() - expected.keys()), f"{source} has the unknown")
    for name, each in weights.items():
        if each.shape != expected[name].shape:
            raise BundleInvalid(f"{source} has {name} {list(each.shape)}; expected {list(expected[name].shape)}")
    network.load_state_dict({**expected, **weights}, assign=True)


def file_version(path: Path) -> str:
    """The first 8 digits of a file's SHA-256, as PyTorch's own file names have them; what its backbone is called.

    Raises:
        BundleInvalid: there is no such file.
    """
    try:
        with path.open("rb") as file:
            return file_digest(file, "sha256").hexdigest()[:8]
    except FileNotFoundError as error:
        raise BundleInvalid(f"there is no {path.name} in {path.parent}") from error


def _refuse(odd: list[str], what: str) -> None:
    if odd:
        more = f" and {len(odd) - NAMED} more" if len(odd) > NAMED else ""
        raise BundleInvalid(f"{what} {', '.join(odd[:NAMED])}{more}")

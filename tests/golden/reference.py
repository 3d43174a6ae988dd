"""Tensors that reference implementations produced, and how to compare with them."""

import os
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from models.methods.base import Batch, Method, Task, Widths, total

FOLDER = Path(os.environ.get("SIGHTSOUND_TEST_GOLDEN", Path(__file__).parents[2] / "../shared/golden"))
# Wider than the 1e-4 of all that comes before the step, for tests that do without `rounding.take_reference_step`:
# before a batch norm a bias has gradient 0, of whose rounding noise Adam makes steps of up to +-1e-3.
AFTER_ADAM = 2e-3

PROJECTIONS = {
    "audio": "triplet_net.embedding_net1.fc",
    "video": "triplet_net.embedding_net2.fc",
    "text": "triplet_net.embedding_net3.fc",
}
"""The projections of CJME and AVGZSLNet, with the reference's names."""


def tensors(name: str) -> dict[str, Tensor]:
    """Every array of a reference file, by its key; skips the test where there is no such file."""
    path = FOLDER / f"{name}.npz"
    if not path.is_file():
        pytest.skip(f"no reference tensors at {path}; set SIGHTSOUND_TEST_GOLDEN")
    with np.load(path) as stored:
        return {key: torch.from_numpy(stored[key]) for key in stored.files}


def load_weights(module: nn.Module, golden: Mapping[str, Tensor], names: Mapping[str, str]) -> None:
    """Give a module the reference's initial weights; `names` maps our prefixes to its, and must cover all."""
    module.load_state_dict({ours: golden[f"w/{theirs}"] for ours, theirs in renamed(module, names).items()})


def renamed(module: nn.Module, names: Mapping[str, str]) -> dict[str, str]:
    """Every key of our state dict with the reference's name of it."""
    return {
        key: names[prefix] + key.removeprefix(prefix)
        for key in module.state_dict()
        for prefix in names
        if key.startswith(prefix)
    }


def task(golden: Mapping[str, Tensor]) -> Task:
    """What the reference's network was built for."""
    classes = golden["in/E"]
    widths = Widths(*(golden[f"in/{each}"].shape[1] for each in ("a", "v", "w")))
    return Task(widths, class_text=classes, unseen_text=classes[:0])


def batch(golden: Mapping[str, Tensor]) -> Batch:
    """The reference's inputs as a batch of ours."""
    given = {key.removeprefix("in/"): value for key, value in golden.items() if key.startswith("in/")}
    return Batch(
        audio=given["a"],
        video=given["v"],
        text=given["w"],
        negative_audio=given["an"],
        negative_video=given["vn"],
        negative_text=given["wn"],
        negative_label=given["yn"],
        label=given["y"],
        class_text=given["E"],
    )


def step(method: Method, loss: Tensor, *, rate: float = 1e-3, weight_decay: float = 0.0) -> None:
    """One step of Adam down a loss, then evaluation mode, as files hold the reference afterwards."""
    adam = torch.optim.Adam(method.parameters(), lr=rate, weight_decay=weight_decay)
    torch.autograd.backward(loss)
    adam.step()
    method.eval()


def assert_terms(terms: Mapping[str, Tensor], golden: Mapping[str, Tensor], names: Mapping[str, str]) -> None:
    """Each term agrees with that which `names` maps it to, and all of them, each weighing 1, sum to the loss."""
    assert terms.keys() == names.keys()
    for ours, theirs in names.items():
        torch.testing.assert_close(terms[ours], golden[f"train/{theirs}"], rtol=1e-5, atol=0)
    torch.testing.assert_close(total(terms, dict.fromkeys(terms, 1.0)), golden["train/loss"], rtol=1e-5, atol=0)


def assert_gradients(
    method: Method, golden: Mapping[str, Tensor], names: Mapping[str, str], *, noise: float = 1e-6
) -> None:
    """Norm and first entries of every gradient agree, relative to the gradient's size, but for rounding `noise`."""
    theirs = renamed(method, names)
    for name, parameter in method.named_parameters():
        assert parameter.grad is not None, name
        norm = golden[f"gradnorm/{theirs[name]}"].item()
        # A bias before batch norm has no gradient but rounding: compared absolutely.
        assert parameter.grad.norm().item() == pytest.approx(norm, rel=1e-3, abs=10 * noise), name
        head = golden[f"gradhead/{theirs[name]}"]
        torch.testing.assert_close(
            parameter.grad.flatten()[: len(head)], head, rtol=1e-3, atol=1e-3 * norm / parameter.numel() ** 0.5 + noise
        )


def assert_statistics(method: Method, golden: Mapping[str, Tensor], names: Mapping[str, str]) -> None:
    """The batch norms' running statistics agree."""
    state = method.state_dict()
    for ours, reference in renamed(method, names).items():
        if "running" in ours:
            torch.testing.assert_close(state[ours], golden[f"after/{reference}"], rtol=1e-4, atol=1e-5)

"""What stands between a trained method and a bundle: the comparison with torch."""

from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from models.bundle.manifest import Manifest, RouteSpec
from models.bundle.store import load_manifest
from models.errors import BundleInvalid
from models.methods.base import Batch, Head, Method
from models.types import F32, Metric, Modality
from tests.tiny.bundles import AUDIO, TEXT, VIDEO, tiny_bundle, tiny_maps
from tests.tiny.world import world
from training.export import EncoderRefs, Measured, checked_difference, export
from training.fit import fit
from training.recipe import named

ENCODERS = EncoderRefs(audio=AUDIO, video=VIDEO, text=TEXT)


class Linear(Method):
    """The linear heads of the tiny bundle, in torch."""

    def __init__(self, maps: dict[Modality, F32]) -> None:
        super().__init__()
        self.maps = nn.ModuleDict(
            {modality: nn.Linear(each.shape[0], each.shape[1], bias=False) for modality, each in maps.items()}
        )
        self.load_state_dict({f"maps.{modality}.weight": torch.from_numpy(each.T) for modality, each in maps.items()})

    def terms(self, batch: Batch) -> dict[str, Tensor]:
        """Nothing to train."""
        return {}

    def heads(self) -> dict[str, Head]:
        """The audio and the text head."""
        return {"audio": Head(self.maps["audio"], ("audio",)), "text": Head(self.maps["text"], ("text",))}

    def routes(self) -> dict[str, RouteSpec]:
        """From text to audio."""
        return {"text->audio": RouteSpec(query="text", gallery="audio", metric=Metric.EUCLIDEAN)}


def tiny(folder: Path) -> tuple[Manifest, dict[str, bytes]]:
    tiny_bundle(folder)
    manifest = load_manifest(folder)
    return manifest, {head: (folder / spec.file).read_bytes() for head, spec in manifest.heads.items()}


def features() -> dict[Modality, F32]:
    numbers = np.random.default_rng(0)
    every: tuple[Modality, ...] = ("audio", "video", "text")
    return {modality: numbers.normal(size=(257, 8)).astype(np.float32) for modality in every}


def test_graphs_that_give_what_torch_gives_pass_with_their_largest_difference(tmp_path: Path) -> None:
    manifest, graphs = tiny(tmp_path / "tiny")
    method = Linear(tiny_maps({"audio": AUDIO, "video": VIDEO, "text": TEXT}, 0))
    assert 0 <= checked_difference(manifest, graphs, method, features()) < 1e-5


@pytest.mark.parametrize("change", [1e-3, float("nan")])
def test_graphs_that_give_something_else_are_refused_naming_the_head(tmp_path: Path, change: float) -> None:
    manifest, graphs = tiny(tmp_path / "tiny")
    maps = tiny_maps({"audio": AUDIO, "video": VIDEO, "text": TEXT}, 0)
    maps["text"] = maps["text"] + np.float32(change)
    with pytest.raises(BundleInvalid, match=r"differ by \{'text': .*expected at most 0.0001"):
        checked_difference(manifest, graphs, Linear(maps), features())


def test_encoders_of_other_widths_are_refused_before_anything_is_written(tmp_path: Path) -> None:
    small = world(seen=3, unseen=1, clips=3, audio=9, video=8, text=8)
    recipe = named("cjme", on="demo").model_copy(update={"batch": 4, "steps_per_epoch": 1, "epochs": 1})
    fitted = fit(recipe, small.training, validation=small.validation, report=lambda _: None)
    with pytest.raises(BundleInvalid, match=r"Widths\(audio=8.*trained with Widths\(audio=9"):
        export(
            fitted,
            folder=tmp_path / "bundle",
            name="tiny",
            encoders=ENCODERS,
            classes=small.training.classes,
            measured=Measured(fitted.betas),
            trained_on="nothing",
        )
    assert not (tmp_path / "bundle").exists()

"""What stands between a trained backbone and its folder: the comparison with torch."""

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from models.errors import BundleInvalid
from models.features.backbone import Backbone
from models.features.card import BackboneCard
from models.media.media import FrameSpec, Media, SoundSpec
from tests.tiny.encoders import tiny_audio_backbone, tiny_video_backbone
from training.backbones.export import compare, export_backbone

EMPTY = Media(1.0, SoundSpec(rate=16_000), FrameSpec(rate=4, size=32, shorter_side=32), None, None)


class Original(nn.Module):
    """What a backbone was made of, had the making changed one of its features by `error` of the largest."""

    def __init__(self, backbone: Backbone, error: float) -> None:
        super().__init__()
        self.backbone, self.error = backbone, error

    def forward(self, clips: Tensor) -> Tensor:
        """One clip [1, n, ...] to its features [1, width]."""
        clip = clips[0].numpy()
        sound = self.backbone.card.sense == "audio"
        feature = self.backbone.feature(replace(EMPTY, samples=clip) if sound else replace(EMPTY, frames=clip))
        feature[3] += self.error * np.abs(feature).max()
        return torch.from_numpy(feature[None])


class Unsteady(nn.Module):
    """A network whose graph gives other features than itself: so many times as large."""

    def __init__(self, times: float, *, scale: float = 1.0) -> None:
        super().__init__()
        self.project = nn.Linear(1, 4)
        self.times, self.scale = times, scale

    def forward(self, waveform: Tensor) -> Tensor:
        """The loudness of waveforms [b, n], projected: [b, 4]."""
        features: Tensor = self.project(waveform.abs().mean(dim=1, keepdim=True)) * self.scale
        return features * self.times if torch.compiler.is_exporting() else features


@pytest.fixture(params=["audio", "video"])
def backbone(request: pytest.FixtureRequest, tmp_path: Path) -> Backbone:
    return Backbone.open((tiny_audio_backbone if request.param == "audio" else tiny_video_backbone)(tmp_path))


@pytest.mark.parametrize("error", [0.0, 9e-5, -9e-5])
def test_a_backbone_that_gives_what_torch_gives_passes(backbone: Backbone, error: float) -> None:
    compare(Original(backbone, error), backbone)


@pytest.mark.parametrize("error", [2e-4, -2e-4, np.nan, np.inf])
def test_a_backbone_that_gives_others_is_refused_by_how_much(backbone: Backbone, error: float) -> None:
    expected = re.escape(backbone.card.ref) + r" differs from torch by .* in a feature of up to .*, over 1e-04 of it"
    with pytest.raises(BundleInvalid, match=expected):
        compare(Original(backbone, error), backbone)


def test_a_graph_that_gives_others_than_torch_is_not_written(tmp_path: Path) -> None:
    with pytest.raises(BundleInvalid, match="tiny@1 differs from torch by nan"):
        exported(Unsteady(torch.nan), tmp_path / "tiny@1")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("scale", [1e-4, 1.0, 1e5])
def test_how_far_a_graph_may_be_off_is_a_share_of_the_feature(tmp_path: Path, scale: float) -> None:
    assert exported(Unsteady(1 + 3e-5, scale=scale), tmp_path / "near").width == 4
    with pytest.raises(BundleInvalid, match="differs from torch"):
        exported(Unsteady(1 + 3e-4, scale=scale), tmp_path / "far")


def exported(network: nn.Module, folder: Path) -> BackboneCard:
    torch.manual_seed(0)
    return export_backbone(network, folder, name="tiny", takes=SoundSpec(rate=2000), width=4, source="a test")

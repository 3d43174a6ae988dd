"""C3D, convolutions over 16 frames, as it was trained on Sports-1M."""

from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn.functional import max_pool3d

from models.features.card import BackboneCard
from models.features.rows import Rows
from models.media.media import FrameSpec
from training.backbones.export import export_backbone
from training.backbones.pictures import BGR, RGB, Colours, Shown, clips_in_a_row, each_clip
from training.backbones.weights import file_version, fill, read_weights

TAKES = FrameSpec(rate=25.0, size=112, shorter_side=128)
CLIP = 16
CHANNELS = (64, 128, 256, 256, 512, 512, 512, 512)
WIDTH = 4096
CLASSIFIER = "fc8."

Layer = Literal["fc6", "fc7"]
Light = Literal["avca", "plain"]


class Inverted(Colours):
    """Colours from 255 less brightness: a frame that was multiplied by 255 and kept in 8 bits, where 0 stays 0."""

    def light(self, channels: Tensor) -> Tensor:
        return torch.where(channels > 0, 256 - channels, channels)


def colours_of(light: Light) -> Colours:
    """The two ways in which people fed these weights.

    Source: `avca`, cls_feature_extraction/get_features_ucf.py of github.com/ExplainableML/AVCA-GZSL, whose OpenCV
    frames are BGR and pass through torchvision's `ToPILImage` as floats of 0 to 255; `plain`, predict.py of
    github.com/DavideA/c3d-pytorch.
    """
    if light == "plain":
        return Colours(order=RGB, mean=(0.0,) * 3, spread=(1.0,) * 3)
    mean, spread = (0.43216, 0.394666, 0.37645), (0.22803, 0.22145, 0.216989)
    return Inverted(order=BGR, mean=[255 * each for each in mean], spread=[255 * each for each in spread])


class C3D(nn.Module):
    """Frames [b, t, h, w, 3] of 0 to 255 at 25 a second to rows [b, clips, 4096], a row for every 16 frames.

    The last clip ends in zeros, which stand for the mean colour. A row is what `layer` says after its ReLU.

    Source: Tran et al., "Learning Spatiotemporal Features with 3D Convolutional Networks", ICCV 2015, figure 3;
    names of the layers, and the padding of the last maximum, as in github.com/DavideA/c3d-pytorch.
    """

    def __init__(
        self,
        *,
        layer: Layer = "fc7",
        light: Light = "avca",
        channels: Sequence[int] = CHANNELS,
        width: int = WIDTH,
    ) -> None:
        super().__init__()
        self.shown = Shown(colours_of(light))
        self.trunk = Trunk(layer, channels, width)

    def forward(self, frames: Tensor) -> Tensor:
        return each_clip(nn.Sequential(self.shown, self.trunk), clips_in_a_row(frames, CLIP))


class Trunk(nn.Module):
    """Clips [m, 3, 16, 112, 112] to features [m, width], with the published names."""

    def __init__(self, layer: Layer, channels: Sequence[int], width: int) -> None:
        super().__init__()
        names = ("conv1", "conv2", "conv3a", "conv3b", "conv4a", "conv4b", "conv5a", "conv5b")
        for name, (before, after) in zip(names, pairwise((3, *channels)), strict=True):
            self.add_module(name, nn.Conv3d(before, after, 3, padding=1))
        self.fc6 = nn.Linear(channels[-1] * 4 * 4, width)
        self.fc7 = nn.Linear(width, width) if layer == "fc7" else None

    def forward(self, clips: Tensor) -> Tensor:
        maps = max_pool3d(self._rectified(clips, "conv1"), (1, 2, 2))
        maps = max_pool3d(self._rectified(maps, "conv2"), 2)
        maps = max_pool3d(self._rectified(maps, "conv3a", "conv3b"), 2)
        maps = max_pool3d(self._rectified(maps, "conv4a", "conv4b"), 2)
        maps = max_pool3d(self._rectified(maps, "conv5a", "conv5b"), 2, padding=(0, 1, 1))
        hidden = torch.relu(self.fc6(maps.flatten(1)))
        return hidden if self.fc7 is None else torch.relu(self.fc7(hidden))

    def _rectified(self, maps: Tensor, *names: str) -> Tensor:
        for name in names:
            maps = torch.relu(self.get_submodule(name)(maps))
        return maps


def import_c3d(checkpoint: Path, folder: Path, *, layer: Layer = "fc7", light: Light = "avca") -> BackboneCard:
    """The published weights as a backbone in a folder.

    Args:
        checkpoint: `c3d.pickle` of github.com/DavideA/c3d-pytorch, layers `conv1.weight` to `fc8.bias`, or one
            with another classifier; what comes after `layer` is left out.
        light: how the frames are shown to it; see `colours_of`.

    Raises:
        BundleInvalid: the file does not hold these layers, or ONNX Runtime gives others than torch.
    """
    network = C3D(layer=layer, light=light)
    after = (CLASSIFIER,) if layer == "fc7" else (CLASSIFIER, "fc7.")
    weights = {name: each for name, each in read_weights(checkpoint).items() if not name.startswith(after)}
    fill(network.trunk, weights, source=str(checkpoint))
    return export_c3d(network, folder, name=name_of(layer=layer, light=light), version=file_version(checkpoint))


def name_of(*, layer: Layer = "fc7", light: Light = "avca") -> str:
    """What a backbone is called that is imported so."""
    return f"c3d-{layer}-{light}"


def export_c3d(network: C3D, folder: Path, *, name: str, version: str) -> BackboneCard:
    """Write a network as a backbone; raises what `import_c3d` raises."""
    return export_backbone(
        network.eval().requires_grad_(False),  # or the exporter traces its derivative too
        folder,
        name=name,
        takes=TAKES,
        width=network.trunk.fc6.out_features,
        source="https://github.com/DavideA/c3d-pytorch",
        rows=Rows("stretch", length_s=CLIP / TAKES.rate, step_s=CLIP / TAKES.rate),
        version=version,
        licence="MIT, of the port; weights trained on Sports-1M",
        example_s=2.0,
    )

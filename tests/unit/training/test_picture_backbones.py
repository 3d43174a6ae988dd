"""The picture networks of the papers: their sizes, names and clips, what is padded how, and their graphs."""

import math
from collections.abc import Callable
from pathlib import Path
from typing import get_args

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from models.errors import BundleInvalid
from models.features.backbone import Backbone
from models.media.media import FrameSpec, Media, SoundSpec
from models.types import F32
from training.backbones import c3d, i3d, r2plus1d
from training.backbones.pictures import BGR, RGB, Colours, Shown, clips_in_a_row, clips_to_the_end
from training.backbones.weights import fill

SMALL = FrameSpec(rate=25.0, size=32, shorter_side=32)
FRAMES_OF_CLIPS = [(1, 1), (15, 1), (16, 1), (17, 2), (32, 2), (33, 3)]


def noise(*shape: int) -> Tensor:
    return torch.from_numpy(np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8))


def lively(network: nn.Module) -> nn.Module:
    """The same network, its weights large enough that features are of the order of 1."""
    torch.manual_seed(0)
    for each in network.modules():
        if isinstance(each, nn.Conv3d | nn.Linear):
            nn.init.kaiming_normal_(each.weight)
            if each.bias is not None:  # drawn before the seed was set, it would be another in every run
                nn.init.uniform_(each.bias, -0.1, 0.1)
    return network.eval()


def thin_c3d(layer: c3d.Layer = "fc7") -> c3d.C3D:
    network = lively(c3d.C3D(layer=layer, channels=(4,) * 8, width=16))
    assert isinstance(network, c3d.C3D)
    return network


def without_values(build: Callable[[], nn.Module]) -> nn.Module:
    """A network of which only names and shapes exist."""
    with torch.device("meta"):
        return build()


def size(network: nn.Module) -> int:
    return sum(each.numel() for each in network.parameters())


@pytest.mark.parametrize(
    ("build", "classifier", "published"),
    [
        # open-mmlab/mmaction2, configs/recognition/c3d/metafile.yml: `Parameters: 78409573`, of 101 classes.
        pytest.param(c3d.C3D, 4096 * 101 + 101, 78_409_573, id="c3d"),
        # 400 classes. The paper says 25 million of two such networks, of pictures and of flow.
        pytest.param(i3d.I3D, 1024 * 400 + 400, 12_697_264, id="i3d"),
        # 400 classes; 31.5 million on Qualcomm's card of torchvision's network.
        pytest.param(r2plus1d.R2Plus1D, 512 * 400 + 400, 31_505_325, id="r2plus1d"),
    ],
)
def test_a_network_with_its_classifier_is_as_large_as_published(
    build: Callable[[], nn.Module], classifier: int, published: int
) -> None:
    assert size(without_values(build)) + classifier == published


C3D_CHANNELS = {
    "conv1": (64, 3), "conv2": (128, 64), "conv3a": (256, 128), "conv3b": (256, 256),
    "conv4a": (512, 256), "conv4b": (512, 512), "conv5a": (512, 512), "conv5b": (512, 512),
}  # fmt: skip


def c3d_layout() -> dict[str, Tensor]:
    """Names and shapes of C3D_model.py in github.com/DavideA/c3d-pytorch."""
    layout: dict[str, tuple[int, ...]] = {
        f"{name}.weight": (*channels, 3, 3, 3) for name, channels in C3D_CHANNELS.items()
    }
    layout |= {"fc6.weight": (4096, 8192), "fc7.weight": (4096, 4096), "fc8.weight": (487, 4096)}
    layout |= {name.replace("weight", "bias"): shape[:1] for name, shape in layout.items()}
    return {name: torch.empty(shape, device="meta") for name, shape in layout.items()}


@pytest.mark.parametrize("layer", get_args(c3d.Layer))
def test_c3d_has_the_published_layers(layer: c3d.Layer) -> None:
    network = without_values(lambda: c3d.C3D(layer=layer))
    known = {name: each.shape for name, each in c3d_layout().items()}
    ours = {name.removeprefix("trunk."): each.shape for name, each in network.state_dict().items()}
    assert ours.items() <= known.items()
    assert {name.split(".")[0] for name in known.keys() - ours.keys()} == {"fc8"} | ({"fc7"} - {layer})


def test_i3d_has_the_published_layers() -> None:
    """pytorch_i3d.py of github.com/piergiaj/pytorch-i3d."""
    shapes = {
        name: tuple(each.shape) for name, each in without_values(i3d.I3D).get_submodule("trunk").state_dict().items()
    }
    assert shapes["Conv3d_1a_7x7.conv3d.weight"] == (64, 3, 7, 7, 7)
    assert shapes["Conv3d_1a_7x7.bn.running_mean"] == (64,)
    assert shapes["Conv3d_2c_3x3.conv3d.weight"] == (192, 64, 3, 3, 3)
    assert shapes["Mixed_3b.b0.conv3d.weight"] == (64, 192, 1, 1, 1)
    assert shapes["Mixed_4f.b1b.conv3d.weight"] == (320, 160, 3, 3, 3)
    assert shapes["Mixed_5c.b2a.conv3d.weight"] == (48, 832, 1, 1, 1)
    assert shapes["Mixed_5c.b3b.bn.weight"] == (128,)
    units = {name.rpartition(".conv3d.")[0] for name in shapes if name.endswith("conv3d.weight")}
    assert len(units) == 3 + 9 * 6


def test_r2plus1d_has_the_published_layers() -> None:
    """torchvision/models/video/resnet.py of github.com/pytorch/vision."""
    trunk = without_values(r2plus1d.R2Plus1D).get_submodule("trunk")
    shapes = {name: tuple(each.shape) for name, each in trunk.state_dict().items()}
    assert shapes["stem.0.weight"] == (45, 3, 1, 7, 7)
    assert shapes["layer1.0.conv1.0.0.weight"] == (144, 64, 1, 3, 3)
    assert shapes["layer1.0.conv1.0.3.weight"] == (64, 144, 3, 1, 1)
    assert shapes["layer2.0.downsample.0.weight"] == (128, 64, 1, 1, 1)
    assert shapes["layer4.1.conv2.1.running_var"] == (512,)
    assert not any(name.startswith("layer1.0.downsample") for name in shapes)


def test_the_weights_of_selavi_are_found_among_those_of_its_sound() -> None:
    trunk = without_values(r2plus1d.R2Plus1D).get_submodule("trunk")
    ours = trunk.state_dict()
    selavi = {f"video_network.base.{name}": each for name, each in ours.items()}
    others = {"audio_network.base.conv1.weight": torch.zeros(1), "mlp_v0.block_forward.2.weight": torch.zeros(1)}
    assert r2plus1d.picture_weights({**selavi, **others}).keys() == ours.keys()


def test_weights_of_another_network_are_refused(tmp_path: Path) -> None:
    checkpoint = tmp_path / "c3d.pickle"
    torch.save({"features.0.weight": torch.zeros(2)}, checkpoint)
    with pytest.raises(BundleInvalid, match=r"c3d.pickle lacks conv1.bias, conv1.weight, conv2.bias and 17 more"):
        c3d.import_c3d(checkpoint, tmp_path / "c3d")
    with pytest.raises(BundleInvalid, match=r"lacks Conv3d_1a_7x7.bn.bias"):
        i3d.import_i3d(checkpoint, tmp_path / "i3d")
    with pytest.raises(BundleInvalid, match=r"does not hold tensors by name in 'model'"):
        r2plus1d.import_r2plus1d(checkpoint, tmp_path / "r2plus1d")
    assert list(tmp_path.iterdir()) == [checkpoint]


def test_weights_of_another_shape_are_refused() -> None:
    weights = thin_c3d().trunk.state_dict()
    weights["conv3a.weight"] = weights["conv3a.weight"][:, :2]
    with pytest.raises(BundleInvalid, match=r"x has conv3a.weight \[4, 2, 3, 3, 3\]; expected \[4, 4, 3, 3, 3\]"):
        fill(thin_c3d().trunk, weights, source="x")


@pytest.mark.parametrize(("kernel", "stride"), [(1, 1), (2, 2), (3, 1), (3, 2), (7, 2)])
@pytest.mark.parametrize("length", [1, 2, 7, 8])
def test_same_padding_is_tensorflows(kernel: int, stride: int, length: int) -> None:
    steps = torch.arange(1.0, length + 1)
    padded = i3d.same(steps[None, None, :, None, None], kernel=(kernel, 1, 1), stride=(stride, 1, 1))[0, 0, :, 0, 0]
    # TensorFlow's words: out = ceil(in / stride), and of an odd number of zeros the greater part comes after.
    total = max(kernel - stride if length % stride == 0 else kernel - length % stride, 0)
    before = total // 2
    assert padded.tolist() == [0.0] * before + steps.tolist() + [0.0] * (total - before)
    assert len(padded.unfold(0, kernel, stride)) == math.ceil(length / stride)


def test_i3d_sees_a_step_of_8_frames_and_32_pixels() -> None:
    with torch.inference_mode():
        assert i3d.I3D().eval().trunk(torch.zeros(1, 3, 64, 40, 32)).shape == (1, 1024, 8, 2, 1)


@pytest.mark.parametrize(("network", "clip"), [(i3d.I3D, 64), (r2plus1d.R2Plus1D, 30)])
def test_a_clip_s_row_does_not_depend_on_the_other_clips(network: Callable[[], nn.Module], clip: int) -> None:
    rows_of, frames = lively(network()), noise(1, clip + 1, 16, 16, 3)
    with torch.inference_mode():
        rows = rows_of(frames)
        alone = torch.cat([rows_of(frames[:, :clip]), rows_of(frames[:, 1:])], dim=1)
    torch.testing.assert_close(rows, alone, atol=1e-4, rtol=1e-4)
    assert not torch.allclose(rows[0, 0], rows[0, 1], atol=1e-3)


def test_fewer_frames_than_a_clip_stand_still_at_the_last() -> None:
    network, frames = lively(r2plus1d.R2Plus1D()), noise(1, 3, 16, 16, 3)
    with torch.inference_mode():
        found = network(frames)
        expected = network(torch.cat([frames, frames[:, -1:].expand(-1, 27, -1, -1, -1)], dim=1))
    torch.testing.assert_close(found, expected)


def test_i3d_averages_every_two_neighbouring_steps() -> None:
    maps = torch.rand(2, 3, 8, 2, 2)
    pooled = nn.functional.avg_pool3d(maps, (2, 2, 2), stride=1).mean(dim=(2, 3, 4))
    torch.testing.assert_close(i3d.MeanOfPairs()(maps), pooled)


@pytest.mark.parametrize(("frames", "clips"), FRAMES_OF_CLIPS)
def test_clips_in_a_row_end_in_zeros(frames: int, clips: int) -> None:
    numbered = torch.arange(1.0, frames + 1)[None, :, None, None, None].expand(1, frames, 2, 2, 3)
    cut = clips_in_a_row(numbered, 16)
    assert cut.shape == (1, clips, 16, 2, 2, 4)
    missing = clips * 16 - frames
    assert cut[0, :, :, 0, 1, 1].flatten().tolist() == [*range(1, frames + 1), *[0] * missing]
    assert cut[0, :, :, 1, 0, 3].flatten().tolist() == [1] * frames + [0] * missing


def test_where_there_is_no_picture_there_is_the_mean_colour_and_a_black_picture_is_none() -> None:
    colours = Colours(order=RGB, mean=(10.0, 20.0, 30.0), spread=(2.0, 4.0, 5.0))
    clips = torch.zeros(1, 2, 1, 1, 4, dtype=torch.uint8)
    clips[0, 0, ..., 3] = 1
    maps = Shown(colours)(clips)[0, :, :, 0, 0]
    assert maps[:, 0].tolist() == [-5, -5, -6]
    assert maps[:, 1].tolist() == [0, 0, 0]


@pytest.mark.parametrize(("frames", "clips"), FRAMES_OF_CLIPS)
def test_clips_to_the_end_are_never_part_empty(frames: int, clips: int) -> None:
    numbered = torch.arange(frames)[None, :, None, None, None].expand(1, frames, 2, 2, 3)
    found = clips_to_the_end(numbered, 16)[0, :, :, 1, 0, 2].tolist()
    starts = [max(min(16 * each, frames - 16), 0) for each in range(clips)]
    assert found == [[min(start + step, frames - 1) for step in range(16)] for start in starts]


def test_colours_come_in_the_order_and_scale_of_the_weights() -> None:
    frames = noise(1, 2, 3, 3, 3)
    plain = frames[0, 1, 2, 0].double()
    rgb = Colours(order=RGB, mean=(10.0, 20.0, 30.0), spread=(2.0, 4.0, 8.0))(frames)[0, :, 1, 2, 0]
    torch.testing.assert_close(rgb.double(), (plain - torch.tensor([10, 20, 30])) / torch.tensor([2, 4, 8]))
    bgr = Colours(order=BGR, mean=(0.0,) * 3, spread=(1.0,) * 3)(frames)[0, :, 1, 2, 0]
    assert bgr.tolist() == plain.tolist()[::-1]


def test_avca_shows_c3d_what_a_product_with_255_leaves_in_8_bits() -> None:
    light = torch.arange(256, dtype=torch.uint8)
    frames = light[None, :, None, None, None].expand(1, 256, 1, 1, 3)
    wrapped = (np.arange(256) * 255).astype(np.uint8)
    blue = (wrapped / 255 - 0.43216) / 0.22803
    np.testing.assert_allclose(c3d.colours_of("avca")(frames)[0, 0, :, 0, 0], blue, atol=1e-5)


@pytest.mark.parametrize("layer", get_args(c3d.Layer))
def test_c3d_gives_a_row_for_every_16_frames(layer: c3d.Layer) -> None:
    network, frames = thin_c3d(layer), noise(2, 17, 112, 112, 3)
    with torch.inference_mode():
        rows = network(frames)
        torch.testing.assert_close(rows[:, :1], network(frames[:, :16]))
    assert rows.shape == (2, 2, 16)
    assert (rows >= 0).all()


def feature(folder: Path, takes: FrameSpec, frames: Tensor) -> F32:
    media = Media(1.0, SoundSpec(rate=1), takes, None, frames.numpy())
    return Backbone.open(folder).feature(media)


def assert_same_features(network: nn.Module, folder: Path, takes: FrameSpec, lengths: tuple[int, ...]) -> None:
    for length in lengths:
        frames = noise(length, takes.size, takes.size, 3)
        with torch.inference_mode():
            expected = network(frames[None])[0].mean(dim=0)
        assert expected.abs().max() > 0.01
        np.testing.assert_allclose(feature(folder, takes, frames), expected, atol=1e-4)


def test_the_graph_of_c3d_gives_what_torch_gives_for_any_number_of_frames(tmp_path: Path) -> None:
    network = thin_c3d()
    card = c3d.export_c3d(network, tmp_path, name="c3d", version="1")
    assert (card.width, card.takes) == (16, c3d.TAKES)
    assert_same_features(network, tmp_path, c3d.TAKES, (1, 16, 17))


def test_the_graph_of_i3d_gives_what_torch_gives_for_any_number_of_frames(tmp_path: Path) -> None:
    network = i3d.I3D()
    # Every kind of layer once: the whole takes a minute to export.
    network.trunk = nn.Sequential(
        network.trunk.get_submodule("Conv3d_1a_7x7"),
        network.trunk.get_submodule("MaxPool3d_4a_3x3"),
        i3d.Mixed(64, (384, 4, 384, 4, 128, 128)),
    )
    lively(network)
    card = i3d.export_i3d(network, tmp_path, version="1", takes=SMALL)
    assert card.width == 1024
    assert_same_features(network, tmp_path, SMALL, (1, 64, 65))


def test_the_graph_of_r2plus1d_gives_what_torch_gives_for_any_number_of_frames(tmp_path: Path) -> None:
    network = r2plus1d.R2Plus1D(channels=(4, 16, 16, 16), stem=5)
    # Every kind of block once: the whole takes as long as its number of layers.
    network.trunk.layer1 = r2plus1d.Block(4, 4, stride=1)
    network.trunk.layer2 = r2plus1d.Block(4, 16, stride=2)
    network.trunk.layer3 = network.trunk.layer4 = nn.Identity()
    lively(network)
    card = r2plus1d.export_r2plus1d(network, tmp_path, version="1", takes=SMALL)
    assert card.width == 16
    assert_same_features(network, tmp_path, SMALL, (1, 30, 31))

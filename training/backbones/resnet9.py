"""SeLaVi's network of sound, which AVCA's audio features were made with: a residual network of one block a stage.

Source: Asano et al., "Labelling unlabelled videos from scratch with multi-modal self-supervision", NeurIPS 2020;
layers as `audio_network.base` in model.py of github.com/facebookresearch/selavi (torchvision's ResNet, its first
layer for one channel); seconds, rate and spectrogram as AVCA extracts them, selavi_feature_extraction of
github.com/ExplainableML/AVCA-GZSL, by python_speech_features' logfbank.
"""

from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import conv1d, pad

from models.features.card import BackboneCard
from models.features.rows import Rows
from models.media.media import SoundSpec
from models.types import F64
from training.backbones.export import export_backbone
from training.backbones.log_mel import cosines_and_sines
from training.backbones.silence import at_least
from training.backbones.weights import file_version, fill, read_weights

TAKES = SoundSpec(rate=24_000)
WINDOW, HOP, SIZE, BANDS = 480, 240, 1024, 257
"""20 ms, 10 ms and the transform's length, in samples; filters."""
FULL_SCALE = 32_768
"""The spectrogram is of 16-bit samples."""
EMPHASIS = 0.97
NOTHING = float(np.finfo(np.float64).eps)
MEAN, SPREAD = 1.93, 17.89
CHANNELS = (64, 128, 256, 512)
PREFIX = "audio_network.base."


class SelaviMel(nn.Module):
    """Seconds [s, 24000] to log-mel power [s, 257, 99], moved and scaled as the network expects.

    Samples are rounded to 16 bits and each less 0.97 times the one before; windows are rectangular. Filters begin,
    peak and end at whole bins of the transform, so that many of the lowest hold nothing; where there is no power at
    all, it is taken to be the smallest step of a float64 at 1.
    """

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("kernels", cosines_and_sines(WINDOW, SIZE).float()[:, None], persistent=False)
        self.register_buffer("filters", _mel_filters(), persistent=False)

    def forward(self, seconds: Tensor) -> Tensor:
        samples = torch.round(seconds * FULL_SCALE).clamp(-FULL_SCALE, FULL_SCALE - 1)
        sharpened = samples - EMPHASIS * pad(samples[:, :-1], (1, 0))
        real, imaginary = conv1d(sharpened[:, None], self.kernels, stride=HOP).chunk(2, dim=1)
        power = self.filters @ ((real.square() + imaginary.square()) / SIZE)
        return (torch.log(torch.where(power == 0, NOTHING, power)) - MEAN) / SPREAD

    kernels: Tensor
    filters: Tensor


class ResNet9(nn.Module):
    """Waveforms [b, n] at 24 kHz to rows [b, seconds, 512], one for every whole second, and at least one.

    AVCA's seconds begin evenly spaced over a clip, about one a second, and the last is left out; here they follow
    one another. A sound of less than a second, which AVCA leaves out, is followed by silence.
    """

    def __init__(self, channels: tuple[int, int, int, int] = CHANNELS) -> None:
        super().__init__()
        self.log_mel = SelaviMel()
        self.conv1 = nn.Conv2d(1, channels[0], 7, stride=2, padding=3, bias=False)
        self.bn1 = nn.BatchNorm2d(channels[0])
        befores = (channels[0], *channels)
        for number, (before, after) in enumerate(zip(befores, channels, strict=False), 1):
            self.add_module(f"layer{number}", nn.Sequential(Block(before, after, stride=1 if number == 1 else 2)))

    def forward(self, waveform: Tensor) -> Tensor:
        long_enough = at_least(waveform, TAKES.rate, dim=1)
        count = long_enough.shape[1] // TAKES.rate
        seconds = long_enough[:, : count * TAKES.rate].reshape(-1, TAKES.rate)
        maps = torch.relu(self.bn1(self.conv1(self.log_mel(seconds)[:, None])))
        maps = nn.functional.max_pool2d(maps, 3, stride=2, padding=1)
        for number in range(1, 5):
            maps = self.get_submodule(f"layer{number}")(maps)
        features = maps.mean(dim=(2, 3))
        return features.reshape(waveform.shape[0], -1, features.shape[1])


class Block(nn.Module):
    """Two convolutions and what came in, added: He et al., "Deep Residual Learning", CVPR 2016, figure 2."""

    def __init__(self, before: int, after: int, *, stride: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(before, after, 3, stride=stride, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(after)
        self.conv2 = nn.Conv2d(after, after, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(after)
        self.downsample = nn.Sequential()
        if stride > 1 or before != after:
            self.downsample.extend([nn.Conv2d(before, after, 1, stride=stride, bias=False), nn.BatchNorm2d(after)])

    def forward(self, maps: Tensor) -> Tensor:
        changed = self.bn2(self.conv2(torch.relu(self.bn1(self.conv1(maps)))))
        return torch.relu(changed + self.downsample(maps))


def import_resnet9(checkpoint: Path, folder: Path) -> BackboneCard:
    """SeLaVi's weights of sound, out of a checkpoint of both senses, as a backbone in a folder.

    Raises:
        BundleInvalid: the file does not hold what it should, or ONNX Runtime gives others than torch.
    """
    whole = read_weights(checkpoint, within="model")
    weights = {name.removeprefix(PREFIX): each for name, each in whole.items() if name.startswith(PREFIX)}
    network = ResNet9()
    fill(network, weights, source=f"{PREFIX.rstrip('.')} of {checkpoint}")
    return export_resnet9(network, folder, version=file_version(checkpoint))


def export_resnet9(network: ResNet9, folder: Path, *, version: str) -> BackboneCard:
    """Write a network as a backbone; raises BundleInvalid where ONNX Runtime gives others than torch."""
    return export_backbone(
        network.eval(),
        folder,
        name="selavi-resnet9",
        takes=TAKES,
        width=CHANNELS[-1],
        source="https://github.com/facebookresearch/selavi",
        rows=Rows("stretch", length_s=1.0, step_s=1.0),
        version=version,
        licence="as its source states",
        example_s=4.0,
    )


def _mel_filters() -> Tensor:
    """Triangles on HTK's scale from 0 Hz to half the rate, with corners at whole bins, [257, 513]."""
    top = 2595 * np.log10(1 + TAKES.rate / 2 / 700)
    hertz = 700 * (10 ** (np.linspace(0, top, BANDS + 2) / 2595) - 1)
    corners = np.floor((SIZE + 1) * hertz / TAKES.rate)
    filters = [_triangle(*corners[band : band + 3]) for band in range(BANDS)]
    return torch.from_numpy(np.array(filters, np.float32))


def _triangle(low: float, peak: float, high: float) -> F64:
    """[513]: from 0 at `low` up to 1 at `peak` and down to 0 at `high`; without a side that has no width."""
    bins = np.arange(SIZE // 2 + 1, dtype=np.float64)
    rising, falling = (low <= bins) & (bins < peak), (peak <= bins) & (bins < high)
    rise = (bins - low) / max(peak - low, 1)
    fall = (high - bins) / max(high - peak, 1)
    return np.where(rising, rise, np.where(falling, fall, 0.0))

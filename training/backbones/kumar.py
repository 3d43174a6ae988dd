"""The network of sound that CJME's audio features were made with: learned from weak labels, words of whole clips.

Source: Kumar, Khadkevich and Fuegen, "Knowledge Transfer from Weakly Labeled Audio using Convolutional Neural
Network for Sound Events and Scenes", ICASSP 2018 (arXiv 1711.01369); names of the layers, parameters of the front
end and the padding as in the authors' github.com/anuragkr90/weak_feature_extractor, which leaves the spectrogram to
librosa's defaults of its time.
"""

import math
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
from training.backbones.log_mel import fourier
from training.backbones.silence import at_least
from training.backbones.weights import file_version, fill, read_weights

TAKES = SoundSpec(rate=44_100)
SIZE, HOP, MELS = 1024, 512, 128
"""Of windows and of steps in samples, 23 ms and 12 ms; bands."""
FLOOR, RANGE_DB = 1e-10, 80.0
SHORTEST = 128
"""Steps of one row, 1.5 s; the next begins 64 steps later."""
CHANNELS = (16, 32, 64, 128, 256, 512, 1024)
SOURCE = "https://github.com/anuragkr90/weak_feature_extractor"
SOUNDS = 527
"""AudioSet's classes, which the published weights tell apart."""


class KumarMel(nn.Module):
    """Waveforms [b, n] to mel power in dB [b, t, 128], the ends mirrored, at most 80 dB below the clip's loudest.

    As librosa 0.5 to 0.9 make it (melspectrogram and power_to_db): triangles straight in hertz, of equal area,
    on Slaney's scale. Fewer samples than can be mirrored, 12 ms, are followed by silence.
    """

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("kernels", fourier(SIZE, SIZE), persistent=False)
        self.register_buffer("filters", _mel_filters(), persistent=False)

    def forward(self, waveform: Tensor) -> Tensor:
        long_enough = at_least(waveform, SIZE // 2 + 1, dim=1)
        mirrored = pad(long_enough[:, None], (SIZE // 2, SIZE // 2), mode="reflect")
        real, imaginary = conv1d(mirrored, self.kernels, stride=HOP).chunk(2, dim=1)
        power = self.filters @ (real.square() + imaginary.square())
        decibels = 10 * torch.log10(power.clamp(min=FLOOR)).transpose(1, 2)
        return torch.maximum(decibels, decibels.amax(dim=(1, 2), keepdim=True) - RANGE_DB)

    kernels: Tensor
    filters: Tensor


class KumarCNN(nn.Module):
    """Waveforms [b, n] at 44.1 kHz to rows [b, rows, 1024], one for every 1.5 s, 0.75 s apart.

    A row is what `layer18` gives; the feature of a clip is their mean. A spectrogram of fewer than 128 steps is
    followed by steps of 0 dB, as the authors do.
    """

    def __init__(self, channels: tuple[int, ...] = CHANNELS, sounds: int = SOUNDS) -> None:
        super().__init__()
        self.width = channels[-1]
        self.log_mel = KumarMel()
        for name, layer in _layers(channels, sounds).items():
            self.add_module(name, layer)

    def forward(self, waveform: Tensor) -> Tensor:
        maps = at_least(self.log_mel(waveform), SHORTEST, dim=1)[:, None]
        for number in range(1, 19):
            maps = self.get_submodule(f"layer{number}")(maps)
        return maps.squeeze(3).transpose(1, 2)

    def sounds(self, waveform: Tensor) -> Tensor:
        """How likely each of the network's classes is heard anywhere in waveforms [b, n]: [b, sounds]."""
        rows = self.forward(waveform).transpose(1, 2)[..., None]
        likely: Tensor = self.get_submodule("layer19")(rows)
        return likely.mean(dim=(2, 3))


def import_kumar(checkpoint: Path, folder: Path) -> BackboneCard:
    """The authors' weights, `mx-h64-1024_0d3-1.17.pkl`, as a backbone in a folder.

    Raises:
        BundleInvalid: the file does not hold what it should, or ONNX Runtime gives others than torch.
    """
    weights = read_weights(checkpoint)
    network = KumarCNN()
    fill(network, weights, source=str(checkpoint))
    return export_kumar(network, folder, version=file_version(checkpoint), licence="not stated by its authors")


def export_kumar(
    network: KumarCNN, folder: Path, *, version: str, licence: str, name: str = "kumar", source: str = SOURCE
) -> BackboneCard:
    """Write a network as a backbone; raises BundleInvalid where ONNX Runtime gives others than torch."""
    return export_backbone(
        network.eval(),
        folder,
        name=name,
        takes=TAKES,
        width=network.width,
        source=source,
        rows=Rows("stretch", length_s=SHORTEST * HOP / TAKES.rate, step_s=SHORTEST * HOP / TAKES.rate / 2),
        version=version,
        example_s=4.0,
        licence=licence,
    )


def _layers(channels: tuple[int, ...], sounds: int) -> dict[str, nn.Module]:
    """`layer1` to `layer19`: blocks of convolutions (one in the sixth, else two) and a halving; segments; classes."""
    *blocks, width = channels
    layers: list[nn.Module] = []
    before = 1
    for number, after in enumerate(blocks, 1):
        layers.append(_convolution(before, after, 3))
        layers += [_convolution(after, after, 3)] if number < len(blocks) else []
        layers.append(nn.MaxPool2d(2))
        before = after
    layers.append(_convolution(before, width, 2))
    layers.append(nn.Sequential(nn.Conv2d(width, sounds, 1), nn.Sigmoid()))
    return {f"layer{number}": layer for number, layer in enumerate(layers, 1)}


def _convolution(channels_in: int, channels_out: int, size: int) -> nn.Sequential:
    """A convolution of `size` x `size`, padded where that is odd."""
    return nn.Sequential(
        nn.Conv2d(channels_in, channels_out, size, padding=size // 2 if size % 2 else 0),
        nn.BatchNorm2d(channels_out),
        nn.ReLU(),
    )


def _mel_filters() -> Tensor:
    """Triangles of equal area from 0 Hz to half the rate, [128, 513]."""
    bins = np.linspace(0, TAKES.rate / 2, SIZE // 2 + 1)
    edges = _hertz(np.linspace(0, _mel(TAKES.rate / 2), MELS + 2))[:, None]
    rise = (bins - edges[:-2]) / (edges[1:-1] - edges[:-2])
    fall = (edges[2:] - bins) / (edges[2:] - edges[1:-1])
    filters = np.maximum(np.minimum(rise, fall), 0) * 2 / (edges[2:] - edges[:-2])
    return torch.from_numpy(filters.astype(np.float32))


def _mel(hertz: float) -> float:
    """Slaney's scale, above 1000 Hz, where it is logarithmic: 27 mel for every factor of 6.4."""
    return 15 + 27 * math.log(hertz / 1000) / math.log(6.4)


def _hertz(mel: F64) -> F64:
    """Slaney's scale, backwards: 200 / 3 Hz a mel up to 1000 Hz."""
    return np.where(mel < 15, mel * 200 / 3, 1000 * 6.4 ** ((mel - 15) / 27))

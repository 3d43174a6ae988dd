"""VGGish: the network of sound that AudioSet's features were made with, its front end inside.

Source: Hershey et al., "CNN Architectures for Large-Scale Audio Classification", ICASSP 2017; parameters and
post-processing as in github.com/tensorflow/models, research/audioset/vggish; names of the layers, and the
rectified last one, as in github.com/harritaylor/torchvggish.
"""

import math
import pickle
from pathlib import Path
from typing import Literal
from zipfile import BadZipFile

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import conv1d

from models.errors import BundleInvalid
from models.features.card import BackboneCard
from models.features.rows import Rows
from models.media.media import SoundSpec
from models.types import F64
from training.backbones.export import TOLERANCE, export_backbone
from training.backbones.log_mel import fourier
from training.backbones.silence import at_least
from training.backbones.weights import file_version, fill, read_weights

TAKES = SoundSpec(rate=16_000)
WINDOW, HOP, SIZE = 400, 160, 512
"""25 ms, 10 ms, and the transform's length, in samples."""
MELS, LOW_HZ, HIGH_HZ, OFFSET = 64, 125.0, 7500.0, 0.01
STEPS = 96
SHORTEST = WINDOW + (STEPS - 1) * HOP
"""Samples of one row: 96 steps, 975 ms with the last one's window."""
WIDTH = 128
REACH = 2.0
"""Whitened values are clipped to plus and minus this before they become 0 to 255."""

Finish = Literal["raw", "whitened", "quantised"]


class VGGishMel(nn.Module):
    """Waveforms [b, n] to log-mel magnitudes [b, t, 64], only whole windows, the ends not padded.

    Triangles are straight in mel, not in hertz, and take nothing of the constant part, as in HTK.
    """

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("kernels", fourier(WINDOW, SIZE), persistent=False)
        self.register_buffer("filters", _mel_filters(), persistent=False)

    def forward(self, waveform: Tensor) -> Tensor:
        real, imaginary = conv1d(waveform[:, None], self.kernels, stride=HOP).chunk(2, dim=1)
        magnitude = (real.square() + imaginary.square()).sqrt()
        return torch.log(self.filters @ magnitude + OFFSET).transpose(1, 2)

    kernels: Tensor
    filters: Tensor


class VGGish(nn.Module):
    """Waveforms [b, n] at 16 kHz to rows [b, rows, 128], one for every 96 steps of 10 ms, without overlap.

    What is left after the last whole row is not heard. The published code has no row at all for less than 975 ms;
    here silence is put after such a sound until there is one.
    """

    def __init__(
        self, channels: tuple[int, int, int, int] = (64, 128, 256, 512), hidden: int = 4096, width: int = WIDTH
    ) -> None:
        super().__init__()
        first, second, third, fourth = channels
        self.log_mel = VGGishMel()
        self.features = nn.Sequential(
            *_block(1, first), *_block(first, second), *_block(second, third, third), *_block(third, fourth, fourth)
        )
        self.embeddings = nn.Sequential(
            nn.Linear(fourth * (STEPS // 16) * (MELS // 16), hidden),
            nn.ReLU(),
            nn.Linear(hidden, hidden),
            nn.ReLU(),
            nn.Linear(hidden, width),
            nn.ReLU(),
        )

    def forward(self, waveform: Tensor) -> Tensor:
        steps = self.log_mel(at_least(waveform, SHORTEST, dim=1))
        rows = steps.shape[1] // STEPS
        windows = steps[:, : rows * STEPS].reshape(-1, 1, STEPS, MELS)
        # The weights were trained on channels last: height, width, channel.
        maps = self.features(windows).permute(0, 2, 3, 1).flatten(1)
        embedded: Tensor = self.embeddings(maps)
        return embedded.reshape(waveform.shape[0], -1, embedded.shape[1])


class Whitening(nn.Module):
    """Rows [..., 128] to their principal components, each of spread 1: `eigenvectors` @ (row - `means`)."""

    def __init__(self, eigenvectors: Tensor, means: Tensor) -> None:
        super().__init__()
        self.register_buffer("eigenvectors", eigenvectors)
        self.register_buffer("means", means)

    def forward(self, rows: Tensor) -> Tensor:
        return (rows - self.means) @ self.eigenvectors.T

    eigenvectors: Tensor
    means: Tensor


class Quantising(nn.Module):
    """Whitened rows to whole numbers from 0 to 255 (in float32), cut off, not rounded, as AudioSet's features are."""

    def forward(self, rows: Tensor) -> Tensor:
        return torch.floor((rows.clamp(-REACH, REACH) + REACH) * (255 / (2 * REACH)))


def import_vggish(checkpoint: Path, folder: Path, *, finish: Finish = "raw", pca: Path | None = None) -> BackboneCard:
    """The published weights as a backbone in a folder.

    Args:
        checkpoint: torchvggish's `vggish-10086976.pth`, or one with `fc` for `embeddings`, as
            github.com/tcvrick/audioset-vggish-tensorflow-to-pytorch writes it.
        finish: rows as the network gives them, whitened, or whitened and in 8 bits (what AVCA's VGGish features are).
        pca: `vggish_pca_params` as .npz or .pth, for all but raw rows.

    Raises:
        BundleInvalid: the files do not hold what they should, or ONNX Runtime gives others than torch.
    """
    weights = {_our_name(name): each for name, each in read_weights(checkpoint).items()}
    network = VGGish()
    fill(network, weights, source=str(checkpoint))
    return export_vggish(network, folder, finish=finish, pca=pca, version=file_version(checkpoint))


def name_of(*, finish: Finish = "raw", pca: Path | None = None) -> str:
    """What a backbone is called that is imported so."""
    return "vggish" if finish == "raw" else f"vggish-{finish}"


def export_vggish(network: VGGish, folder: Path, *, finish: Finish, pca: Path | None, version: str) -> BackboneCard:
    """Write a network, and what follows it, as a backbone; raises what `import_vggish` raises."""
    return export_backbone(
        nn.Sequential(network, *_finishing(finish, pca)).eval(),
        folder,
        name=name_of(finish=finish),
        takes=TAKES,
        width=WIDTH,
        source="https://github.com/harritaylor/torchvggish",
        rows=Rows("stretch", length_s=STEPS * HOP / TAKES.rate, step_s=STEPS * HOP / TAKES.rate),
        version=version,
        example_s=4.0,
        licence="Apache-2.0",
        # Where a value lies on an edge, the last bit of a float decides between two whole numbers of 0 to 255.
        tolerance=0.01 if finish == "quantised" else TOLERANCE,
    )


def read_pca(path: Path) -> Whitening:
    """What `vggish_pca_params` holds: `pca_eigen_vectors` [128, 128] and `pca_means` [128] or [128, 1].

    Raises:
        BundleInvalid: it does not.
    """
    values = _arrays(path) if path.suffix == ".npz" else read_weights(path)
    expected = {"pca_eigen_vectors": WIDTH * WIDTH, "pca_means": WIDTH}
    found = {name: list(each.shape) for name, each in values.items()}
    if {name: math.prod(shape) for name, shape in found.items()} != expected:
        raise BundleInvalid(f"{path} has {found}; expected pca_eigen_vectors [128, 128] and pca_means [128]")
    eigenvectors, means = (values[name].float() for name in expected)
    return Whitening(eigenvectors.reshape(WIDTH, WIDTH), means.reshape(WIDTH))


def _arrays(path: Path) -> dict[str, Tensor]:
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as archive:
            return {name: torch.from_numpy(np.asarray(archive[name], np.float32)) for name in archive.files}
    except FileNotFoundError as error:
        raise BundleInvalid(f"there is no {path.name} in {path.parent}") from error
    except (BadZipFile, ValueError, pickle.UnpicklingError, EOFError) as error:
        raise BundleInvalid(f"{path} is not an archive of numpy arrays") from error


def _finishing(finish: Finish, pca: Path | None) -> list[nn.Module]:
    if finish == "raw":
        return []
    if pca is None:
        raise BundleInvalid(f"{finish} rows need vggish_pca_params; expected the path of that file, found none")
    return [read_pca(pca)] if finish == "whitened" else [read_pca(pca), Quantising()]


def _our_name(name: str) -> str:
    return name.replace("fc.", "embeddings.", 1) if name.startswith("fc.") else name


def _block(channels_in: int, *channels_out: int) -> list[nn.Module]:
    """Convolutions of 3 x 3, each rectified, then half the height and width."""
    layers: list[nn.Module] = []
    for before, after in zip((channels_in, *channels_out), channels_out, strict=False):
        layers += [nn.Conv2d(before, after, 3, padding=1), nn.ReLU()]
    return [*layers, nn.MaxPool2d(2)]


def _mel_filters() -> Tensor:
    """[64, 257]."""
    bins = _mel(np.linspace(0, TAKES.rate / 2, SIZE // 2 + 1))
    low, high = _mel(np.array([LOW_HZ, HIGH_HZ]))
    edges = np.linspace(low, high, MELS + 2)[:, None]
    rise = (bins - edges[:-2]) / (edges[1:-1] - edges[:-2])
    fall = (edges[2:] - bins) / (edges[2:] - edges[1:-1])
    filters = np.maximum(np.minimum(rise, fall), 0)
    filters[:, 0] = 0
    return torch.from_numpy(filters.astype(np.float32))


def _mel(hertz: F64) -> F64:
    """HTK's scale."""
    return 1127 * np.log(1 + hertz / 700)

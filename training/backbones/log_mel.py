"""The front end of the sound network: a log-mel spectrogram made of matrix products and one convolution."""

import math

import torch
from torch import Tensor, nn
from torch.nn.functional import conv1d


class LogMel(nn.Module):
    """Waveforms [b, n] to log-mel energies [b, mels, t], one column a hop, the ends padded with silence.

    The discrete Fourier transform is a convolution with windowed cosines and sines: as exact as an FFT,
    and faster in ONNX Runtime than its STFT operator, by far where the size is no power of two
    (docs/performance.md). Mel scale: HTK's, 2595 log10(1 + f / 700).
    """

    def __init__(self, *, rate: int, size: int = 512, hop: int = 320, mels: int = 64) -> None:
        super().__init__()
        self.size, self.hop = size, hop
        self.register_buffer("kernels", fourier(size, size), persistent=False)
        self.register_buffer("filters", _mel_filters(rate, size, mels), persistent=False)

    def forward(self, waveform: Tensor) -> Tensor:
        padded = nn.functional.pad(waveform[:, None], (self.size // 2, self.size // 2))
        real, imaginary = conv1d(padded, self.kernels, stride=self.hop).chunk(2, dim=1)
        power = real.square() + imaginary.square()
        return torch.log(self.filters @ power + 1e-4)

    kernels: Tensor
    filters: Tensor


def fourier(window: int, size: int) -> Tensor:
    """Kernels of a transform of `size` under a periodic Hann window, [size + 2, 1, window]."""
    hann = torch.hann_window(window, dtype=torch.float64)
    return (cosines_and_sines(window, size) * hann).float()[:, None]


def cosines_and_sines(window: int, size: int) -> Tensor:
    """The cosines, then the sines, of a transform of `size`, as far as `window` reaches: [size + 2, window] float64."""
    time = torch.arange(window, dtype=torch.float64)
    angle = 2 * math.pi / size * torch.arange(size // 2 + 1, dtype=torch.float64)[:, None] * time
    return torch.cat([angle.cos(), -angle.sin()])


def _mel_filters(rate: int, size: int, mels: int) -> Tensor:
    """Triangles evenly spaced in mel from 40 Hz to half the rate, [mels, size / 2 + 1]."""
    low, high = (2595 * math.log10(1 + hz / 700) for hz in (40.0, rate / 2))
    corners = 700 * (10 ** (torch.linspace(low, high, mels + 2, dtype=torch.float64) / 2595) - 1)
    bins = torch.linspace(0, rate / 2, size // 2 + 1, dtype=torch.float64)
    rise = (bins - corners[:-2, None]) / (corners[1:-1] - corners[:-2])[:, None]
    fall = (corners[2:, None] - bins) / (corners[2:] - corners[1:-1])[:, None]
    return torch.minimum(rise, fall).clamp(min=0).float()

"""The log-mel front end against numpy's FFT and triangles drawn one by one."""

import math

import numpy as np
import pytest
import torch

from models.types import F32, F64
from training.backbones.log_mel import LogMel

RATE, SIZE, HOP = 16_000, 512, 320


def hz(mel: float) -> float:
    """HTK's scale."""
    return 700 * (10 ** (mel / 2595) - 1)


def triangle(frequency: float, low: float, peak: float, high: float) -> float:
    if frequency <= peak:
        return max((frequency - low) / (peak - low), 0)
    return max((high - frequency) / (high - peak), 0)


def naive(samples: F32, mels: int) -> F64:
    """[mels, t] of samples [n], by the definition."""
    top, bottom = (2595 * math.log10(1 + edge / 700) for edge in (RATE / 2, 40))
    corners = [hz(bottom + (top - bottom) * i / (mels + 1)) for i in range(mels + 2)]
    window = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(SIZE) / SIZE)
    padded = np.pad(samples.astype(np.float64), SIZE // 2)
    columns = []
    for start in range(0, len(padded) - SIZE + 1, HOP):
        power = np.abs(np.fft.rfft(padded[start : start + SIZE] * window)) ** 2
        energies = [
            sum(triangle(RATE * k / SIZE, *corners[i : i + 3]) * power[k] for k in range(SIZE // 2 + 1))
            for i in range(mels)
        ]
        columns.append(np.log(np.array(energies) + 1e-4))
    return np.array(columns).T


@pytest.mark.parametrize("n", [1, 319, 320, 5000])
def test_it_is_the_fft_through_mel_triangles(n: int) -> None:
    samples = np.random.default_rng(n).uniform(-0.7, 0.7, n).astype(np.float32)
    found = LogMel(rate=RATE, mels=40)(torch.from_numpy(samples[None]))[0].numpy()
    assert found.shape == (40, n // HOP + 1)
    np.testing.assert_allclose(found, naive(samples, 40), atol=1e-3)


def test_a_tone_is_loudest_in_the_filter_around_its_pitch() -> None:
    time = torch.arange(RATE) / RATE
    for pitch in (200.0, 1000.0, 5000.0):
        found = LogMel(rate=RATE, mels=64)(0.5 * torch.sin(2 * math.pi * pitch * time)[None])[0]
        top, bottom = (2595 * math.log10(1 + edge / 700) for edge in (RATE / 2, 40))
        loudest = int(found.mean(dim=1).argmax())
        assert hz(bottom + (top - bottom) * loudest / 65) < pitch < hz(bottom + (top - bottom) * (loudest + 2) / 65)


def test_silence_is_the_floor_and_finite() -> None:
    found = LogMel(rate=RATE)(torch.zeros(2, 700))
    assert found.numpy() == pytest.approx(math.log(1e-4))


def test_a_batch_is_its_rows() -> None:
    samples = torch.from_numpy(np.random.default_rng(0).uniform(-1, 1, (3, 2000)).astype(np.float32))
    front = LogMel(rate=RATE)
    torch.testing.assert_close(front(samples), torch.cat([front(row[None]) for row in samples]), rtol=1e-4, atol=1e-4)

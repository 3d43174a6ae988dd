"""What the papers' networks of sound hear, against the published definitions, step by step."""

import math

import numpy as np
import pytest
import torch

from models.types import F32, F64
from tests.tiny.sound import noise
from training.backbones.kumar import KumarMel
from training.backbones.resnet9 import SelaviMel
from training.backbones.vggish import VGGishMel


def vggish_spectrogram(samples: F32) -> F64:
    """[t, 64], step by step as TensorFlow's research/audioset/vggish/README.md and mel_features.py define it."""

    def mel(hertz: float) -> float:
        return 1127 * math.log(1 + hertz / 700)

    edges = [mel(125) + (mel(7500) - mel(125)) * i / 65 for i in range(66)]
    hann = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(400) / 400)
    rows = []
    for start in range(0, len(samples) - 400 + 1, 160):
        magnitudes = np.abs(np.fft.rfft(samples[start : start + 400].astype(np.float64) * hann, 512))
        row = [0.01] * 64
        for band in range(64):
            low, peak, high = edges[band : band + 3]
            for k in range(1, 257):
                place = mel(16_000 * k / 512)
                row[band] += max(0.0, min((place - low) / (peak - low), (high - place) / (high - peak))) * magnitudes[k]
        rows.append(np.log(row))
    return np.array(rows)


def kumar_spectrogram(samples: F32) -> F64:
    """[t, 128], by the definitions of librosa 0.7's melspectrogram, filters.mel and power_to_db."""

    def hertz(mel: float) -> float:
        return mel * 200 / 3 if mel < 15 else 1000 * math.exp((mel - 15) * math.log(6.4) / 27)

    top = 15 + math.log(22_050 / 1000) * 27 / math.log(6.4)
    edges = [hertz(top * i / 129) for i in range(130)]
    hann = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(1024) / 1024)
    mirrored = np.pad(samples.astype(np.float64), 512, mode="reflect")
    bins = 44_100 * np.arange(513) / 1024
    rows = []
    for start in range(0, len(mirrored) - 1024 + 1, 512):
        power = np.abs(np.fft.rfft(mirrored[start : start + 1024] * hann)) ** 2
        row = []
        for low, peak, high in zip(edges, edges[1:], edges[2:], strict=False):
            weights = np.clip(np.minimum((bins - low) / (peak - low), (high - bins) / (high - peak)), 0, None)
            row.append(10 * math.log10(max(1e-10, float(weights @ power) * 2 / (high - low))))
        rows.append(row)
    decibels: F64 = np.maximum(rows, np.max(rows) - 80)
    return decibels


def selavi_spectrogram(second: F32) -> F64:
    """[257, 99], by the definition of python_speech_features' logfbank and SeLaVi's normalisation."""
    samples = np.round(second.astype(np.float64) * 32_768)
    sharpened = np.append(samples[0], samples[1:] - 0.97 * samples[:-1])
    mels = np.linspace(0, 2595 * math.log10(1 + 12_000 / 700), 259)
    bins = [math.floor(1025 * 700 * (10 ** (mel / 2595) - 1) / 24_000) for mel in mels]
    filters = np.zeros((257, 513))
    for band in range(257):
        low, peak, high = bins[band : band + 3]
        for k in range(low, peak):
            filters[band, k] = (k - low) / (peak - low)
        for k in range(peak, high):
            filters[band, k] = (high - k) / (high - peak)
    power = np.array([np.abs(np.fft.rfft(sharpened[240 * t : 240 * t + 480], 1024)) ** 2 / 1024 for t in range(99)])
    energy = filters @ power.T
    spectrogram: F64 = (np.log(np.where(energy == 0, np.finfo(float).eps, energy)) - 1.93) / 17.89
    return spectrogram


@pytest.mark.parametrize("n", [400, 559, 560, 3000])
def test_vggish_hears_the_published_spectrogram(n: int) -> None:
    samples = noise(n)
    found = VGGishMel()(torch.from_numpy(samples[None]))[0].numpy()
    np.testing.assert_allclose(found, vggish_spectrogram(samples), atol=1e-4)


@pytest.mark.parametrize("n", [513, 1024, 5000])
def test_kumar_hears_what_librosa_made_of_sound(n: int) -> None:
    samples = noise(n)
    found = KumarMel()(torch.from_numpy(samples[None]))[0].numpy()
    np.testing.assert_allclose(found, kumar_spectrogram(samples), atol=1e-3)


def test_kumar_hears_nothing_that_is_80_db_below_the_loudest() -> None:
    samples = np.concatenate([noise(6000), noise(6000) * np.float32(1e-6)])
    found = KumarMel()(torch.from_numpy(samples[None]))[0].numpy()
    assert found[-5:] == pytest.approx(found.max() - 80, abs=1e-3)
    np.testing.assert_allclose(found, kumar_spectrogram(samples), atol=1e-3)


def test_selavi_hears_a_second_as_python_speech_features_made_it() -> None:
    second = noise(24_000)
    second[3000:4000] = 0
    found = SelaviMel()(torch.from_numpy(second[None]))[0].numpy()
    assert found.shape == (257, 99)
    np.testing.assert_allclose(found, selavi_spectrogram(second), atol=1e-3)


def test_selavi_hears_silence_as_the_least_there_can_be() -> None:
    found = SelaviMel()(torch.zeros(1, 24_000)).numpy()
    assert found == pytest.approx((math.log(2.0**-52) - 1.93) / 17.89, abs=1e-6)

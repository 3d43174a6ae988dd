"""The shape of a clip's sound as it is sent: in numbers, or drawn."""

import json
from pathlib import Path

import numpy as np

from models.media.limits import Limits
from models.media.looking.waveform import Waveform, waveform
from models.types import F32

WIDTH, HEIGHT = 1000, 160
COLOUR = "#7676e0"
"""Between the page's colours of sound in the light and in the dark, and to be seen on both."""
LEAST = 1.5
"""How tall silence is."""
BARS = 125
DECIMALS = 4


def waveform_json(path: Path, limits: Limits) -> bytes:
    """A clip's waveform as JSON: `step_s`, `duration_s`, `peaks`; raises as `waveform` does."""
    shape = waveform(path, limits)
    peaks = np.round(shape.peaks.astype(np.float64), DECIMALS).tolist()
    return json.dumps({"step_s": shape.step_s, "duration_s": shape.duration_s, "peaks": peaks}).encode()


def waveform_svg(path: Path, limits: Limits) -> bytes:
    """A clip's waveform as a picture; raises as `waveform` does."""
    return svg(waveform(path, limits))


def svg(shape: Waveform) -> bytes:
    """Bars from the lowest to the highest sample along the length of the sound, on no ground, as SVG."""
    peaks = _gathered(shape.peaks)
    loudest = max(float(np.abs(peaks).max()), 1e-3)
    step = WIDTH / len(peaks)
    bars = "".join(_bar(at * step, low / loudest, high / loudest) for at, (low, high) in enumerate(peaks.tolist()))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" preserveAspectRatio="none" '
        f'role="img" aria-label="Waveform of {shape.duration_s:.1f} s"><path fill="none" stroke="{COLOUR}" '
        f'stroke-width="{step * 0.6:.2f}" stroke-linecap="round" d="{bars}"/></svg>\n'
    ).encode()


def _gathered(peaks: F32) -> F32:
    """The lowest and highest of neighbours, so that there are at most BARS."""
    starts = np.unique(np.linspace(0, len(peaks), min(BARS, len(peaks)), endpoint=False).astype(int))
    gathered: F32 = np.stack(
        [np.minimum.reduceat(peaks[:, 0], starts), np.maximum.reduceat(peaks[:, 1], starts)], axis=1
    )
    return gathered


def _bar(left: float, low: float, high: float) -> str:
    middle, most = HEIGHT / 2, HEIGHT * 0.46
    top, bottom = middle - max(high * most, LEAST), middle - min(low * most, -LEAST)
    return f"M{left + 2:.1f} {top:.1f}V{bottom:.1f}"

"""What could not be decoded of a clip, and why a window of it has nothing of a sense."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from models.types import F32, Absence, Sense, Window

SILENCE = 2.0**-11
"""Sound that stays this close to its middle is silence: 66 dB below the loudest there is, 16 steps of 16 bits.

Dither and what lossy codecs leave of silence stay below, the quietest windows of recordings are far above.
"""
ROUNDING_S = 1e-3


@dataclass(frozen=True, slots=True)
class Holes:
    """Where decoding found nothing, in seconds of the clip or window.

    Args:
        filled: stretches of the sound of which nothing was decoded, in order: silence stands there.
        lost: by sense, the moments of what was in the file but could not be decoded, in order.
    """

    filled: tuple[Window, ...] = ()
    lost: Mapping[Sense, tuple[float, ...]] = field(default_factory=dict)

    def within(self, window: Window) -> "Holes":
        """Those inside a window, from its start."""
        parts = [(max(each.start_s, window.start_s), min(each.end_s, window.end_s)) for each in self.filled]
        return Holes(
            filled=tuple(Window(a - window.start_s, b - window.start_s) for a, b in parts if a < b),
            lost={
                sense: tuple(at - window.start_s for at in moments if window.start_s <= at < window.end_s)
                for sense, moments in self.lost.items()
            },
        )

    def why_nothing(self, sense: Sense) -> Absence:
        """Why nothing of a sense was decoded: what there was is damaged, or there was nothing."""
        return "damaged" if self.lost.get(sense) else "missing"

    def why_unheard(self, samples: F32, *, rate: int, duration_s: float) -> Absence | None:
        """Why sound [n] in a window of this length is of no use; None where it can be heard."""
        if np.ptp(samples) >= 2 * SILENCE:
            return None
        decoded_s = len(samples) / rate - sum(each.end_s - each.start_s for each in self.filled)
        if decoded_s < ROUNDING_S or (self.lost.get("audio") and decoded_s < duration_s / 2):
            return self.why_nothing("audio")
        return "silent"


WHOLE = Holes()

"""Whether a backbone or text encoder is what its card says: its bytes, its graph, what it gives."""

from pathlib import Path

import numpy as np

from models.errors import BundleInvalid
from models.features.backbone import Backbone
from models.features.card import BackboneCard, EncoderCard
from models.features.text import TextEncoder
from models.media.media import FrameSpec, Media, SoundSpec
from models.types import F32
from sightsound.encoder_listing import read

SECONDS = 2.0
NO_SOUND, NO_PICTURES = SoundSpec(rate=1), FrameSpec(rate=1, size=2, shorter_side=2)
"""What a window of noise says of the sense that it has not."""


def check(place: Path) -> EncoderCard:
    """The card of a folder whose files are those of the card, and whose graph gives what it says, twice the same.

    Raises:
        BundleInvalid: a card that does not fit, a file that is missing or was altered, a graph that does not open or
            run, another width, numbers that are not finite, or others at the second run.
    """
    card = read(place)
    first, again = _of_sense(place, card) if isinstance(card, BackboneCard) else _of_words(place)
    if first.shape != (card.width,):
        raise BundleInvalid(f"{card.ref} gave {list(first.shape)}; its card says [{card.width}]")
    if not np.isfinite(first).all():
        raise BundleInvalid(f"{card.ref} gave numbers that are not finite")
    if not np.array_equal(first, again):
        raise BundleInvalid(f"{card.ref} gave others at the second run, by up to {np.abs(first - again).max():.1e}")
    return card


def noise(takes: SoundSpec | FrameSpec, seconds: float) -> Media:
    """A window of noise, as a backbone takes it."""
    numbers, steps = np.random.default_rng(0), max(round(seconds * takes.rate), 1)
    if isinstance(takes, SoundSpec):
        samples = numbers.uniform(-0.5, 0.5, steps).astype(np.float32)
        return Media(seconds, takes, NO_PICTURES, samples, None)
    frames = numbers.integers(0, 256, (steps, takes.size, takes.size, 3), dtype=np.uint8)
    return Media(seconds, NO_SOUND, takes, None, frames)


def _of_sense(place: Path, card: BackboneCard) -> tuple[F32, F32]:
    """A feature [width] of noise, from the same graph twice."""
    backbone, media = Backbone.open(place), noise(card.takes, SECONDS)
    return backbone.feature(media), backbone.feature(media)


def _of_words(place: Path) -> tuple[F32, F32]:
    """A feature [width] of a text, from two graphs: one remembers what it has read."""
    first, again = TextEncoder.open(place), TextEncoder.open(place)
    return first.encode([first.example])[0], again.encode([first.example])[0]

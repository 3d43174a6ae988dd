"""The sound of a performance: heard at its events, by its source, its thing and its action."""

from collections.abc import Iterator

import numpy as np
import pytest

from models.types import F32, F64
from tests.unit.demo_world.onsets import onset_lag_s
from training.datasets.demo_world import picture
from training.datasets.demo_world.events import ACTIONS, Performance
from training.datasets.demo_world.sound import RATE, synthesise
from training.datasets.demo_world.vocabulary import CLASSES, Cast

FRAME_S = 1 / picture.RATE
EARLY_S = -0.02
SWELLING = ("engine",)
"""Sources that grow louder over more than a frame."""


def heard(label: str, seed: int) -> tuple[Performance, F32]:
    rng, cast = np.random.default_rng(seed), Cast.of(label)
    performance = ACTIONS[cast.action](rng, 2.6)
    return performance, synthesise(cast, performance, rng)


def events(label: str) -> Iterator[tuple[F32, F64]]:
    """Samples and events of five performances."""
    for seed in range(5):
        performance, samples = heard(label, seed)
        yield samples, performance.times


@pytest.mark.parametrize("label", [name for name in CLASSES if "spinning" not in name])
def test_sound_sets_in_at_the_events_of_the_performance(label: str) -> None:
    latest_s = 2 * FRAME_S if label.startswith(SWELLING) else FRAME_S
    assert EARLY_S <= onset_lag_s(events(label), reach_s=0.2) <= latest_s


@pytest.mark.parametrize("label", [name for name in CLASSES if "spinning" in name and name[0] in "gm"])
def test_struck_things_that_spin_sound_at_every_sixth_of_a_turn(label: str) -> None:
    assert EARLY_S <= onset_lag_s(events(label), reach_s=0.06) <= 0.02


@pytest.mark.parametrize("label", CLASSES)
def test_samples_last_as_long_as_the_performance_and_never_clip_for_long(label: str) -> None:
    performance, samples = heard(label, 1)
    assert samples.dtype == np.float32
    assert samples.shape == (round(performance.duration_s * RATE),)
    assert 0.2 < np.abs(samples).max() <= 1
    assert (np.abs(samples) == 1).mean() < 0.001


def test_the_same_seed_sounds_the_same_and_another_does_not() -> None:
    first, again, other = (heard("metal bell swinging", seed)[1] for seed in (4, 4, 5))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("glass ball bouncing", "metal ball bouncing"),
        ("glass ball bouncing", "glass wheel bouncing"),
        ("glass wheel bouncing", "glass wheel swinging"),
    ],
)
def test_each_word_changes_the_sound(one: str, other: str) -> None:
    def colour(label: str) -> F32:
        """The share of energy in each octave, of several performances."""
        power = np.mean([np.abs(np.fft.rfft(heard(label, seed)[1], 1 << 16)) ** 2 for seed in range(6)], axis=0)
        octaves = np.add.reduceat(power, 2 ** np.arange(8, 15))
        return np.asarray(octaves / octaves.sum(), np.float32)

    assert np.abs(colour(one) - colour(other)).sum() > 0.1

"""The pictures of a performance: the thing where the motion has it, looking like what it is made of."""

import numpy as np
import pytest

from models.types import F64, U8
from training.datasets.demo_world import looks
from training.datasets.demo_world.events import ACTIONS, Performance
from training.datasets.demo_world.picture import RATE, SIZE, draw
from training.datasets.demo_world.vocabulary import CLASSES, Cast

FRAME_S = 1 / RATE


def shown(label: str, seed: int) -> tuple[Performance, U8]:
    rng, cast = np.random.default_rng(seed), Cast.of(label)
    performance = ACTIONS[cast.action](rng, 2.5)
    return performance, draw(cast, performance, rng)


def changed(frames: U8) -> F64:
    """[t, h, w] how far each pixel is from what it mostly is."""
    light = frames.astype(np.float64)
    return np.asarray(np.abs(light - np.median(light, axis=0)).sum(axis=3))


@pytest.mark.parametrize("label", CLASSES)
def test_every_class_is_drawn_frame_by_frame_and_moves(label: str) -> None:
    performance, frames = shown(label, 0)
    assert frames.dtype == np.uint8
    assert frames.shape == (round(performance.duration_s * RATE), SIZE, SIZE, 3)
    assert SIZE >= 96
    assert (changed(frames) > 60).any(axis=0).mean() > 0.05


def test_the_same_seed_draws_the_same_and_another_does_not() -> None:
    first, again, other = (shown("siren wheel spinning", seed)[1] for seed in (4, 4, 5))
    assert np.array_equal(first, again)
    assert not np.array_equal(first[:10], other[:10])


def test_the_thing_is_where_the_motion_has_it() -> None:
    for seed in range(4):
        performance, frames = shown("metal ball swinging", seed)
        expected = performance.motion(np.arange(len(frames), dtype=np.float64) * FRAME_S).x
        weight = changed(frames)
        across = (weight.sum(axis=1) * np.linspace(-1, 1, SIZE)).sum(axis=1) / weight.sum(axis=(1, 2))
        assert np.corrcoef(across, expected)[0, 1] > 0.9


def test_a_siren_glows_at_its_events() -> None:
    performance, frames = shown("siren ball bouncing", 2)
    red = frames[:, :, :, 0].astype(np.float64).mean(axis=(1, 2))
    at = np.ceil(performance.times[:-1] * RATE).astype(int)
    assert (red[at] > red[at - 1] + 2).all()


@pytest.mark.parametrize("kind", ["PAINTS", "THINGS"])
def test_no_two_materials_and_no_two_things_look_alike(kind: str) -> None:
    names = {"PAINTS": [f"{each} ball" for each in looks.PAINTS], "THINGS": [f"metal {each}" for each in looks.THINGS]}
    drawn = {name: shown(f"{name} bouncing", 6)[1].astype(np.float64) for name in names[kind]}
    for one in drawn:
        for other in drawn.keys() - {one}:
            assert np.abs(drawn[one] - drawn[other]).mean() > 2, (one, other)

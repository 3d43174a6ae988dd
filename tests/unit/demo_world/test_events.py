"""The performances: events lie inside the clip, at the instants where the motion has them."""

import numpy as np
import pytest

from models.types import F64
from training.datasets.demo_world.events import ACTIONS, Motion, Performance

SEEDS = range(20)
DENSE_S = 0.002


def performed(action: str, seed: int, duration_s: float = 2.7) -> Performance:
    return ACTIONS[action](np.random.default_rng(seed), duration_s)


def moved(performance: Performance, at: F64) -> Motion:
    return performance.motion(at)


def around(times: F64, reach_s: float) -> F64:
    """[e, n] instants around each time."""
    return times[:, None] + np.arange(-reach_s, reach_s + DENSE_S / 2, DENSE_S)


@pytest.mark.parametrize("action", ACTIONS)
@pytest.mark.parametrize("duration_s", [2.0, 3.2])
def test_events_come_in_order_inside_the_clip_and_have_strengths(action: str, duration_s: float) -> None:
    for seed in SEEDS:
        performance = performed(action, seed, duration_s)
        assert len(performance.times) == len(performance.strengths) >= 2
        assert performance.duration_s == duration_s
        assert (np.diff(performance.times) > 0.02).all()
        assert performance.times[0] >= 0
        assert performance.times[-1] < duration_s
        assert (performance.strengths > 0).all()
        assert (performance.strengths <= 1).all()


def test_the_ball_is_lowest_when_it_hits_the_floor_and_nowhere_else() -> None:
    for seed in SEEDS:
        performance = performed("bouncing", seed)
        hits = moved(performance, performance.times).y
        assert hits == pytest.approx(hits[0])
        assert moved(performance, np.arange(0, 2.7, DENSE_S)).y.max() <= hits[0] + 1e-9
        between = (performance.times[1:] + performance.times[:-1]) / 2
        assert (moved(performance, between).y < hits[0] - 0.02).all()


def test_the_ball_rises_less_after_every_hit() -> None:
    performance = performed("bouncing", 0)
    between = (performance.times[1:] + performance.times[:-1]) / 2
    assert (np.diff(moved(performance, between).y) > 0).all()
    assert (np.diff(performance.strengths) <= 0).all()


def test_the_pendulum_is_farthest_out_at_its_events() -> None:
    for seed in SEEDS:
        performance = performed("swinging", seed)
        out = np.abs(moved(performance, around(performance.times, 0.2)).x)
        assert out.argmax(axis=1) * DENSE_S - 0.2 == pytest.approx(0, abs=2 * DENSE_S)


def test_the_pendulum_keeps_to_its_rope() -> None:
    performance = performed("swinging", 3)
    motion = moved(performance, np.arange(0, 2.7, DENSE_S))
    assert motion.pivot
    assert np.hypot(motion.x, motion.y + 0.85) == pytest.approx(0.9)


def test_there_is_an_event_every_sixth_of_a_turn() -> None:
    for seed in SEEDS:
        performance = performed("spinning", seed)
        turned = np.abs(np.diff(moved(performance, performance.times).angle))
        assert turned == pytest.approx(2 * np.pi / 6)


@pytest.mark.parametrize("action", ACTIONS)
def test_the_thing_stays_in_the_picture(action: str) -> None:
    for seed in SEEDS:
        motion = moved(performed(action, seed), np.arange(0, 2.7, DENSE_S))
        assert np.abs(motion.x).max() < 1
        assert np.abs(motion.y).max() < 1

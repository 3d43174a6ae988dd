"""How a clip is cut: short clips stay whole, long ones become overlapping windows."""

from models.types import Window

WHOLE_S = 15.0
LENGTH_S = 10.0
STEP_S = 5.0
NEAR_S = 1e-6  # instants that are nearer to each other are one, reckoned in two ways


def windows(duration_s: float) -> tuple[Window, ...]:
    """One window up to 15 s, else 10 s windows every 5 s, the last one ending where the clip ends."""
    if duration_s <= WHOLE_S:
        return (Window(0.0, duration_s),)
    starts: list[float] = []
    while len(starts) * STEP_S + LENGTH_S < duration_s - NEAR_S:
        starts.append(len(starts) * STEP_S)
    return tuple(Window(start_s, start_s + LENGTH_S) for start_s in (*starts, duration_s - LENGTH_S))

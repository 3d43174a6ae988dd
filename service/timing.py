"""How long an answer took."""

from time import perf_counter


class Stopwatch:
    """Runs from its making."""

    def __init__(self) -> None:
        self._start_s = perf_counter()

    def elapsed_ms(self) -> float:
        """Milliseconds since the start, to the microsecond."""
        return round((perf_counter() - self._start_s) * 1000, 3)

"""Workers that live but say nothing, as one that is stopped or whose disk hangs: watched by the others."""

from collections.abc import Iterable

from service.jobs.recorded import Running


class Silence:
    """How long each running job's sign of life has stood still, by this process's own clock."""

    def __init__(self, patience_s: float) -> None:
        self._patience_s = patience_s
        self._since: dict[Running, float] = {}

    def over(self, running: Iterable[Running], *, now: float) -> list[tuple[Running, float]]:
        """The jobs whose silence is longer than the patience, with its length; `now` in seconds of a steady clock."""
        self._since = {each: self._since.get(each, now) for each in running}
        return [(each, now - since) for each, since in self._since.items() if now - since > self._patience_s]

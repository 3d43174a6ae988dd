"""How a job goes, told by the thread that works and written down by one that does not."""

import logging
from dataclasses import dataclass, field
from datetime import UTC, datetime
from threading import Event, Lock, Thread
from time import monotonic
from types import TracebackType
from typing import Self

from service.jobs.board import Board
from service.jobs.job_schemas import ItemError, Progress
from service.schemas import Document

_log = logging.getLogger(__name__)

WRITE_S, BEAT_S = 0.25, 5.0
MOST_ERRORS = 100


@dataclass
class Pulse:
    """Progress as it is now. Safe to use from several threads; `silent_s` counts from the last sign of life."""

    done: int = 0
    total: int | None = None
    item: str | None = None
    reached_s: float | None = None
    errors: list[ItemError] = field(default_factory=list)
    error_count: int = 0
    beats: int = 0
    _fresh: int = 0
    _began: float = field(default_factory=monotonic)
    _last: float = field(default_factory=monotonic)
    _last_at: datetime = field(default_factory=lambda: datetime.now(UTC))
    _lock: Lock = field(default_factory=Lock)

    def planned(self, total: int) -> None:
        """So many items there are."""
        with self._lock:
            self.total = total
            self._beat()

    def at(self, item: str) -> None:
        """This item is being worked on; no progress in itself."""
        with self._lock:
            self.item, self.reached_s = item, None
            self.beats += 1

    def reached(self, item: str, seconds: float) -> None:
        """This item is done up to here: a clip of hours would else look like a job that hangs."""
        with self._lock:
            self.item, self.reached_s = item, seconds
            self._beat()

    def did(self, items: int = 1) -> None:
        """So many more items are done, just now."""
        with self._lock:
            self.done += items
            self._fresh += items
            self._beat()

    def beat(self) -> None:
        """It moves on, though nothing that is counted is done."""
        with self._lock:
            self._beat()

    def stage(self, name: str) -> None:
        """This is being done now, which is progress though it cannot be counted."""
        with self._lock:
            self.item, self.reached_s = name, None
            self._beat()

    @property
    def uncounted(self) -> "Uncounted":
        """For work of which nothing is to be counted: it was, or it is another thing."""
        return Uncounted(self)

    def settle(self, done: int) -> None:
        """The items up to here are done, perhaps by a worker before this one."""
        with self._lock:
            self.done = done
            self._beat()

    def failed(self, errors: list[ItemError]) -> None:
        """These items could not be done; the first ones are kept."""
        with self._lock:
            self.error_count += len(errors)
            self.errors.extend(errors[: MOST_ERRORS - len(self.errors)])

    def silent(self) -> tuple[float, datetime, str | None]:
        """Seconds since the last progress, when that was, and the item since."""
        with self._lock:
            return monotonic() - self._last, self._last_at, self.item

    def progress(self) -> Progress:
        """As others see it."""
        with self._lock:
            passed = monotonic() - self._began
            rate = self._fresh / passed if self._fresh and passed > 0 else None
            left = None if rate is None or self.total is None else (self.total - self.done) / rate
            return Progress(
                done=self.done,
                total=self.total,
                item=self.item,
                reached_s=self.reached_s,
                rate=rate,
                time_left_s=left,
            )

    def _beat(self) -> None:
        self.beats += 1
        self._last, self._last_at = monotonic(), datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Uncounted:
    """Signs of life of a pulse whose counts stay."""

    pulse: Pulse

    def did(self, items: int = 1) -> None:
        """It moves on."""
        self.pulse.beat()

    def stage(self, name: str) -> None:
        """This is being done now."""
        self.pulse.stage(name)


class Reporter:
    """Writes a pulse down for as long as its block lasts: at most four times a second, at least every five."""

    def __init__(self, board: Board, job_id: str, pulse: Pulse) -> None:
        self._board, self._job_id, self._pulse = board, job_id, pulse
        self._over = Event()
        self._thread = Thread(target=self._write_on, name=f"report-{job_id}", daemon=True)

    def __enter__(self) -> Self:
        self._board.report(self._job_id, {"started_at": _now(), **self._found()})
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._over.set()
        self._thread.join()
        self._board.report(self._job_id, self._found())

    def _write_on(self) -> None:
        written, at = self._pulse.beats, monotonic()
        while not self._over.wait(WRITE_S):
            if self._pulse.beats != written or monotonic() - at >= BEAT_S:
                written, at = self._pulse.beats, monotonic()
                self._write()

    def _write(self) -> None:
        try:
            self._board.report(self._job_id, self._found())
        except Exception:  # without this thread others would take the job for dead: the next turn may reach the board
            _log.exception("how the job %s goes could not be written down", self._job_id)

    def _found(self) -> Document:
        errors = [each.model_dump() for each in list(self._pulse.errors)]
        return {
            "progress": self._pulse.progress().model_dump(),
            "heartbeat_at": _now(),
            "error_count": self._pulse.error_count,
            "errors": errors,
        }


def _now() -> str:
    return datetime.now(UTC).isoformat()

"""What does the jobs: it takes them from the queue, and takes up those of workers that died."""

import logging
import math
import os
import secrets
import socket
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event, Lock, Thread, get_native_id

from dbos import DBOS, DBOSConfig, DBOSPortableJSONSerializer

from models.errors import SettingsInvalid, SightsoundError
from service.jobs.board import Board
from service.jobs.database import APPLICATION, VERSION, WORKFLOW
from service.jobs.job_schemas import Kind
from service.jobs.kinds import KINDS, Kinds
from service.jobs.noting import noted
from service.jobs.presence import Presence, presence
from service.jobs.pulse import BEAT_S, Pulse, Reporter
from service.jobs.silence import Silence
from service.jobs.work import Course, Stopping, Workshop
from service.schemas import Document

SWEEP_S, LEAVE_S, TIDY_S = 2.0, 5.0, 3600.0
MOST_RECOVERIES = 20
"""Deaths of a worker that one job survives: one that kills whoever takes it must not do so for ever."""
KEPT = timedelta(days=30)
"""How long jobs that have ended stay on the board."""
NICE = 10
"""Of the threads that do jobs: queries, at 0, get nine times their share of a core that both want."""
TAKEN = (
    "jobs are done in this process already, by another service or worker, and only one can; set job_workers to 0 for "
    "this one, or start it as a process of its own"
)
_alone = Lock()
_log = logging.getLogger("sightsound.jobs")


def check_alone() -> None:
    """Refuse a second worker in this process; raises SettingsInvalid."""
    if _alone.locked():
        raise SettingsInvalid(TAKEN)


class Worker:
    """Works on up to `jobs` at once until it is closed; one a process, as DBOS is.

    What it leaves unfinished stays in the queue's database, for itself when it comes back or for another.
    """

    def __init__(
        self,
        workshop: Workshop,
        board: Board,
        *,
        jobs: int,
        stall_s: float,
        kept: timedelta = KEPT,
        kinds: Kinds = KINDS,
    ) -> None:
        self._workshop, self._board, self._kinds = workshop, board, kinds
        self._jobs, self._stall_s, self._kept = jobs, stall_s, kept
        self._tidied_at = -math.inf
        self._silence = Silence(stall_s + BEAT_S)
        self._stopping = Event()
        self._running = 0
        self._counting = Lock()
        self._sweeping = Thread(target=self._sweep_on, name="sweep-jobs", daemon=True)
        self._presence: Presence | None = None
        self._executor = _executor()

    def start(self, url: str, locks: Path) -> None:
        """Begin; `locks` is a folder that all workers of this machine share.

        Raises:
            SettingsInvalid: another worker is in this process.
            Unavailable: the jobs' database cannot be reached.
        """
        if not _alone.acquire(blocking=False):
            raise SettingsInvalid(TAKEN)
        try:
            self._board.open_queue(self._jobs)
            self._presence = presence(url, locks, self._executor)
        except BaseException:
            _alone.release()
            raise
        DBOS(config=_config(url, self._executor))
        DBOS.workflow(name=WORKFLOW, max_recovery_attempts=MOST_RECOVERIES)(self._workflow())
        DBOS.launch()
        self._sweeping.start()

    def close(self) -> None:
        """Stop between two steps, or in the midst of one that takes long; what is unfinished stays written."""
        if self._presence is None:
            return
        self._stopping.set()
        if self._sweeping.ident is not None:
            self._sweeping.join()
        until = time.monotonic() + LEAVE_S
        while self._running and time.monotonic() < until:
            time.sleep(0.02)
        DBOS.destroy(destroy_registry=True)
        self._presence.close()
        self._presence = None
        _alone.release()

    def _workflow(self) -> Callable[[Kind, str, Document], Document]:
        def job(kind: Kind, gallery: str, request: Document) -> Document:
            if self._stopping.is_set():
                raise Stopping
            with self._counting:
                self._running += 1
            try:
                return self._run(str(DBOS.workflow_id), kind, gallery, request)
            finally:
                with self._counting:
                    self._running -= 1

        return job

    def _run(self, job_id: str, kind: Kind, gallery: str, request: Document) -> Document:
        _give_way()
        pulse = Pulse()
        with noted(job_id, kind, gallery), Reporter(self._board, job_id, pulse):
            try:
                work = self._kinds[kind](self._workshop, gallery, request, self._board.folder(job_id))
                return Course(work, pulse, self._stall_s, self._stopping).run()
            except SightsoundError:
                raise
            except Exception as error:  # DBOS logs it with its cause
                raise SightsoundError(f"something went wrong ({type(error).__name__}); the log says more") from error

    def _sweep_on(self) -> None:
        while True:
            try:
                self._sweep()
                self._tidy()
            except Exception:  # a database that is away for a while: the next sweep may reach it
                _log.exception("looking for jobs of dead workers, or old ones, failed")
            if self._stopping.wait(SWEEP_S):
                return

    def _sweep(self) -> None:
        assert self._presence is not None
        self._presence.keep()
        others = [each for each in self._board.running() if each.executor != self._executor]
        if dead := [name for name in {each.executor for each in others} if not self._presence.has(name)]:
            # A job is put back only while it is still written under the dead one's name, so that of several workers
            # that find it one does; whoever is not dead after all is refused at the end of its step.
            DBOS._recover_pending_workflows(dead)
        for each, silent_s in self._silence.over(others, now=time.monotonic()):
            why = f"its worker {each.executor} wrote nothing for {silent_s:.0f} s, since {each.heartbeat}, but lives"
            self._board.fail(each.job_id, why)

    def _tidy(self) -> None:
        if time.monotonic() - self._tidied_at > TIDY_S:
            self._board.forget(datetime.now(UTC) - self._kept)
            self._tidied_at = time.monotonic()


def _executor() -> str:
    return f"{socket.gethostname()}-{os.getpid()}-{secrets.token_hex(4)}"


def _config(url: str, executor: str) -> DBOSConfig:
    return {
        "name": APPLICATION,
        "system_database_url": url,
        "application_version": VERSION,
        "executor_id": executor,
        "serializer": DBOSPortableJSONSerializer(),
        "log_level": "ERROR",
    }


def _give_way() -> None:
    """Let queries have the cores first: this thread, and those that it starts, take what they leave.

    Only Linux has such a value for every thread; it cannot be taken back, and the threads of jobs do nothing else.
    """
    if sys.platform == "linux":
        with suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, get_native_id(), NICE)

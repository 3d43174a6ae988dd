"""Requests that are done once though they are sent twice: who is at work on which, and what was answered."""

import time
from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import Connection

from index.catalog import replies
from index.catalog.database import Database
from index.catalog.replies import Asked, Reply
from models.errors import Conflict, KeyReused

DEAD_S = 30.0
"""Who has not said for so long that they are at work is taken for dead."""
AGAIN_S = 1.0
MOST_KEPT, MOST_BYTES = 10_000, 64 * 2**20
"""Requests of one caller, and bytes of their answers; beyond either the older half goes."""
LOOKED_EVERY = 100
"""After how many requests that is looked at; it takes a few milliseconds."""


@dataclass(frozen=True, slots=True)
class Turn:
    """Whose request is now to be done, with the id of the job that it may ask for: the same when it is done again."""

    asked: Asked
    job_id: str


class Replies:
    """The requests of one catalog by caller and key; `clock` tells seconds since the epoch."""

    def __init__(self, database: Database, *, kept_s: float, clock: Callable[[], float] = time.time) -> None:
        self._database, self._kept_s, self._clock = database, kept_s, clock
        self._begun = 0

    def begin(self, asked: Asked, fingerprint: str, *, job_id: str) -> Turn | Reply:
        """The turn to do a request, or its answer where it is done; `job_id` is for a job that it may ask for.

        Raises:
            KeyReused: the key is that of another request, by its fingerprint.
            Conflict: the request is at work.
        """
        now = self._clock()
        with self._database.writing() as connection:
            replies.forget(connection, before=now - self._kept_s)
            self._begun += 1
            if self._begun % LOOKED_EVERY == 0:
                _make_room(connection, asked.caller, now)
            if replies.begin(connection, asked, fingerprint, job_id=job_id, now=now):
                return Turn(asked, job_id)
            row = replies.find(connection, asked)
            if row is None:  # it was refused just now
                raise self._at_work(asked)
            if row.fingerprint != fingerprint:
                raise KeyReused(f"the Idempotency-Key {asked.key!r} was sent with another request; expected a new one")
            if row.reply is not None:
                return row.reply
            if now - row.made_at < DEAD_S:
                raise self._at_work(asked)
            replies.touch(connection, asked, now=now)
            return Turn(asked, row.job_id)

    def touch(self, turn: Turn) -> None:
        """Say that the request is still at work."""
        with self._database.writing() as connection:
            replies.touch(connection, turn.asked, now=self._clock())

    def keep(self, turn: Turn, reply: Reply) -> None:
        """What was done: answered again from now on."""
        with self._database.writing() as connection:
            replies.keep(connection, turn.asked, reply, now=self._clock())

    def drop(self, turn: Turn) -> None:
        """It was refused and changed nothing: to be asked anew."""
        with self._database.writing() as connection:
            replies.drop(connection, turn.asked)

    def leave(self, turn: Turn) -> None:
        """It failed on the way: who asks again goes on with it, at once."""
        with self._database.writing() as connection:
            replies.touch(connection, turn.asked, now=self._clock() - DEAD_S)

    def _at_work(self, asked: Asked) -> Conflict:
        error = Conflict(f"the request of the Idempotency-Key {asked.key!r} is still at work; ask again in a moment")
        error.retry_after_s = AGAIN_S
        return error


def _make_room(connection: Connection, caller: str, now: float) -> None:
    """Nobody fills the catalog with what they may be answered again; each forgets none but their own."""
    count, size_bytes = replies.held(connection, caller)
    if count > MOST_KEPT or size_bytes > MOST_BYTES:
        replies.forget_half(connection, caller, idle_since=now - DEAD_S)

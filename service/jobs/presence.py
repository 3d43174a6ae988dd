"""Which workers live: a lock that the system itself gives back when a process dies, so that no clock is asked."""

import os
from fcntl import LOCK_EX, LOCK_NB, flock
from hashlib import sha256
from pathlib import Path
from typing import Any, Protocol

from models.errors import DependencyMissing, Unavailable
from service.jobs.database import is_postgres


class Presence(Protocol):
    """That this process lives, for others to see, until it is closed or dies."""

    def has(self, executor: str) -> bool:
        """Whether the process of that name lives."""
        ...

    def keep(self) -> None:
        """Take the lock again if it was lost; raises Unavailable."""
        ...

    def close(self) -> None:
        """Be gone."""
        ...


class FilePresence:
    """Locked files in a folder that the processes of one machine share."""

    def __init__(self, folder: Path, executor: str) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._path = folder / executor
        self._descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
        flock(self._descriptor, LOCK_EX)

    def has(self, executor: str) -> bool:
        """Whether somebody holds the lock; the file of one who died is removed."""
        path = self._folder / Path(executor).name
        try:
            descriptor = os.open(path, os.O_RDWR)
        except FileNotFoundError:
            return False
        try:
            flock(descriptor, LOCK_EX | LOCK_NB)
            path.unlink(missing_ok=True)
        except BlockingIOError:
            return True
        finally:
            os.close(descriptor)
        return False

    def keep(self) -> None:
        """Nothing takes a lock from a living process."""

    def close(self) -> None:
        """Be gone."""
        self._path.unlink(missing_ok=True)
        os.close(self._descriptor)


class PostgresPresence:
    """Advisory locks of PostgreSQL, which end with the connection that holds them."""

    def __init__(self, url: str, executor: str) -> None:
        self._url, self._executor = url, executor
        self._connection = self._connected()

    def has(self, executor: str) -> bool:
        """Whether somebody holds the lock."""
        if executor == self._executor:
            return True
        got = self._connection.execute("SELECT pg_try_advisory_lock(%s)", (_key(executor),)).fetchone()
        if got[0]:
            self._connection.execute("SELECT pg_advisory_unlock(%s)", (_key(executor),))
        return not got[0]

    def keep(self) -> None:
        """Connect anew where the connection was lost; raises Unavailable."""
        import psycopg

        try:
            self._connection.execute("SELECT 1")
        except psycopg.OperationalError:
            self._connection = self._connected()

    def close(self) -> None:
        """Be gone."""
        self._connection.close()

    def _connected(self) -> Any:
        try:
            import psycopg
        except ModuleNotFoundError as error:
            raise DependencyMissing("psycopg is not installed; pip install 'sightsound[postgres]' brings it") from error
        try:
            connection = psycopg.connect(self._url, autocommit=True)
            connection.execute("SELECT pg_advisory_lock(%s)", (_key(self._executor),))
        except psycopg.OperationalError as error:
            raise Unavailable("the jobs' database cannot be reached (PostgreSQL)") from error
        return connection


def presence(url: str, folder: Path, executor: str) -> Presence:
    """That of this process, by what the jobs' database offers."""
    return PostgresPresence(url, executor) if is_postgres(url) else FilePresence(folder, executor)


def _key(executor: str) -> int:
    return int.from_bytes(sha256(executor.encode()).digest()[:8], "big", signed=True)

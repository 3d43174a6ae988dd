"""A PostgreSQL server of one's own, for as long as the tests run."""

import os
import signal
import subprocess
import time
from collections.abc import Sequence
from itertools import count
from pathlib import Path
from shutil import chown, which

import psycopg

from index.catalog.database import Database
from tests.tiny.ports import kept_port

DEBIAN = Path("/usr/lib/postgresql")
START_S = 60.0
UNSAFE = ("fsync=off", "synchronous_commit=off", "full_page_writes=off", "shared_buffers=32MB", "max_connections=50")
"""What makes it quick, as nothing it holds is to outlive it."""


def programs() -> Path | None:
    """The folder of `initdb` and `postgres`, of the newest version that Debian has installed or else from the path."""
    newest = max(DEBIAN.glob("*/bin/initdb"), key=lambda path: float(path.parts[-3]), default=None)
    found = newest or which("initdb")
    return Path(found).parent if found else None


class Cluster:
    """A server on a free port; each `database()` is a fresh catalog, copied from a migrated one.

    `within` is a command that starts others, as in a network of their own where it has this `address`.
    """

    def __init__(self, folder: Path, programs: Path, *, address: str = "127.0.0.1", within: Sequence[str] = ()) -> None:
        self._folder, self._programs, self._address, self._within = folder, programs, address, tuple(within)
        self._owner = "postgres" if os.getuid() == 0 else None  # the server refuses to run as root
        self._numbers = count(1)
        if self._owner:
            chown(folder, self._owner)
        self._make()
        with kept_port() as self._port:
            self._server = self._start()
            try:
                self._wait()
                self.execute("CREATE DATABASE migrated")
                Database(self.url("migrated")).close()
            except BaseException:
                self.stop()
                raise

    def url(self, database: str) -> str:
        """The address of a database, as a user writes it."""
        return f"postgresql://postgres@{self._address}:{self._port}/{database}"

    def database(self, template: str = "migrated") -> str:
        """The address of a new database: with an empty catalog, or with nothing in it where template is template0."""
        name = f"catalog_{next(self._numbers)}"
        self.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
        return self.url(name)

    def drop(self, url: str) -> None:
        """Forget a database, whoever is connected to it."""
        self.execute(f"DROP DATABASE {url.rpartition('/')[2]} WITH (FORCE)")

    def execute(self, statement: str) -> None:
        """Tell the server something."""
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute(statement.encode())

    def stop(self) -> None:
        """Stop the server at once."""
        self._server.send_signal(signal.SIGQUIT)
        self._server.wait(START_S)

    def _make(self) -> None:
        options = ["--auth=trust", "--username=postgres", "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync"]
        command = [str(self._programs / "initdb"), f"--pgdata={self._folder / 'data'}", *options]
        made = subprocess.run(command, capture_output=True, text=True, user=self._owner, cwd="/", check=False)
        assert made.returncode == 0, made.stderr
        with (self._folder / "data" / "pg_hba.conf").open("a") as rules:
            rules.write("host all all samenet trust\n")

    def _start(self) -> "subprocess.Popen[bytes]":
        settings = [
            f"port={self._port}",
            f"listen_addresses={self._address}",
            f"unix_socket_directories={self._folder}",
        ]
        arguments = [each for setting in (*settings, *UNSAFE) for each in ("-c", setting)]
        command = [str(self._programs / "postgres"), f"-D{self._folder / 'data'}", *arguments]
        if self._owner:
            command = ["setpriv", f"--reuid={self._owner}", f"--regid={self._owner}", "--init-groups", *command]
        with (self._folder / "log").open("wb") as log:
            return subprocess.Popen([*self._within, *command], stdout=log, stderr=log, cwd="/")

    def _wait(self) -> None:
        until = time.monotonic() + START_S
        while True:
            try:
                return self.execute("SELECT 1")
            except psycopg.OperationalError:
                assert time.monotonic() < until, (self._folder / "log").read_text()
                assert self._server.poll() is None, (self._folder / "log").read_text()
                time.sleep(0.05)


def copy_database(server: str, source: str, name: str) -> None:
    """Make the database `name`, whatever is in it, a copy of `source`, which nobody is connected to."""
    with psycopg.connect(f"{server}/postgres", autocommit=True) as connection:
        connection.execute(f"DROP DATABASE IF EXISTS {name}".encode())
        connection.execute(f"CREATE DATABASE {name} TEMPLATE {source}".encode())

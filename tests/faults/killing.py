"""Processes that are killed, and what they had said before."""

import multiprocessing
import os
import signal
from collections.abc import Callable
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from multiprocessing.context import ForkServerProcess

from tests.faults.home import Home
from tests.faults.life import Told, What, die, live

FORKED = multiprocessing.get_context("forkserver")
FORKED.set_forkserver_preload(["tests.faults.life"])
PATIENCE_S = 60.0


@dataclass
class Witness:
    """What of a gallery must be there, by what its processes have told; a deed begun and not done may be or not."""

    there: set[int]
    open_deed: Told | None = None
    survived: bool = False
    done: list[str] = field(default_factory=list)

    def hear(self, told: Told) -> None:
        """Take in what a process says."""
        if told.deed == "survived":
            self.survived = True
        elif not told.is_done:
            self.open_deed = told
        else:
            self._count(told)

    def check(self, home: Home) -> None:
        """Refuse what is not as it was told; what was in doubt is then known."""
        doubtful = {self.open_deed.clip} if self.open_deed and self.open_deed.deed in ("add", "remove") else set()
        self.there = home.check(at_least=self.there - doubtful, at_most=self.there | doubtful)
        self.open_deed = None

    def _count(self, told: Told) -> None:
        self.open_deed = None
        self.done.append(told.deed)
        if told.deed == "add":
            self.there.add(told.clip)
        if told.deed == "remove":
            self.there.remove(told.clip)


def kill_after(home: Home, witness: Witness, *, seed: int, seconds: float) -> None:
    """A process that does whatever comes, killed so long after its first deed began, or if none was done, was done."""

    def wait(process: ForkServerProcess, ear: Connection) -> None:
        assert ear.poll(PATIENCE_S), "the process never began"
        while not witness.done:
            assert ear.poll(PATIENCE_S), "the process did nothing"
            witness.hear(ear.recv())
        process.join(seconds)
        assert process.exitcode is None, "it ended before it was killed"
        assert process.pid is not None
        os.kill(process.pid, signal.SIGKILL)

    _run(lambda teller: FORKED.Process(target=live, args=(home, teller), kwargs={"seed": seed}), witness, wait)


def kill_at(home: Home, witness: Witness, *, seed: int, deed: str, what: What, at: int) -> None:
    """A process that kills itself at a moment of one deed, or lives through it."""
    wanted = {"seed": seed, "deed": deed, "what": what, "at": at}
    _run(lambda teller: FORKED.Process(target=die, args=(home, teller), kwargs=wanted), witness, lambda *_: None)


def _run(
    begin: Callable[[Connection], ForkServerProcess],
    witness: Witness,
    wait: Callable[[ForkServerProcess, Connection], None],
) -> None:
    ear, teller = FORKED.Pipe(duplex=False)
    process = begin(teller)
    process.start()
    teller.close()
    wait(process, ear)
    process_end(process, ear, witness)


def process_end(process: ForkServerProcess, ear: Connection, witness: Witness) -> None:
    """All that it said, up to its end."""
    try:
        while ear.poll(PATIENCE_S):
            witness.hear(ear.recv())
    except EOFError:
        pass
    process.join(PATIENCE_S)
    assert process.exitcode in (-signal.SIGKILL, 0), process.exitcode
    ear.close()

"""Machines of one network, as namespaces of this machine's kernel: each has addresses and ports of its own."""

import os
import signal
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from shutil import which

from tests.tiny.networks import changing

GONE_S = 30.0


def why_not() -> str | None:
    """What keeps such networks from being made here; None where nothing does."""
    if os.getuid() != 0:
        return "networks of several machines need root"
    if which("ip") is None:
        return "networks of several machines need `ip`: apt-get install iproute2"
    try:
        with network(1):
            return None
    except subprocess.CalledProcessError as error:
        return f"no networks can be made here: {error.stderr.strip()}"


@dataclass
class Machine:
    """One of them: what runs in it sees its network alone, and the files of all."""

    namespace: str
    switch: str
    cable: str
    address: str
    processes: list["subprocess.Popen[bytes]"] = field(default_factory=list)

    @property
    def within(self) -> tuple[str, ...]:
        """The command that starts others here, and becomes them."""
        return ("ip", "netns", "exec", self.namespace)

    def start(
        self, command: list[str], said: Path, settings: Mapping[str, str], *, code: Path
    ) -> "subprocess.Popen[bytes]":
        """A process here, by the code in a folder; what it says is added to a file."""
        with said.open("ab") as output:
            process = subprocess.Popen(
                [*self.within, *command],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                cwd=code,
                env={**os.environ, "PYTHONUNBUFFERED": "1", **settings},
            )
        self.processes.append(process)
        return process

    def cut(self) -> None:
        """Its cable is pulled: nothing gets in or out any more, and nobody is told."""
        _ip("-netns", self.switch, "link", "set", self.cable, "down")

    def mend(self) -> None:
        """Its cable is back."""
        _ip("-netns", self.switch, "link", "set", self.cable, "up")

    def kill(self) -> None:
        """Its power is gone: every process here, and whatever those have begun."""
        listed = subprocess.run(["ip", "netns", "pids", self.namespace], capture_output=True, text=True, check=False)
        for each in listed.stdout.split():
            with suppress(ProcessLookupError):
                os.kill(int(each), signal.SIGKILL)
        for process in self.processes:
            process.wait(GONE_S)
        self.processes.clear()


@contextmanager
def network(count: int) -> Iterator[list[Machine]]:
    """So many machines behind one switch, which this process is at too; all that was made is gone with the block.

    The switch is a namespace of its own, and one cable leads there: a browser gives up what it is loading whenever
    it is told that something has changed in the network that it is in.
    """
    name, subnet = f"ss{os.getpid()}", f"10.213.{os.getpid() % 251}"
    with ExitStack() as made:
        _ip("netns", "add", name)
        made.callback(_ip, "netns", "delete", name)
        _ip("-netns", name, "link", "add", name, "type", "bridge")
        _ip("-netns", name, "link", "set", name, "up")
        with changing():
            made.callback(_unplug, name)
            _ip("link", "add", name, "type", "veth", "peer", "name", "here", "netns", name)
            _ip("link", "set", name, "addrgenmode", "none")  # no address of IPv6, of which browsers are told too
            _ip("address", "add", f"{subnet}.1/24", "dev", name)
            _ip("link", "set", name, "up")
        _ip("-netns", name, "link", "set", "here", "master", name, "up")
        yield [_machine(made, name, number, subnet) for number in range(count)]


def _unplug(cable: str) -> None:
    """At once: with its namespace it would go some time later."""
    with changing():
        subprocess.run(["ip", "link", "delete", cable], capture_output=True, check=False)


def _machine(made: ExitStack, switch: str, number: int, subnet: str) -> Machine:
    machine = Machine(f"{switch}-{number}", switch, f"cable{number}", f"{subnet}.{number + 2}")
    _ip("netns", "add", machine.namespace)
    made.callback(_ip, "netns", "delete", machine.namespace)
    made.callback(machine.kill)
    there = ("type", "veth", "peer", "name", "eth0", "netns", machine.namespace)
    _ip("-netns", switch, "link", "add", machine.cable, *there)
    _ip("-netns", switch, "link", "set", machine.cable, "master", switch, "up")
    for said in (("address", "add", f"{machine.address}/24", "dev", "eth0"), ("link", "set", "eth0", "up")):
        _ip("-netns", machine.namespace, *said)
    _ip("-netns", machine.namespace, "link", "set", "lo", "up")
    return machine


def _ip(*said: str) -> None:
    """Raises CalledProcessError, which has what was said against it."""
    subprocess.run(["ip", *said], capture_output=True, text=True, check=True)

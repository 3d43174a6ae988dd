"""wrk, which asks a server from a process of its own, and what it finds."""

import re
import shutil
import subprocess
from dataclasses import dataclass

from models.errors import DependencyMissing, Unavailable

UNITS = {"us": 1e-3, "ms": 1.0, "s": 1e3, "m": 6e4}


@dataclass(frozen=True, slots=True)
class Load:
    """What so many clients had of a server: the median and the slowest hundredth of their waits, and answers a second.

    `odd` are the answers of another status than 2xx, and connections that failed.
    """

    p50_ms: float
    p99_ms: float
    a_second: float
    odd: int


def check_there() -> None:
    """Raises DependencyMissing where there is no wrk."""
    if shutil.which("wrk") is None:
        raise DependencyMissing("wrk is not installed, which asks the server: apt-get install wrk, or brew install wrk")


def asked(url: str, *, clients: int, seconds: int, script: str | None = None) -> Load:
    """An address asked by so many clients, each one request after the other, for so long; `script` is a file in Lua."""
    scripted = [] if script is None else ["-s", script]
    command = ["wrk", "-t1", f"-c{clients}", f"-d{seconds}s", "--latency", "--timeout", "30s", *scripted, url]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return parsed(done.stdout)


def parsed(text: str) -> Load:
    """What wrk printed; raises Unavailable where it had no answer."""
    if not _waits(text):
        raise Unavailable(f"wrk had no answer at all in its time: {text.strip()[-200:]}")
    waits = {int(share): float(number) * UNITS[unit] for share, number, unit in _waits(text)}
    (rate,) = re.findall(r"Requests/sec:\s+([\d.]+)", text)
    refused = sum(int(each) for each in re.findall(r"Non-2xx or 3xx responses: (\d+)", text))
    failed = sum(int(each) for line in re.findall(r"Socket errors: (.*)", text) for each in re.findall(r"\d+", line))
    return Load(waits[50], waits[99], float(rate), refused + failed)


def _waits(text: str) -> list[tuple[str, str, str]]:
    return re.findall(r"^\s+(50|75|90|99)%\s+([\d.]+)(us|ms|s|m)\s*$", text, re.MULTILINE)

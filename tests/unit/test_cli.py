"""The command: one line and exit status 2 for every failure."""

import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from sightsound.cli import run
from tests.tiny.bundles import tiny_library
from tests.unit.service.waiting import PATIENCE_S
from tests.unit.test_client import BLOCK


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_library(tmp_path_factory.mktemp("library"), clips_per_label=1)


def failure(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    """The one line on stderr of a command that must fail."""
    assert run(arguments) == 2
    written = capsys.readouterr()
    assert written.out == ""
    assert written.err.count("\n") == 1
    assert "Traceback" not in written.err
    assert written.err.startswith("sightsound: ")
    return written.err


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        ((), "Missing command"),
        (("sing",), "sing"),
        (("serve", "--prot", "1"), "--prot"),
        (("serve", "--port", "many"), "--port"),
        (("serve", "--port", "70000"), "65535"),
        (("serve", "--host", "0.0.0.0"), "behind_tls_proxy"),
        (("serve", "--data", "/nowhere/at all", "--port", "0"), "/nowhere/at all"),
    ],
)
def test_a_mistake_is_one_line_that_names_it(
    capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], word: str
) -> None:
    assert word in failure(capsys, *arguments)


def test_a_port_in_use_is_one_line(capsys: pytest.CaptureFixture[str], library: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        assert port in failure(capsys, "serve", "--data", str(library), "--port", port)


def test_a_damaged_catalog_is_one_line(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    (tmp_path / "catalog.sqlite").write_bytes(b"no database at all" * 100)
    assert "catalog" in failure(capsys, "serve", "--data", str(tmp_path), "--port", "0")


def test_help_is_no_failure(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--help"]) == 0
    assert "serve" in capsys.readouterr().out


def test_a_missing_extra_is_one_line_naming_how_to_get_it() -> None:
    code = BLOCK.format(blocked={"fastapi"}) + "from sightsound.cli import run\nsys.exit(run(['serve']))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert "'fastapi'" in done.stderr
    assert "pip install 'sightsound[cpu]'" in done.stderr


INTERRUPTED = """
import sys

class Interrupts:
    def find_spec(self, name, path=None, target=None):
        if name == "typer":
            raise KeyboardInterrupt

sys.meta_path.insert(0, Interrupts())
from sightsound.cli import run
sys.exit(run(["--help"]))
"""


def test_who_stops_it_while_it_is_still_being_imported_meets_no_traceback() -> None:
    done = subprocess.run([sys.executable, "-c", INTERRUPTED], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "sightsound: stopped\n")


LEFT_BEHIND = """
import sys, threading, time
import torch
from sightsound.cli import main

def multiply():
    many = torch.rand(300, 300)
    begun.set()
    while True:
        many @ many

begun = threading.Event()
threading.Thread(target=multiply, daemon=True).start()
begun.wait()
sys.argv = ["sightsound", *sys.argv[1:]]
main()
"""


@pytest.mark.parametrize(("arguments", "status"), [(["--help"], 0), (["sing"], 2)])
def test_a_thread_that_is_left_in_native_code_does_not_make_its_end_a_crash(arguments: list[str], status: int) -> None:
    command = [sys.executable, "-c", LEFT_BEHIND, *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == status, done.stderr
    assert ("serve" in done.stdout) == (status == 0)
    assert ("sing" in done.stderr) == (status == 2)
    assert "terminate" not in done.stderr


def test_serve_says_where_it_is_and_stops_when_interrupted(library: Path) -> None:
    code = "import sys; from sightsound.cli import run; sys.exit(run(sys.argv[1:]))"
    command = [sys.executable, "-c", code, "serve", "--data", str(library), "--port", "0"]
    environment = {**os.environ, "PYTHONUNBUFFERED": "1", "SIGHTSOUND_LOG_LEVEL": "warning"}
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        address = process.stdout.readline().split()[3]
        assert httpx.get(f"{address}/readyz", timeout=PATIENCE_S).json()["status"] == "ready"
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=20) == 0
        assert process.stderr.read() == ""

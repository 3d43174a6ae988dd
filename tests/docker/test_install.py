"""What an image is filled with: checked against hashes, as constraints.txt says, nothing more, and all of it listed."""

import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from packaging.markers import Marker
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.docker.files import DOCKER
from tests.documents import ROOT

SERVING = ("postgres", "milvus", "s3", "traces", "plots", "map")
LISTS = ("cpu", "gpu", "training")
PINNED = re.compile(r"^([\w.-]+)==(\S+)(?: ; ([^\n]+))?((?: \\\n    --hash=sha256:[0-9a-f]{64})+)$", re.MULTILINE)
OF_THE_GPU = {"faiss-gpu": "faiss-cpu", "onnxruntime-gpu": "onnxruntime"}


def pins(path: Path) -> dict[str, str]:
    """The version of each package that a list takes on this machine, all of which have hashes."""
    found = PINNED.findall(path.read_text())
    taken = [(name, version) for name, version, marker, _ in found if not marker or Marker(marker).evaluate()]
    return {canonicalize_name(name): version for name, version in taken}


def constrained() -> dict[str, str]:
    """The versions of constraints.txt."""
    lines = [line for line in (ROOT / "constraints.txt").read_text().splitlines() if "==" in line]
    return {canonicalize_name(name): version for name, version in (line.split("==") for line in lines)}


def asked(*extras: str) -> set[str]:
    """The packages that pyproject.toml asks for, by itself and by extras, whatever those name in turn."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    lines = [Requirement(each) for each in project["dependencies"]]
    lines += [Requirement(each) for extra in extras for each in project["optional-dependencies"][extra]]
    within = {each for line in lines if line.name == "sightsound" for each in line.extras}
    names = {canonicalize_name(line.name) for line in lines if line.name != "sightsound"}
    return names | (asked(*within) if within else set())


@pytest.mark.parametrize("name", [*LISTS, "tools"])
def test_every_package_of_a_list_has_one_version_and_its_hashes(name: str) -> None:
    text = (DOCKER / "requirements" / f"{name}.txt").read_text()
    begun = re.findall(r"^([\w.-]+)==", text, re.MULTILINE)
    assert begun == [each for each, *_ in PINNED.findall(text)] != []
    assert len(begun) == len({canonicalize_name(each) for each in begun})
    assert re.findall(r"^(?!#|    --hash|[\w.-]+==).+", text, re.MULTILINE) == []  # no index, no link, no local file


@pytest.mark.parametrize("name", LISTS)
def test_lists_have_the_versions_that_were_tested_together(name: str) -> None:
    """Where this fails, `docker/lock` writes the lists anew."""
    known = constrained()
    known |= {gpu: known[cpu] for gpu, cpu in OF_THE_GPU.items()}
    listed = pins(DOCKER / "requirements" / f"{name}.txt")
    assert {each: version for each, version in listed.items() if version != known.get(each, version)} == {}
    assert all(each.startswith(("nvidia-", "cuda-", "triton")) for each in listed.keys() - known.keys())


@pytest.mark.parametrize(
    ("name", "extras"),
    [
        ("cpu", ("cpu", *SERVING)),
        ("gpu", ("gpu", *SERVING)),
        ("training", ("cpu", "train", *SERVING)),
    ],
)
def test_a_list_has_all_that_its_image_asks_for(name: str, extras: tuple[str, ...]) -> None:
    text = (DOCKER / "requirements" / f"{name}.txt").read_text()
    assert asked(*extras) - {canonicalize_name(each) for each, *_ in PINNED.findall(text)} == set()


def test_what_serves_has_no_torch() -> None:
    assert "torch" not in pins(DOCKER / "requirements" / "cpu.txt")
    assert "torch" not in pins(DOCKER / "requirements" / "gpu.txt")
    assert "torch" in pins(DOCKER / "requirements" / "training.txt")


def test_an_image_has_what_its_list_names_and_nothing_else(image: Path) -> None:
    found = {path.name.split("-")[0] for path in (image / "lib").glob("python*/site-packages/*.dist-info")}
    listed = pins(DOCKER / "requirements" / "cpu.txt").keys()
    assert {canonicalize_name(each) for each in found} == {*listed, "sightsound"}


def test_all_that_an_image_has_is_in_its_bill_of_materials(image: Path) -> None:
    bill = json.loads((image / "sbom.cdx.json").read_text())
    assert bill["bomFormat"] == "CycloneDX"
    named = {canonicalize_name(each["name"]): each["version"] for each in bill["components"]}
    assert named.items() >= pins(DOCKER / "requirements" / "cpu.txt").items()
    assert "sightsound" in named


def test_everything_has_its_bytecode_as_a_read_only_image_can_be_given_none(image: Path) -> None:
    found = list((image / "lib").glob("**/*.py"))
    tag = sys.implementation.cache_tag
    assert len(found) > 1000
    assert [each for each in found if not (each.parent / "__pycache__" / f"{each.stem}.{tag}.pyc").exists()] == []


def test_a_file_with_another_hash_is_refused(image: Path, tmp_path: Path) -> None:
    """A list in which one hash is another's installs nothing."""
    text = (DOCKER / "requirements" / "cpu.txt").read_text()
    name, version, *_ = next(each for each in PINNED.findall(text) if each[0].lower() == "idna")
    wrong = tmp_path / "requirements.txt"
    wrong.write_text(f"{name}=={version} --hash=sha256:{'0' * 64}\n")
    command = [str(image.parent / "tools" / "bin" / "uv"), "pip", "install", "--no-deps", "--require-hashes"]
    done = subprocess.run(
        [*command, "--python", str(image / "bin" / "python"), "--target", str(tmp_path / "in"), "-r", str(wrong)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode != 0
    assert "Hash mismatch" in done.stderr
    assert list((tmp_path / "in").glob("**/*.py")) == []

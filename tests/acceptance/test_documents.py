"""The examples of the README and the docs, run as they stand."""

import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from models.bundle.store import load_manifest
from service.app import create_app
from service.settings import Settings
from sightsound import Client
from sightsound.cli import run
from tests.tiny.bundles import tiny_bundle, tiny_library
from tests.tiny.encoders import tiny_clip
from tests.unit.service.running import running

ROOT = Path(__file__).parents[2]
ADDRESS = "http://127.0.0.1:8765"
EXAMPLE = re.compile(r"^```(python|sh)\n(.*?)^```", re.MULTILINE | re.DOTALL)
DOCUMENTS = ("README.md", "docs/http-api.md")
COMMANDS = "docs/command-line.md"
BY_JOBS = ("evaluate", "reindex")


def examples(document: str) -> list[tuple[str, str]]:
    """Every example of a document, with its language."""
    return EXAMPLE.findall((ROOT / document).read_text())


def cases() -> Iterator[tuple[str, str]]:
    """Every example that asks the service, one by one."""
    for document in DOCUMENTS:
        for language, text in examples(document):
            if language == "python":
                yield "python", text
            else:
                yield from (("sh", line) for line in text.splitlines() if line.startswith("curl"))


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder that has what the examples name: the gallery `demo`, the bundles `demo-…`."""
    library = tiny_library(tmp_path_factory.mktemp("library"), clips_per_label=1)
    encoders = load_manifest(library / "bundles" / "tiny")
    for seed, name in enumerate(("demo-avgzslnet", "demo-cjme")):
        tiny_bundle(
            library / "bundles" / name,
            name=name,
            seed=seed,
            audio=encoders.backbones["audio"],
            video=encoders.backbones["video"],
            text=encoders.text_encoder,
        )
    return library


@pytest.fixture(scope="module")
def address(library: Path) -> Iterator[str]:
    """A service over it."""
    with running(create_app(Settings(data=library, job_workers=1))) as found:
        yield found


@pytest.fixture(scope="module")
def folder(library: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the clips and the bundle that the examples upload."""
    place = tmp_path_factory.mktemp("work")
    world = place / "sightsound-data" / "world"
    world.mkdir(parents=True)
    tiny_clip(place / "knock.mp4")
    shutil.make_archive(str(place / "demo-cjme"), "tar", library / "bundles" / "demo-cjme")
    shutil.copy(place / "knock.mp4", world / "siren-bell-bouncing-test-00.mp4")
    return place


def commands() -> list[str]:
    """Every example of the command line that asks."""
    asking = (ROOT / COMMANDS).read_text().split("\n## Asking\n")[1].split("\n## ")[0]
    return [line for _, text in EXAMPLE.findall(asking) for line in text.splitlines() if line.startswith("sightsound ")]


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a clip and a data folder, as commands expect it; what they change they may keep."""
    place = tmp_path_factory.mktemp("place")
    tiny_library(place / "sightsound-data", clips_per_label=1)
    tiny_clip(place / "knock.mp4")
    return place


@pytest.fixture
def as_it_was(address: str) -> Iterator[None]:
    """What an example put into the gallery is gone after it, so that none depends on which ran before."""
    with Client(address) as client:
        before = {each.id for each in client.clips("demo")}
        yield
        for job in client.jobs.listed():
            client.jobs.wait(job.id, timeout_s=60)
        for each in client.clips("demo"):
            if each.id not in before:
                client.remove_clip("demo", each.id)


@pytest.mark.usefixtures("as_it_was")
@pytest.mark.parametrize(("language", "text"), list(cases()))
def test_an_example_of_the_documents_runs(language: str, text: str, address: str, folder: Path) -> None:
    if language == "sh" and not shutil.which("curl"):
        pytest.skip("curl is not installed")
    asked = text.replace(ADDRESS, address).replace("Client()", f"Client({address!r})")
    command = [sys.executable, "-c", asked] if language == "python" else ["sh", "-c", f"{asked} --silent --fail"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, f"{text}\n{done.stdout}{done.stderr}"
    assert done.stdout.strip()


@pytest.mark.parametrize("command", commands())
def test_a_command_of_the_documents_runs(
    command: str, address: str, place: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(place)
    arguments = shlex.split(command.replace(ADDRESS, address))[1:]
    if "kitchen" in arguments:  # which an earlier line has made
        assert run(["vocabulary", "set", "kitchen", "a kettle"]) == 0
        capsys.readouterr()
    if arguments[0] in BY_JOBS:  # which a process does for one folder, and this one does already
        subprocess.run([sys.executable, "-m", "sightsound", *arguments], check=True, timeout=60)
    else:
        assert run(arguments) == 0
        assert capsys.readouterr().out.strip()


def test_every_command_that_asks_has_an_example() -> None:
    named = {command.split()[1] for command in commands()}
    assert named == {"search", "classify", "ingest", "evaluate", "reindex", "jobs", "bundle", "vocabulary", "status"}


def test_the_readme_starts_with_the_two_commands() -> None:
    language, text = examples("README.md")[0]
    assert language == "sh"
    assert [line.split("#")[0].strip() for line in text.splitlines()] == ["make demo", "make test"]
    targets = re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert {"demo", "test", "install", "check", "bench"} <= set(targets)


@pytest.mark.parametrize(
    "document",
    sorted(
        str(path.relative_to(ROOT))
        for path in ROOT.glob("**/*.md")
        if ".venv" not in path.parts and "sightsound-data" not in path.parts
    ),
)
def test_links_between_documents_lead_somewhere(document: str) -> None:
    text = (ROOT / document).read_text()
    links = [link for link in re.findall(r"\]\(([^)#]+)\)", text) if "://" not in link]
    assert [link for link in links if not (ROOT / document).parent.joinpath(link).exists()] == []

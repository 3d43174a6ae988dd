"""The examples of the README and of every document, run as a reader copies them, by what they are about."""

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from models.bundle.store import load_manifest
from service.app import create_app
from service.settings import Settings
from sightsound import Client
from sightsound.cli import run
from tests.documents import DOCS, PAGES, ROOT, Example, examples
from tests.tiny.bundles import tiny_bundle, tiny_library
from tests.tiny.clips import tiny_clip
from tests.unit.service.running import running

ADDRESSES = "http://127.0.0.1:8765", "https://search.example"
COMMANDS = "docs/command-line.md"
BY_JOBS = ("evaluate", "reindex")
PATIENCE_S = 240.0
"""How long an example may take: several processes start for it, and decoders and jobs, on a machine that is busy."""
NOT_RUN = re.compile(
    r"make |docker |kubectl |PIP_\w+=|pip install |torchrun |sightsound (demo|serve|train|benchmark|worker)\b"
    r"|SIGHTSOUND_(NAMES|JOB_WORKERS)="
    r"|create(user|db) |mkdir (new|backup)|sqlite3 |pg_(dump|restore) |cp -r |aws s3 |.* --data (restored|new)\b"
    r"|sightsound keys revoke |rm -f |mv "
    r"|sightsound backbone (import|import-network|train|pull|join|bench)\b|sightsound bundle from-"
    r"|sightsound gallery create mine|.* --gallery mine|.*postgresql://"
    r"|export (AWS_|SIGHTSOUND_(CATALOG|INGEST_ROOT|JOB_WORKERS|MEDIA|MILVUS))"
)
"""Lines that go on for minutes or for ever, or that need a data set, a network's weights, a host or a server."""


def lines(example: Example) -> list[str]:
    """What of a shell example is run, a command each."""
    said = example.text.replace("\\\n", " ").splitlines()
    return [each for each in said if each.strip() and not each.startswith("#") and not NOT_RUN.match(each)]


def exports(example: Example) -> list[str]:
    """What earlier examples of the document told the shell."""
    before = (ROOT / example.document).read_text().split(example.text)[0]
    return [each for each in re.findall(r"^export .*", before, re.MULTILINE) if not NOT_RUN.match(each)]


def asking(example: Example) -> bool:
    """Whether an example is run in one go, beside a service."""
    if example.language == "python":
        return True
    return example.language == "sh" and example.document != COMMANDS and bool(lines(example))


EXAMPLES = [each for path in (ROOT / "README.md", *PAGES) for each in examples(path) if asking(each)]


FIRST_PAGES = (ROOT / "README.md").read_text() + (DOCS / "http-api.md").read_text()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a data folder that has what examples name, and with the clips that they upload."""
    place = tmp_path_factory.mktemp("work")
    data = tiny_library(place / "sightsound-data", clips_per_label=1)
    encoders = load_manifest(data / "bundles" / "tiny")
    for seed, name in enumerate(("demo-avgzslnet", "demo-cjme")):
        tiny_bundle(
            data / "bundles" / name,
            name=name,
            seed=seed,
            audio=encoders.backbones["audio"],
            video=encoders.backbones["video"],
            text=encoders.text_encoder,
        )
    shutil.copytree(data / "backbones" / "tiny-video@1", data / "backbones" / "demo-video@1")
    (data / "world").mkdir()
    for clip in ("knock.mp4", "clip.mp4", *re.findall(r"sightsound-data/world/[\w-]+\.mp4", FIRST_PAGES)):
        tiny_clip(place / clip)
    (place / "docker" / "secrets").mkdir(parents=True)
    (place / ".curlrc").write_text("silent\nshow-error\nfail-with-body\n")
    return place


@pytest.fixture(scope="module")
def address(folder: Path) -> Iterator[str]:
    """A service over it."""
    with running(create_app(Settings(data=folder / "sightsound-data", job_workers=1, ingest_root=folder))) as found:
        yield found


@pytest.fixture(scope="module")
def environment(folder: Path, address: str) -> dict[str, str]:
    """What examples take from their environment: a key and the id of a clip."""
    with Client(address) as client:
        key, clip = client.create_key("reader", ["admin"]).key, next(iter(client.clips("demo"))).id
    beside = {"SIGHTSOUND_KEY": key, "CLIP": clip, "CURL_HOME": str(folder)}
    return {**os.environ, **beside, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}


@pytest.fixture
def as_it_was(address: str, folder: Path) -> Iterator[None]:
    """What an example put into the gallery, its passwords and its archives are gone after it: none depends on another.

    One that exports is refused where another has left a file of that name, and workers run them in any order.
    """
    with Client(address) as client:
        before = {each.id for each in client.clips("demo")}
        yield
        for made in (folder / ".env", *folder.glob("*.tar")):
            made.unlink(missing_ok=True)
        for job in client.jobs.listed():
            client.jobs.wait(job.id, timeout_s=PATIENCE_S)
        for each in client.clips("demo"):
            if each.id not in before:
                client.remove_clip("demo", each.id)


def shape(shown: Any, answered: Any) -> Any:
    """The keys of an answer, as deep as both tell."""
    if isinstance(shown, dict) and isinstance(answered, dict) and shown and answered:
        return {key: shape(shown.get(key), value) for key, value in answered.items()}
    if isinstance(shown, list) and isinstance(answered, list) and shown and answered:
        return [shape(shown[0], answered[0])]
    return None


@pytest.mark.usefixtures("as_it_was")
@pytest.mark.parametrize("example", EXAMPLES, ids=str)
def test_an_example_of_the_documents_runs(
    example: Example, address: str, folder: Path, environment: dict[str, str]
) -> None:
    if "curl" in example.text and not shutil.which("curl"):
        pytest.skip("curl is not installed")
    asked = example.text if example.language == "python" else "\n".join((*exports(example), *lines(example)))
    for each in ADDRESSES:
        asked = asked.replace(each, address)
    command = [sys.executable, "-c"] if example.language == "python" else ["sh", "-e", "-c"]
    asked = asked.replace("Client()", f"Client({address!r})")
    done = subprocess.run(
        [*command, asked], cwd=folder, env=environment, capture_output=True, text=True, timeout=PATIENCE_S, check=False
    )
    refused = '"/problems/' in (example.answer or "")
    assert (done.returncode != 0) is refused, f"{example.text}\n{done.stdout}{done.stderr}"
    assert done.stdout.strip() or "print(" not in example.text
    if example.answer:
        shown, answered = json.loads(example.answer), json.loads(done.stdout)
        assert shape(shown, answered) == shape(answered, shown)


def commands() -> list[str]:
    """Every example of the command line that asks."""
    section = (ROOT / COMMANDS).read_text().split("\n## Asking\n")[1].split("\n## ")[0]
    return [line for line in re.findall(r"^sightsound .*", section, re.MULTILINE) if line in _EXAMPLE_LINES]


_EXAMPLE_LINES = {line for each in examples(ROOT / COMMANDS) if each.language == "sh" for line in lines(each)}


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a clip and a data folder, as commands expect it; what they change they may keep."""
    place = tmp_path_factory.mktemp("place")
    tiny_library(place / "sightsound-data", clips_per_label=1)
    tiny_clip(place / "knock.mp4")
    return place


@pytest.mark.parametrize("command", commands())
def test_a_command_of_the_documents_runs(
    command: str, address: str, place: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(place)
    arguments = shlex.split(command.replace(ADDRESSES[0], address), comments=True)[1:]
    if "kitchen" in arguments:  # which an earlier line has made
        assert run(["vocabulary", "set", "kitchen", "a kettle"]) == 0
        capsys.readouterr()
    if arguments[0] in BY_JOBS:  # which a process does for one folder, and this one does already
        subprocess.run([sys.executable, "-m", "sightsound", *arguments], check=True, timeout=PATIENCE_S)
    else:
        assert run(arguments) == 0
        assert capsys.readouterr().out.strip()


def test_every_command_that_asks_has_an_example() -> None:
    named = {command.split()[1] for command in commands()}
    asking = {"search", "classify", "vocabulary", "clip", "status"}
    assert named == {*asking, "ingest", "evaluate", "reindex", "jobs", "bundle"}


def test_the_readme_starts_with_the_two_commands() -> None:
    first = next(examples(ROOT / "README.md"))
    assert first.language == "sh"
    assert [line.split("#")[0].strip() for line in first.text.splitlines()] == ["make demo", "make test"]
    targets = re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert {"demo", "test", "install", "check", "bench"} <= set(targets)


USES = {"sightsound search", "sightsound classify", "sightsound evaluate", "sightsound reindex"}


def test_the_first_page_has_all_uses_by_curl_from_python_and_on_the_command_line() -> None:
    shown = list(examples(DOCS / "http-api.md"))
    shell = "\n".join(each.text for each in shown if each.language == "sh")
    python = "\n".join(each.text for each in shown if each.language == "python")
    assert [use for use in USES if use not in shell] == []
    assert [
        use for use in ("search?text=", "search\n", "classify\n", "evaluations\n", "reindex\n") if use not in shell
    ] == []
    assert [use for use in ("search(", "search_clip(", "classify(", "evaluate(", "reindex(") if use not in python] == []

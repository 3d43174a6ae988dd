"""Commands that ask: of a data folder itself and of a service the same comes back."""

import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from fastapi import FastAPI

from models.errors import DependencyMissing
from sightsound.answers import ClipDetail
from sightsound.cli import run
from sightsound.client import Client
from sightsound.commands import local
from tests.tiny.clips import tiny_clip
from tests.unit.commands.conftest import Told

WORDS = ("search", "dog barking", "-k", "3")


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_clip(tmp_path_factory.mktemp("clips") / "clip.mp4", seconds=0.5)


def test_a_folder_answers_as_its_service_does(told: Told, data: Path, server: str) -> None:
    here, there = told(*WORDS, "--data", data), told(*WORDS, "--server", server)
    assert [hit["clip"]["id"] for hit in here["hits"]] == [hit["clip"]["id"] for hit in there["hits"]]
    assert (len(here["hits"]), here["hits"][0]["clip"]["labels"]) == (3, ["dog barking"])


def test_hits_are_narrowed(told: Told, server: str) -> None:
    best = told(*WORDS, "--server", server)["hits"][0]["score"]
    only = told(*WORDS, "--label", "bell ringing", "--by", "clip", "--server", server)["hits"]
    assert {label for hit in only for label in hit["clip"]["labels"]} == {"bell ringing"}
    assert [hit["score"] for hit in told(*WORDS, "--min-score", best, "--server", server)["hits"]] == [best]


def test_a_clip_finds_its_counterparts(told: Told, server: str, clip: Path) -> None:
    assert told("search", "--clip", clip, "--server", server)["route"] == "audio->video"
    assert told("search", "--clip", clip, "--to", "audio", "--server", server)["route"] == "video->audio"
    assert told("search", "--clip", clip, "--from", "video", "--server", server)["route"] == "video->audio"


def test_clips_of_the_gallery_are_examples(told: Told, server: str) -> None:
    first, second = [hit["clip"]["id"] for hit in told(*WORDS, "--server", server)["hits"]][:2]
    alike = told("search", "--like", first, "--to", "audio", "--server", server)["hits"]
    assert first not in [hit["clip"]["id"] for hit in alike]
    apart = told(*WORDS, "--unlike", second, "--server", server)["hits"]
    assert second not in [hit["clip"]["id"] for hit in apart]


def test_a_clip_is_classified_among_any_words(told: Told, server: str, clip: Path) -> None:
    found = told(
        "classify", clip, "--class", "a dog", "--class", "a bell", "--calibration", "0.5", "-k", "1", "--server", server
    )
    assert (len(found["classes"]), found["classes"][0]["name"] in ("a dog", "a bell")) == (1, True)


def test_hits_are_narrowed_by_metadata_and_told_with_reasons(
    told: Told, capsys: pytest.CaptureFixture[str], server: str
) -> None:
    where = '[{"path": ["year"], "is": "exists", "value": true}]'
    assert told(*WORDS, "--where", where, "--server", server)["hits"] == []
    hit = told(*WORDS, "--explain", "--server", server)["hits"][0]
    assert hit["explanation"]["raw_score"] == pytest.approx(hit["score"])
    assert run([*WORDS, "--explain", "--server", server]) == 0
    written = capsys.readouterr().out
    assert "Why they were found" in written
    assert f"{hit['explanation']['words']['hit'][0]['name']} (" in written


@pytest.fixture
def lengths(server: str, tmp_path: Path) -> Iterator[list[ClipDetail]]:
    """A clip of a second and one of many windows, in the gallery "long"."""
    with Client(server) as client:
        client.create_gallery("long", "tiny")
        files = [tiny_clip(tmp_path / f"{seconds}.mp4", seconds=seconds) for seconds in (1.0, 44.0)]
        yield [client.add_clip("long", each) for each in files]
        client.remove_gallery("long")


def test_long_clips_are_told_with_their_moments_and_found_by_their_length(
    told: Told, server: str, lengths: list[ClipDetail], capsys: pytest.CaptureFixture[str]
) -> None:
    short, long = lengths
    asked = ("search", "bell", "--gallery", "long", "--server", server)
    assert [hit["clip"]["id"] for hit in told(*asked, "--min-duration", "30", "--by", "clip")["hits"]] == [long.id]
    assert [hit["clip"]["id"] for hit in told(*asked, "--max-duration", "30")["hits"]] == [short.id]
    (hit,) = told(*asked, "--among", long.id, "--by", "clip", "--moments", "2")["hits"]
    assert len(hit["moments"]) == 2
    assert run([*asked, "--among", long.id, "--by", "clip", "--moments", "2"]) == 0
    spans = [f"{each['window']['start_s']:.1f} - {each['window']['end_s']:.1f}" for each in (hit, *hit["moments"])]
    table = capsys.readouterr().out
    assert [each for each in spans if each not in table] == []


def test_several_clips_are_classified_and_one_that_is_none_is_told(
    told: Told, capsys: pytest.CaptureFixture[str], server: str, clip: Path
) -> None:
    asked = ("classify", clip, __file__, "--class", "a dog, barking", "--class", "a bell")
    how = ("--abstain-below", "1e6", "--server", server)
    good, bad = told(*asked, *how, status=1)["answers"]
    assert (good["ranking"]["abstained"], good["problem"], bad["ranking"]) == (True, None, None)
    assert {each["name"] for each in good["ranking"]["classes"]} == {"a dog, barking", "a bell"}
    assert run(list(map(str, (*asked, *how)))) == 1
    written = capsys.readouterr().out
    assert "too close to say" in written
    assert bad["problem"]["detail"][:30] in written


def test_vocabularies_are_kept_chosen_from_and_deleted(
    told: Told, capsys: pytest.CaptureFixture[str], server: str, clip: Path, tmp_path: Path
) -> None:
    at = ("--server", server)
    made = told("vocabulary", "set", "kitchen", "a kettle", "a pan, sizzling", *at)
    assert [each["name"] for each in made["classes"]] == ["a kettle", "a pan, sizzling"]
    assert told("classify", clip, "--vocabulary", "kitchen", *at)["vocabulary"] == "kitchen"
    (tmp_path / "lines.txt").write_text("a kettle\n\na whisk\n")
    (tmp_path / "flags.json").write_text('{"classes": ["a whisk", {"name": "a kettle", "seen": true}]}')
    assert told("vocabulary", "set", "kitchen", "--file", tmp_path / "lines.txt", *at)["size"] == 2
    flagged = told("vocabulary", "set", "kitchen", "--file", tmp_path / "flags.json", *at)["classes"]
    assert [each["seen"] for each in flagged] == [None, True]
    assert told("vocabulary", "show", "kitchen", *at)["version"] == 3
    assert [each["name"] for each in told("vocabulary", "list", *at)] == ["kitchen"]
    assert run(["vocabulary", "show", "kitchen", *at]) == 0
    assert "a whisk" in capsys.readouterr().out
    assert told("vocabulary", "delete", "kitchen", *at) == {"vocabulary": "kitchen"}
    assert told("vocabulary", "list", *at) == []


def test_bundles_are_listed_shown_and_brought(
    told: Told, capsys: pytest.CaptureFixture[str], server: str, data: Path
) -> None:
    (listed,) = told("bundle", "list", "--server", server)
    whole = told("bundle", "show", listed["name"], "--server", server)
    assert whole["routes"].keys() == set(listed["routes"])
    assert told("bundle", "upload", data / "bundles" / listed["name"], "--server", server) == whole
    assert run(["bundle", "show", listed["name"], "--server", server]) == 0
    assert whole["sha256"][:16] in capsys.readouterr().out


def test_people_get_tables(capsys: pytest.CaptureFixture[str], server: str, clip: Path) -> None:
    assert run([*WORDS, "--server", server]) == 0
    assert "dog barking" in capsys.readouterr().out
    assert run(["classify", str(clip), "--server", server]) == 0
    assert "unseen" in capsys.readouterr().out
    assert run(["status", "--server", server]) == 0
    assert "interactive" in capsys.readouterr().out


def test_the_state_of_a_service_is_told(told: Told, server: str) -> None:
    assert [each["name"] for each in told("status", "--server", server)["galleries"]] == ["demo"]


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (("search",), "--clip FILE"),
        (("search", "bell", "--clip", __file__), "--clip FILE"),
        (("search", "bell", "--gallery", "none"), "'none'"),
        (("search", "--clip", "/nowhere/x.mp4"), "/nowhere/x.mp4"),
        (("classify", "/nowhere/x.mp4"), "/nowhere/x.mp4"),
        (("classify", __file__, "--calibration", "much"), "'much'"),
        (("classify", __file__), "media"),
        (("classify", __file__, "--vocabulary", "none"), "none"),
        (("search", "bell", "--where", "year < 2000"), "--where"),
        (("search", "bell", "--where", "[1]"), "--where"),
        (("search", "bell", "--where", '[{"is": "eq"}]'), "path"),
        (("search", "bell", "--min-probability", "0.5"), "probabilit"),
        (("vocabulary", "show", "none"), "none"),
        (("vocabulary", "set", "none"), "--file"),
        (("vocabulary", "set", "none", "--file", "/nowhere/at all"), "/nowhere/at all"),
        (("vocabulary", "set", "none", "a", "A"), "a"),
        (("bundle", "show", "none"), "none"),
        (("bundle", "upload", "/nowhere/at all"), "/nowhere/at all"),
        (("bundle", "upload", __file__), "bundle"),
        (("jobs", "show", "nothing"), "nothing"),
        (("ingest", "/nowhere/at all"), "/nowhere/at all"),
    ],
)
def test_a_mistake_is_one_line_that_names_it(
    capsys: pytest.CaptureFixture[str], server: str, arguments: tuple[str, ...], word: str
) -> None:
    assert run([*arguments, "--server", server]) == 2
    written = capsys.readouterr()
    assert (written.out, written.err.count("\n")) == ("", 1)
    assert word in written.err


@pytest.mark.parametrize(
    ("address", "said"), [("http://127.0.0.1:9", "`sightsound serve` starts one"), ("127.0.0.1:9", "--server: found")]
)
def test_nobody_at_an_address_is_one_line(capsys: pytest.CaptureFixture[str], address: str, said: str) -> None:
    assert run(["status", "--server", address]) == 2
    written = capsys.readouterr().err
    assert address in written
    assert said in written


OPENED = """
import gc, sys
from contextlib import suppress
from pathlib import Path
from models.features.backbone import Backbone
from sightsound.commands.local import over

def opened():
    children = []
    for each in Path("/proc/self/task").glob("*/children"):
        with suppress(OSError):  # of a thread that has just ended
            children += each.read_text().split()
    return len(children), sum(isinstance(each, Backbone) for each in gc.get_objects())

with over(Path(sys.argv[1]), jobs=0) as client:
    client.search("demo", text="dog barking")
    print(*opened())
    client.classify(sys.argv[2])
    print(*opened())
"""


def test_words_start_no_process_and_open_no_backbone_and_clips_do(data: Path, clip: Path) -> None:
    command = [sys.executable, "-c", OPENED, str(data), str(clip)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    words, clips = ([int(each) for each in line.split()] for line in done.stdout.splitlines())
    assert words == [0, 0]
    assert min(clips) > 0


def test_a_folder_that_is_named_is_asked_whatever_service_the_environment_names(
    capsys: pytest.CaptureFixture[str], data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SIGHTSOUND_SERVER", "http://127.0.0.1:9")
    monkeypatch.setenv("SIGHTSOUND_DATA", str(data))
    assert run(["vocabulary", "list"]) == 2
    assert "127.0.0.1:9" in capsys.readouterr().err
    assert run(["vocabulary", "list", "--data", str(data)]) == 0


def test_a_folder_that_is_none_is_one_line(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert run(["search", "bell", "--data", str(tmp_path)]) == 2
    assert "`sightsound demo` makes one" in capsys.readouterr().err


def test_what_keeps_a_folder_from_being_asked_is_raised(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    @asynccontextmanager
    async def broken(app: FastAPI) -> AsyncIterator[None]:
        raise DependencyMissing("a part is missing")
        yield

    monkeypatch.setattr(local, "create_app", lambda settings, ready: FastAPI(lifespan=broken))
    with pytest.raises(DependencyMissing, match="a part is missing"), local.over(data, jobs=0):
        pass

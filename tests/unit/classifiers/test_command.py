"""`sightsound backbone import` and `sightsound bundle from-classifiers`: files in, a gallery searched by words out."""

from collections.abc import Iterator
from pathlib import Path
from shutil import copytree
from typing import Any

import pytest
from starlette.testclient import TestClient

from models.bundle.manifest import Manifest
from models.bundle.store import load_manifest
from service.app import create_app
from service.settings import Settings
from sightsound.cli import run
from tests.tiny.classifiers import COLOURS, SOUNDS, class_list, colour, loudness
from tests.tiny.clips import tiny_clip
from tests.tiny.encoders import tiny_audio_backbone, tiny_text_encoder
from tests.unit.service.asking import OWN, upload

WORDS = ("a", "red", "green", "blue", "loud", "low", "drum", "bell", "ball")
PICTURE = ["--sense", "video", "--size", "32", "--rate", "4"]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with a text encoder, both classifiers and the bundle of both; not to be changed."""
    folder = tmp_path_factory.mktemp("classifiers")
    data = folder / "data"
    tiny_text_encoder(data / "backbones" / "tiny-text@1", words=WORDS)
    sounds, colours = class_list(folder / "sounds.txt", SOUNDS), class_list(folder / "colours.txt", COLOURS)
    bring(data, loudness(folder / "loudness.onnx"), "--sense", "audio", "--classes", str(sounds))
    bring(data, colour(folder / "colour.onnx"), *PICTURE, "--classes", str(colours))
    assert run(["bundle", "from-classifiers", "--data", str(data), "--top", "1"]) == 0
    return data


@pytest.fixture
def data(made: Path, tmp_path: Path) -> Path:
    return Path(copytree(made, tmp_path / "data"))


@pytest.fixture(scope="module")
def client(made: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    """A service over the bundle, with a gallery of a clip of each colour, a quiet one and one without sound."""
    folder = Path(copytree(made, tmp_path_factory.mktemp("served") / "data"))
    assert run(["gallery", "create", "mine", "--bundle", "classifiers", "--data", str(folder)]) == 0
    clips = tmp_path_factory.mktemp("clips")
    with TestClient(create_app(Settings(data=folder, job_workers=0)), OWN) as client:
        for row, name in enumerate(("red", "green", "blue")):
            shade = tuple(250 if row == each else 0 for each in range(3))
            sound = name != "blue"
            clip = tiny_clip(clips / f"{name}.mp4", seconds=1.0, colour=(shade[0], shade[1], shade[2]), sound=sound)
            assert upload(client, "/v1/galleries/mine/clips", clip).status_code == 201
        yield client


def bring(data: Path, file: Path, *options: str) -> None:
    assert run(["backbone", "import", str(file), "--data", str(data), *options]) == 0


def found(client: TestClient, **asked: Any) -> list[str]:
    answer = client.get("/v1/galleries/mine/search", params=asked)
    assert answer.status_code == 200, answer.text
    return [hit["clip"]["name"] for hit in answer.json()["hits"]]


def test_the_bundle_says_what_it_is_made_of(made: Path) -> None:
    manifest = load_manifest(made / "bundles" / "classifiers")
    assert (manifest.method, manifest.words, manifest.seen_classes) == ("conse", "any", ())
    assert {sense: ref.name for sense, ref in manifest.backbones.items()} == {
        "audio": "loudness-classes@1",
        "video": "colour-classes@1",
    }
    assert manifest.vocabulary == (*SOUNDS, *COLOURS)
    assert manifest.channels == ("av", "video", "audio")
    assert manifest.export_difference < 1e-5
    assert "loudness-classes@1, as “the sound of {}”" in (made / "bundles/classifiers/card.md").read_text()


@pytest.mark.parametrize("name", ["red", "green", "blue"])
def test_words_find_the_clip_that_is_classified_so(client: TestClient, name: str) -> None:
    assert found(client, text=f"a {name} ball", to="video")[0] == f"{name}.mp4"


def test_a_clip_is_found_by_the_senses_it_has(client: TestClient) -> None:
    assert sorted(found(client, text="a loud drum", to="audio")) == ["green.mp4", "red.mp4"]
    assert sorted(found(client, text="a green ball", to="av")) == ["green.mp4", "red.mp4"]
    assert found(client, text="a green ball", to="av")[0] == "green.mp4"


def test_a_clip_is_classified_among_the_classifiers_own_classes_and_both_senses_have_a_part(
    client: TestClient, tmp_path: Path
) -> None:
    clip = tiny_clip(tmp_path / "green.mp4", seconds=1.0, colour=(0, 240, 0))
    answer = upload(client, "/v1/classify", clip, gallery="mine", k=5).json()
    assert answer["channel"] == "av"
    assert "a green ball" in [each["name"] for each in answer["classes"][:3]]
    for each in answer["classes"]:
        assert sum(each["parts"].values()) == pytest.approx(each["score"], abs=1e-4)


def test_one_sense_alone_makes_a_bundle_of_its_routes(tmp_path: Path) -> None:
    data = tmp_path / "data"
    tiny_text_encoder(data / "backbones" / "tiny-text@1", words=WORDS)
    names = class_list(tmp_path / "names.txt", COLOURS)
    bring(data, colour(tmp_path / "colour.onnx"), *PICTURE, "--classes", str(names))
    assert run(["bundle", "from-classifiers", "--data", str(data), "--name", "seen"]) == 0
    assert bundle(data, "seen").routes.keys() == {"text->video", "video->text", "video->video"}


def test_a_prompt_changes_the_words_of_a_class(data: Path) -> None:
    arguments = ["--video-prompt", "a red {}", "--name", "other"]
    assert run(["bundle", "from-classifiers", "--data", str(data), *arguments]) == 0
    first, other = (bundle(data, name).heads for name in ("classifiers", "other"))
    assert first["video"].sha256 != other["video"].sha256
    assert first["text"].sha256 == other["text"].sha256


def test_of_several_classifiers_of_a_sense_one_is_chosen(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    names = class_list(tmp_path / "names.txt", COLOURS)
    bring(data, colour(tmp_path / "second.onnx"), *PICTURE, "--classes", str(names), "--licence", "MIT")
    arguments = ["bundle", "from-classifiers", "--data", str(data), "--name", "chosen"]
    assert "colour-classes@1, second-classes@1 of pictures" in failure(capsys, *arguments)
    assert run([*arguments, "--video", "second-classes@1"]) == 0
    assert bundle(data, "chosen").backbones["video"].name == "second-classes@1"


REFUSED = [
    (["--name", "../elsewhere"], "is no bundle's name"),
    (["--name", "classifiers"], "there is a bundle 'classifiers'"),
    (["--audio", "none@1"], "there is no classifier none@1 of sound in"),
    (["--audio-prompt", "a sound"], "'a sound' has 0 places for a class; expected one {}"),
    (["--video-prompt", "{} {}"], "'{} {}' has 2 places"),
    (["--top", "0"], "--top"),
]


@pytest.mark.parametrize(("arguments", "message"), REFUSED)
def test_what_cannot_be_is_refused_in_one_line(
    data: Path, arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    before = sorted(data.rglob("*"))
    named = arguments if "--name" in arguments else [*arguments, "--name", "new"]
    assert message in failure(capsys, "bundle", "from-classifiers", "--data", str(data), *named)
    assert sorted(data.rglob("*")) == before


ODD_IMPORTS = [
    (["--sense", "smell"], "--sense 'smell' is none"),
    (["--sense", "video", "--rate", "0"], "--rate 0.0 is too low"),
    (["--sense", "video", "--mean", "0,0,0"], "--mean and --std go together"),
    (["--sense", "video", "--mean", "0,0", "--std", "1,1,1"], "--mean '0,0' is not three numbers"),
    (["--sense", "video"], "found frames of size 224"),
]


@pytest.mark.parametrize(("options", "message"), ODD_IMPORTS)
def test_an_import_that_cannot_be_is_refused_in_one_line(
    tmp_path: Path, options: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    names = class_list(tmp_path / "names.txt", COLOURS)
    file = colour(tmp_path / "colour.onnx")
    arguments = ["backbone", "import", str(file), "--classes", str(names), "--data", str(tmp_path / "data")]
    assert message in failure(capsys, *arguments, *options)
    assert not (tmp_path / "data").exists()


def test_a_folder_without_a_classifier_says_how_to_have_one(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    tiny_audio_backbone(tmp_path / "data" / "backbones" / "tiny-audio@1")
    said = failure(capsys, "bundle", "from-classifiers", "--data", str(tmp_path / "data"))
    assert "there is no classifier in" in said
    assert "`sightsound backbone import`" in said


def bundle(data: Path, name: str) -> Manifest:
    return load_manifest(data / "bundles" / name)


def failure(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    """The one line on stderr of a command that must fail."""
    capsys.readouterr()
    assert run(arguments) == 2
    written = capsys.readouterr()
    assert written.err.count("\n") == 1
    return written.err

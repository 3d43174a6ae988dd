"""`sightsound train`: clips and a recipe in, a bundle that can be served out."""

import shutil
from pathlib import Path

import pytest

from models.bundle.runtime import Bundle
from sightsound.cli import run
from tests.tiny.bundles import tiny_library
from tests.tiny.clips import tiny_clip

RECIPE = """
method = "devise"
epochs = 2
steps_per_epoch = 2
batch = 4
[weights]
ranking = 1.0
"""


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_library(tmp_path_factory.mktemp("library"), clips_per_label=1)


@pytest.fixture
def data(library: Path, tmp_path: Path) -> Path:
    shutil.copytree(library / "backbones", tmp_path / "data" / "backbones")
    return tmp_path / "data"


@pytest.fixture
def clips(tmp_path: Path) -> Path:
    rows = ["path,label,split"]
    for label, tone in (("low", 200), ("middle", 500), ("high", 900)):
        for split in ("train", "val", "test"):
            if (label, split) == ("high", "train"):
                continue
            name = f"{label}-{split}.mp4"
            tiny_clip(tmp_path / name, seconds=1.0, tone_hz=tone)
            rows.append(f"{name},{label},{split}")
    (tmp_path / "clips.csv").write_text("\n".join(rows) + "\n")
    (tmp_path / "recipe.toml").write_text(RECIPE)
    return tmp_path / "clips.csv"


def test_a_recipe_and_a_csv_become_a_bundle(clips: Path, data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    recipe = str(clips.parent / "recipe.toml")
    assert run(["train", recipe, "--clips", str(clips), "--data", str(data), "--name", "mine"]) == 0
    bundle = Bundle.open(data / "bundles" / "mine")
    assert [each.name for each in bundle.manifest.seen_classes] == ["low", "middle"]
    assert bundle.manifest.vocabulary == ("high", "low", "middle")
    assert bundle.manifest.backbones["audio"].name == "tiny-audio@1"
    shown = capsys.readouterr().out
    assert "validation harmonic mean" in shown
    assert "The bundle mine has the routes av->text" in shown.replace("\n", " ")


def test_a_clip_without_sound_or_that_is_none_is_left_out_and_named(
    clips: Path, data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    tiny_clip(clips.parent / "silent.mp4", seconds=1.0, sound=False)
    (clips.parent / "broken.mp4").write_bytes(b"not a clip")
    with clips.open("a") as file:
        file.write("silent.mp4,low,train\nbroken.mp4,low,train\n")
    assert run(["train", str(clips.parent / "recipe.toml"), "--clips", str(clips), "--data", str(data)]) == 0
    shown = capsys.readouterr().out.replace("\n", "")
    assert "silent.mp4: no window has both sound and pictures" in shown
    assert "broken.mp4:" in shown


@pytest.mark.parametrize(
    ("recipe", "message"),
    [("nothing.toml", "nothing.toml cannot be read"), ("nothing", "'nothing' is neither a recipe file nor one of")],
)
def test_a_recipe_that_is_not_there_is_refused(
    recipe: str, message: str, clips: Path, data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["train", recipe, "--clips", str(clips), "--data", str(data)]) == 2
    assert message in capsys.readouterr().err


def test_a_folder_without_backbones_is_refused_naming_what_makes_one(
    clips: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    recipe = str(clips.parent / "recipe.toml")
    assert run(["train", recipe, "--clips", str(clips), "--data", str(tmp_path / "empty")]) == 2
    assert "there is no audio backbone" in capsys.readouterr().err

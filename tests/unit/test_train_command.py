"""`sightsound train`: clips and a recipe in, a bundle that can be served out."""

import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch

from models.bundle.runtime import Bundle
from models.bundle.store import load_manifest
from sightsound.cli import run
from tests.tiny.bundles import tiny_library
from tests.tiny.clips import tiny_clip
from tests.tiny.torchrun import as_two

ROOT = Path(__file__).parents[2]
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


@pytest.fixture(scope="module")
def rendered(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Clips of three labels, the last of which is not in training, listed in `clips.csv`, and a recipe."""
    folder = tmp_path_factory.mktemp("rendered")
    rows = ["path,label,split"]
    for label, tone in (("low", 200), ("middle", 500), ("high", 900)):
        for split in ("train", "val", "test"):
            if (label, split) == ("high", "train"):
                continue
            name = f"{label}-{split}.mp4"
            tiny_clip(folder / name, seconds=1.0, tone_hz=tone)
            rows.append(f"{name},{label},{split}")
    (folder / "clips.csv").write_text("\n".join(rows) + "\n")
    (folder / "recipe.toml").write_text(RECIPE)
    return folder


@pytest.fixture
def clips(rendered: Path, tmp_path: Path) -> Path:
    """A list of clips that a test may change, with its clips and a recipe beside it."""
    shutil.copytree(rendered, tmp_path, dirs_exist_ok=True)
    return tmp_path / "clips.csv"


def test_a_recipe_and_a_csv_become_a_bundle(clips: Path, data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    recipe = str(clips.parent / "recipe.toml")
    assert run(["train", recipe, "--clips", str(clips), "--data", str(data), "--name", "mine"]) == 0
    bundle = Bundle.open(data / "bundles" / "mine")
    assert [each.name for each in bundle.manifest.seen_classes] == ["low", "middle"]
    assert bundle.manifest.vocabulary == ("high", "low", "middle")
    assert bundle.manifest.backbones["audio"].name == "tiny-audio@1"
    shown = capsys.readouterr().out
    for of in ("validation", "test"):
        assert f"{of} harmonic mean: {bundle.manifest.evaluation[f'{of} harmonic mean']:.1%}" in shown
    assert "The bundle mine has the routes av->text" in shown


def test_a_clip_without_sound_or_that_is_none_is_left_out_and_named(
    clips: Path, data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    tiny_clip(clips.parent / "silent.mp4", seconds=1.0, sound=False)
    (clips.parent / "broken.mp4").write_bytes(b"not a clip")
    with clips.open("a") as file:
        file.write("silent.mp4,low,train\nbroken.mp4,low,train\n")
    assert run(["train", str(clips.parent / "recipe.toml"), "--clips", str(clips), "--data", str(data)]) == 0
    shown = capsys.readouterr().out
    assert "silent.mp4: no window has both sound and pictures" in shown
    assert "broken.mp4:" in shown


def test_products_in_bfloat16_are_asked_for_and_said_in_the_card(clips: Path, data: Path) -> None:
    asked = ["--precision", "bfloat16", "--seed", "3"]
    assert run(["train", str(clips.parent / "recipe.toml"), "--clips", str(clips), "--data", str(data), *asked]) == 0
    card = (data / "bundles" / "devise" / "card.md").read_text()
    assert '"precision": "bfloat16"' in card
    assert '"seed": 3' in card


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU")
def test_the_setting_of_the_device_is_the_trainers_too(
    clips: Path, data: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["train", str(clips.parent / "recipe.toml"), "--clips", str(clips), "--data", str(data)]
    monkeypatch.setenv("SIGHTSOUND_DEVICE", "gpu")
    assert run(command) == 2
    assert "the device 'gpu' is not here: torch" in capsys.readouterr().err
    assert run([*command, "--device", "cpu"]) == 0


def test_a_class_whose_training_clips_are_all_left_out_is_unseen(clips: Path, data: Path) -> None:
    (clips.parent / "broken.mp4").write_bytes(b"not a clip")
    with clips.open("a") as file:
        file.write("broken.mp4,high,train\n")
    assert run(["train", str(clips.parent / "recipe.toml"), "--clips", str(clips), "--data", str(data)]) == 0
    found = load_manifest(data / "bundles" / "devise")
    assert [each.name for each in found.seen_classes] == ["low", "middle"]


def test_where_no_class_is_unseen_nothing_is_said_of_unseen_ones(
    clips: Path, data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    clips.write_text("\n".join(row for row in clips.read_text().splitlines() if "high" not in row))
    assert run(["train", str(clips.parent / "recipe.toml"), "--clips", str(clips), "--data", str(data)]) == 0
    assert load_manifest(data / "bundles" / "devise").evaluation.keys() == {
        "validation seen accuracy",
        "test seen accuracy",
    }
    assert "unseen" not in capsys.readouterr().out


REFUSED = [
    (["nothing.toml"], "nothing.toml cannot be read"),
    (["nothing"], "'nothing' is neither a recipe file nor one of"),
    (["odd.toml"], "odd.toml: widht: Extra inputs"),
    (["recipe.toml", "--seed", str(2**63)], "seed: "),
    (["recipe.toml", "--name", "taken"], "there is a bundle 'taken' in data already"),
    (["recipe.toml", "--name", "../elsewhere"], "--name '../elsewhere' is no bundle's name"),
    (["recipe.toml", "--name", ".hidden"], "--name '.hidden' is no bundle's name"),
    (["recipe.toml", "--device", "abacus"], "there is no device 'abacus'"),
    (["recipe.toml", "--device", "cuda:99"], "the device 'cuda:99' is not here"),
    (["recipe.toml", "--checkpoint", "nowhere/run.pt"], "--checkpoint nowhere/run.pt cannot be written"),
    (["recipe.toml", "--checkpoint", "data"], "--checkpoint data is a folder"),
    (["recipe.toml", "--data", "clips.csv"], "clips.csv is a file"),
    (["recipe.toml", "--data", "empty"], "there is no audio backbone in empty"),
]


@pytest.mark.parametrize(("arguments", "message"), REFUSED)
def test_what_cannot_be_is_refused_in_one_line_before_a_clip_is_decoded(
    arguments: list[str],
    message: str,
    clips: Path,
    data: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(clips.parent)
    (clips.parent / "odd.toml").write_text(f"widht = 3\n{RECIPE}")
    (data / "bundles" / "taken").mkdir(parents=True)
    before = sorted(clips.parent.rglob("*"))
    asked = [*arguments, *([] if "--data" in arguments else ["--data", "data"])]
    assert run(["train", *asked, "--clips", "clips.csv"]) == 2
    shown = capsys.readouterr()
    assert shown.out == ""
    assert message in shown.err
    assert len(shown.err.splitlines()) == 1
    assert sorted(clips.parent.rglob("*")) == before


def test_a_run_that_was_killed_goes_on_to_the_same_bundle(clips: Path, data: Path) -> None:
    (clips.parent / "long.toml").write_text(RECIPE.replace("epochs = 2", "epochs = 60"))
    command = ["train", str(clips.parent / "long.toml"), "--clips", str(clips), "--data", str(data)]
    checkpoint = clips.parent / "run.pt"
    going = subprocess.Popen(
        [sys.executable, "-m", "sightsound", *command, "--name", "killed", "--checkpoint", str(checkpoint)],
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
    )
    while not checkpoint.exists() and going.poll() is None:
        time.sleep(0.005)
    going.kill()
    going.wait()
    assert not (data / "bundles").exists()
    assert run([*command, "--name", "killed", "--checkpoint", str(checkpoint)]) == 0
    assert run([*command, "--name", "whole"]) == 0
    killed, whole = (load_manifest(data / "bundles" / name) for name in ("killed", "whole"))
    assert killed.heads == whole.heads  # with the hashes of their bytes
    assert killed.model_copy(update={"name": "whole"}) == whole


def test_several_processes_write_one_bundle_and_one_of_them_talks(clips: Path, data: Path) -> None:
    arguments = [str(clips.parent / "recipe.toml"), "--clips", str(clips), "--data", str(data)]
    shown = as_two("-m", "sightsound", "train", *arguments)
    assert [path.name for path in (data / "bundles").iterdir()] == ["devise"]
    for once in ("Computing features (8)", "validation harmonic mean", "The bundle devise has the routes"):
        assert shown.count(once) == 1

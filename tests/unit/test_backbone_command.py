"""`sightsound backbone`: encoders of a data folder listed, verified, measured, imported and trained from a shell."""

import json
from hashlib import sha256
from pathlib import Path
from shutil import copytree
from typing import Any

import numpy as np
import onnx
import pytest
import torch
from onnx import TensorProto
from onnx.helper import make_graph, make_model, make_node, make_opsetid, make_tensor_value_info
from typer.main import get_command

from models.bundle.store import load_manifest
from models.features.backbone import Backbone
from models.features.card import BackboneCard, read_card
from sightsound.application import app
from sightsound.cli import run
from tests.tiny.bundles import tiny_library
from tests.tiny.clips import render
from tests.tiny.encoders import WIDTH, tiny_audio_backbone
from tests.tiny.sound import beeps
from training.backbones.kumar import KumarCNN
from training.backbones.published import PUBLISHED
from training.backbones.resnet9 import ResNet9

DOCS = Path(__file__).parents[2] / "docs"
AUDIO, VIDEO, TEXT = "tiny-audio@1", "tiny-video@1", "tiny-text@1"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with a backbone of each sense, a text encoder, and a bundle of them; not to be changed."""
    return tiny_library(tmp_path_factory.mktemp("library"), clips_per_label=1)


@pytest.fixture
def data(made: Path, tmp_path: Path) -> Path:
    return Path(copytree(made, tmp_path / "data"))


def said(capsys: pytest.CaptureFixture[str], *arguments: object, status: int = 0) -> str:
    """What a command prints that ends with this status."""
    capsys.readouterr()
    assert run(["backbone", *map(str, arguments)]) == status
    written = capsys.readouterr()
    return written.out if status < 2 else written.err


def folders(data: Path) -> dict[str, Path]:
    """By `name@version`, the folder of each backbone."""
    cards = (data / "backbones").glob("*/backbone.json")
    return {read_card(each, BackboneCard).ref: each.parent for each in cards}


def test_the_list_says_what_there_is_and_who_needs_it(
    made: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "160")
    shown = said(capsys, "list", "--data", made)
    for ref in (AUDIO, VIDEO, TEXT):
        assert ref in shown
    assert "16,000 Hz" in shown
    assert "4 a second, 32 x 32 of 32" in shown
    rows: list[dict[str, Any]] = json.loads(said(capsys, "list", "--data", made, "--json"))
    assert {each["name"]: each["modality"] for each in rows} == {AUDIO: "audio", VIDEO: "video", TEXT: "text"}
    bundles = sorted(load_manifest(path.parent).name for path in made.glob("bundles/*/bundle.json"))
    assert bundles
    for each in rows:
        assert (each["width"], each["licence"], each["bundles"]) == (WIDTH, "Apache-2.0", bundles)
        assert each["size_bytes"] == sum(path.stat().st_size for path in Path(each["folder"]).iterdir())
        assert each["sha256"][:12] in shown


def test_a_folder_without_backbones_is_no_failure_to_list(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert "There is no backbone yet." in said(capsys, "list", "--data", tmp_path)
    assert json.loads(said(capsys, "list", "--data", tmp_path, "--json")) == []


def test_a_card_that_cannot_be_read_is_named_beside_the_others(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folders(data)[AUDIO] / "backbone.json").write_text("{}")
    shown = said(capsys, "list", "--data", data, status=1)
    assert VIDEO in shown
    assert "is not a BackboneCard: name: Field required" in shown


def test_what_is_as_its_card_says_is_said_to_be_in_one_line_each(
    made: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = said(capsys, "verify", "--data", made).splitlines()
    assert [line.partition(":")[0] for line in lines] == sorted([AUDIO, VIDEO, TEXT])
    assert all(f"{WIDTH} finite numbers, twice the same" in line for line in lines)
    assert len(said(capsys, "verify", "tiny-audio", TEXT, "--data", made).splitlines()) == 2


@pytest.mark.parametrize("command", ["verify", "bench"])
def test_an_unknown_name_is_answered_by_those_there_are(
    made: Path, tmp_path: Path, command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    told = said(capsys, command, "clip", "--data", made, status=2)
    assert "there is no backbone clip in" in told
    assert f"there are {AUDIO}, {TEXT}, {VIDEO}" in told
    assert "there is no backbone in" in said(capsys, command, "--data", tmp_path, status=2)


def altered(folder: Path) -> None:
    content = bytearray((folder / "backbone.onnx").read_bytes())
    content[-1] ^= 1
    (folder / "backbone.onnx").write_bytes(content)


def lost(folder: Path) -> None:
    (folder / "backbone.onnx").unlink()


def no_graph(folder: Path) -> None:
    rewritten(folder, b"no graph")


def wider(folder: Path) -> None:
    rewritten(folder, (folder / "backbone.onnx").read_bytes(), width=9)


def not_finite(folder: Path) -> None:
    rewritten(folder, graph("Log"))


def fickle(folder: Path) -> None:
    rewritten(folder, graph("RandomUniformLike"))


def rewritten(folder: Path, content: bytes, *, width: int = WIDTH) -> None:
    """A folder whose card says what is in it, be that as it may."""
    card = read_card(folder / "backbone.json", BackboneCard)
    ours = card.model_copy(update={"sha256": sha256(content).hexdigest(), "width": width})
    (folder / "backbone.onnx").write_bytes(content)
    (folder / "backbone.json").write_text(ours.model_dump_json())


def graph(operation: str) -> bytes:
    """An operation on the first eight samples less two, as a row."""
    number = TensorProto.FLOAT
    nodes = [
        make_node("Constant", [], ["from"], value_ints=[0]),
        make_node("Constant", [], ["to"], value_ints=[8]),
        make_node("Constant", [], ["row"], value_ints=[1, 8]),
        make_node("Constant", [], ["two"], value_float=2.0),
        make_node("Slice", ["waveform", "from", "to"], ["few"]),
        make_node("Sub", ["few", "two"], ["below"]),
        make_node(operation, ["below"], ["changed"]),
        make_node("Reshape", ["changed", "row"], ["embedding"]),
    ]
    taken, given = (
        make_tensor_value_info(*each) for each in (("waveform", number, ["n"]), ("embedding", number, [1, 8]))
    )
    model = make_model(make_graph(nodes, "odd", [taken], [given]), opset_imports=[make_opsetid("", 18)], ir_version=8)
    onnx.checker.check_model(model)
    content: bytes = model.SerializeToString()
    return content


@pytest.mark.parametrize(
    ("damage", "what"),
    [
        (altered, "backbone.onnx has sha256"),
        (lost, "there is no backbone.onnx in"),
        (no_graph, "is not an ONNX graph that can be run"),
        (wider, "its card says [rows, 9]"),
        (not_finite, "gave numbers that are not finite"),
        (fickle, "gave others at the second run"),
    ],
)
def test_what_is_damaged_is_named_and_the_others_are_not(
    data: Path, damage: Any, what: str, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = folders(data)[AUDIO]
    damage(folder)
    lines = said(capsys, "verify", "--data", data, status=1).splitlines()
    assert len(lines) == 3
    wrong = [line for line in lines if "twice the same" not in line]
    assert len(wrong) == 1
    assert wrong[0].startswith(f"{folder.name}: ")
    assert what in wrong[0]


def test_backbones_are_measured_each_in_a_process_of_its_own(made: Path, capsys: pytest.CaptureFixture[str]) -> None:
    options = ["--data", made, "--window", "2", "--runs", "2"]
    rows: list[dict[str, Any]] = json.loads(said(capsys, "bench", "tiny-audio", *options, "--json"))
    assert [each["name"] for each in rows] == [AUDIO]
    (row,) = rows
    assert (row["window_s"], row["runs"], row["threads"]) == (2.0, 2, 1)
    assert 0 < row["best_s"] < 1
    assert row["best_s"] <= row["median_s"]
    assert row["real_time_factor"] == pytest.approx(row["median_s"] / 2)
    assert 10e6 < row["memory_bytes"] < 2e9
    assert "is a text encoder" in said(capsys, "bench", TEXT, *options, status=2)


def test_the_table_of_speeds_has_all_backbones_and_no_text_encoder(
    made: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shown = said(capsys, "bench", "--data", made, "--window", "1", "--runs", "1")
    assert AUDIO in shown
    assert VIDEO in shown
    assert TEXT not in shown


def test_a_published_checkpoint_is_imported_by_name(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    checkpoint, data = tmp_path / "selavi.pth", tmp_path / "data"
    state = {f"module.audio_network.base.{name}": each for name, each in ResNet9().state_dict().items()}
    torch.save({"model": state, "epoch": 200}, checkpoint)
    told = said(capsys, "import-network", "selavi-resnet9", checkpoint, "--data", data)
    ref = f"selavi-resnet9@{sha256(checkpoint.read_bytes()).hexdigest()[:8]}"
    assert told == f"The backbone {ref} reads sound; its features have 512 numbers.\n"
    assert folders(data) == {ref: data / "backbones" / ref}
    assert list((data / "backbones").iterdir()) == [data / "backbones" / ref]


@pytest.mark.parametrize(
    ("arguments", "what"),
    [
        (["clip"], "there is no network 'clip'; there are vggish, kumar"),
        (["i3d", "--finish", "raw"], "--finish is no option of i3d"),
        (["vggish", "--finish", "shiny"], "--finish"),
        (["vggish"], "there is no none.pth in"),
    ],
)
def test_an_import_that_cannot_be_is_one_line(
    tmp_path: Path, arguments: list[str], what: str, capsys: pytest.CaptureFixture[str]
) -> None:
    name, *options = arguments
    where = [tmp_path / "none.pth", "--data", tmp_path / "data"]
    told = said(capsys, "import-network", name, *where, *options, status=2)
    assert what in told
    assert told.count("\n") == 1
    assert not list(tmp_path.glob("data/backbones/*"))


@pytest.fixture(scope="module")
def clips(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A csv of tones in three splits, two labels of which one is a pair, and one clip without sound."""
    folder = tmp_path_factory.mktemp("clips")
    rows = ["path,label,split"]
    for split, seed in (("train", 0), ("val", 10), ("test", 20)):
        for label, name in enumerate(("low", "middle", "low; middle")):
            path = f"{split}-{label}.wav"
            samples = beeps(label, rate=16_000, seconds=0.5, seed=seed + label)
            render(folder / path, samples=samples, codecs=("pcm_s16le", "libx264"))
            rows.append(f"{path},{name},{split}")
    render(folder / "mute.mp4", frames=np.zeros((5, 32, 32, 3), np.uint8))
    (folder / "clips.csv").write_text("\n".join([*rows, "mute.mp4,low,train"]) + "\n")
    return folder / "clips.csv"


def test_a_backbone_is_trained_on_ones_own_clips_and_says_how_well_it_hears_others(
    clips: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    start, kept, data = tmp_path / "start.pkl", tmp_path / "kept.pth", tmp_path / "data"
    torch.save(KumarCNN(sounds=5).state_dict(), start)
    options = ["--separator", ";", "--epochs", "1", "--start", start, "--weights", kept, "--seed", "3"]
    told = said(capsys, "train", "kumar", "--clips", clips, "--data", data, *options)
    assert "mute.mp4: no sound (missing)" in told
    for of in ("validation", "test"):
        assert f"{of} mAP: " in told
        assert f"{of} mAP by chance: 80.6%" in told  # two sounds, each in two of three clips
    card = Backbone.open(data / "backbones" / "kumar-own@1").card
    assert (card.width, card.licence) == (1024, "yours: trained on your clips")
    origin = f"begun from start.pkl {sha256(start.read_bytes()).hexdigest()[:8]}"
    assert card.source == f"Kumar et al.'s network, trained on 3 clips of 2 labels in clips.csv, seed 3, {origin}"
    assert torch.load(kept, weights_only=True)["layer19.0.weight"].shape == (2, 1024, 1, 1)
    assert "there is kumar-own@1 in" in said(capsys, "train", "kumar", "--clips", clips, "--data", data, status=2)


@pytest.mark.parametrize(
    ("arguments", "what"),
    [
        (["vggish", "--clips", "CLIPS"], "there is no network 'vggish' to train; there is kumar"),
        (["kumar", "--clips", "CLIPS", "--name", "A b"], "--name 'A b' is no backbone's name"),
        (["kumar", "--clips", "none.csv"], "none.csv is not there"),
        (["kumar", "--clips", "CLIPS", "--start", "none.pth"], "there is no none.pth"),
        (["kumar", "--clips", "CLIPS", "--start", "OTHER"], "the checkpoint to start from lacks layer1.0.bias"),
        (["kumar", "--clips", "CLIPS", "--weights", "/nowhere/at.pth"], "--weights /nowhere/at.pth cannot be written"),
        (["kumar", "--clips", "CLIPS", "--device", "abacus"], "there is no device 'abacus'"),
        (["kumar", "--clips", "CLIPS", "--epochs", "0"], "--epochs"),
    ],
)
def test_training_that_cannot_be_is_one_line(
    clips: Path, tmp_path: Path, arguments: list[str], what: str, capsys: pytest.CaptureFixture[str]
) -> None:
    torch.save({"weight": torch.zeros(1)}, tmp_path / "other.pth")
    places = {"CLIPS": str(clips), "OTHER": str(tmp_path / "other.pth")}
    given = [places.get(each, each) for each in arguments]
    told = said(capsys, "train", *given, "--data", tmp_path / "data", status=2)
    assert what in told
    assert told.count("\n") == 1
    assert not list(tmp_path.glob("data/backbones/*"))


def test_clips_without_sound_cannot_be_trained_on(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = ["path,label,split"]
    for split in ("train", "val", "test"):
        for label in ("low", "high"):
            render(tmp_path / f"{split}-{label}.mp4", frames=np.zeros((5, 32, 32, 3), np.uint8))
            rows.append(f"{split}-{label}.mp4,{label},{split}")
    (tmp_path / "clips.csv").write_text("\n".join(rows) + "\n")
    told = said(capsys, "train", "kumar", "--clips", tmp_path / "clips.csv", "--data", tmp_path / "data", status=2)
    assert "0 labels have clips with sound to train on; expected at least 2" in told
    assert not list(tmp_path.glob("data/backbones/*"))


def test_a_backbone_of_a_folder_with_another_name_is_found_by_its_card(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    tiny_audio_backbone(tmp_path / "backbones" / "audio")
    for name in ("audio", "tiny-audio", AUDIO):
        assert AUDIO in said(capsys, "verify", name, "--data", tmp_path)


@pytest.mark.parametrize("command", ["bench", "import", "import-network", "list", "train", "verify", "words"])
def test_every_command_and_its_options_are_documented(command: str) -> None:
    documents = "\n".join((DOCS / name).read_text() for name in ("backbones.md", "command-line.md"))
    assert f"`sightsound backbone {command}" in documents
    ours = get_command(app).commands["backbone"].commands[command]  # type: ignore[attr-defined]
    names = [name for each in ours.params if each.param_type_name == "option" for name in each.opts]
    assert [name for name in names if f"`{name}`" not in documents] == []


def test_the_networks_that_can_be_imported_are_in_the_help_and_documented() -> None:
    ours = get_command(app).commands["backbone"].commands["import-network"]  # type: ignore[attr-defined]
    (network,) = [each for each in ours.params if each.name == "network"]
    for name in PUBLISHED:
        assert name in network.help
        assert f"`{name}`" in (DOCS / "backbones.md").read_text()

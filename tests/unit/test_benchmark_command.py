"""`sightsound benchmark`: rows, tables and pictures on kept features, and what it refuses."""

import json
from pathlib import Path

import pytest
from PIL import Image

from sightsound.cli import run
from tests.tiny.world import World, world
from training.comparison.benchmarks import BENCHMARKS
from training.datasets import kept_features
from training.experiment import LabelledClip
from training.recipe import names


@pytest.fixture(scope="module")
def small() -> World:
    return world(seen=6, unseen=3, clips=6, audio=10, video=9, text=11)


@pytest.fixture(scope="module")
def folder(small: World, tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("features")
    features = {"train": small.training.features, "val": small.validation.features, "test": small.test.features}
    classes = small.training.classes
    listed = [
        LabelledClip(place / f"{split}-{row}.mp4", classes.names[label], split)  # type: ignore[arg-type]
        for split, each in features.items()
        for row, label in enumerate(each.label)
    ]
    kept_features.keep(place, features=features, classes=classes, clips=listed)
    return place


def quick(folder: Path, *more: str) -> list[str]:
    return ["benchmark", "demo", "--features", str(folder), "--epochs", "1", "--steps-per-epoch", "2", *more]


def test_kept_features_are_read_back_as_they_were(small: World, folder: Path) -> None:
    found = kept_features.read(folder, name="demo")
    for ours, theirs in (
        (found.training, small.training),
        (found.validation, small.validation),
        (found.test, small.test),
    ):
        assert ours.features.audio.tolist() == theirs.features.audio.tolist()
        assert ours.features.label.tolist() == theirs.features.label.tolist()
        assert ours.classes.names == theirs.classes.names
        assert ours.classes.seen.tolist() == theirs.classes.seen.tolist()
    assert [clip.label for clip in kept_features.clips(folder, "test")] == [
        small.test.classes.names[label] for label in small.test.features.label
    ]


def test_every_method_and_seed_is_a_row_a_line_and_a_picture(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    files = {"--json": tmp_path / "rows.json", "--markdown": tmp_path / "t.md", "--plots": tmp_path / "plots"}
    options = [text for name, path in files.items() for text in (name, str(path))]
    assert run(quick(folder, "--methods", "cjme,devise,dscmr", "--seeds", "1,2", *options)) == 0
    rows = json.loads((tmp_path / "rows.json").read_text())
    assert [(row["method"], row["seed"]) for row in rows] == [
        (method, seed) for seed in (1, 2) for method in ("cjme", "devise", "dscmr")
    ]
    first = rows[0]
    assert first.keys() >= {"S", "U", "HM", "ZSL", "beta", "samples_per_s", "protocol", "dataset", "choices"}
    assert first["protocol"] == first["choices"]["name"] == "sightsound@1"
    assert first["samples_per_s"] > 0
    assert first["HM"] == pytest.approx(2 * first["S"] * first["U"] / (first["S"] + first["U"] or 1), abs=0.02)
    assert rows[2]["HM"] is None  # DSCMR has no words to classify by
    written = (tmp_path / "t.md").read_text()
    assert written.strip() in capsys.readouterr().out
    assert "| cjme | av |" in written
    assert "±" in written
    pictures = {path.name: Image.open(path) for path in (tmp_path / "plots").iterdir()}
    assert {"cjme-calibration.png", "cjme-map.png", "accuracy-by-class.png"} <= pictures.keys()
    assert all(len(each.convert("L").getcolors() or []) > 10 for each in pictures.values())


def test_a_method_that_cannot_be_trained_there_is_named_and_the_rest_goes_on(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    # Distances between raw features need equal widths; these are 10 and 9.
    assert run(quick(folder, "--methods", "pretrained,devise", "--json", str(tmp_path / "rows.json"))) == 0
    assert {row["method"] for row in json.loads((tmp_path / "rows.json").read_text())} == {"devise"}
    shown = capsys.readouterr().out
    assert "## Could not be trained" in shown
    assert "pretrained, seed 42:" in shown


def test_ablations_are_compared_with_the_whole(folder: Path, tmp_path: Path) -> None:
    assert run(quick(folder, "--ablate", "cjme", "--json", str(tmp_path / "rows.json"))) == 0
    found = [row["method"] for row in json.loads((tmp_path / "rows.json").read_text())]
    assert found[0] == "cjme"
    assert "L_AV + L_TV" in found


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["ucf"], "there is no benchmark 'ucf'; there are audiosetzsl, audiosetzsl-seen, vggsound-gzsl"),
        (["demo", "--methods", "cjm"], "there is no recipe 'cjm'; there are"),
        (["demo", "--seeds", "one"], "seeds must be numbers, found 'one'"),
        (["demo", "--split", "cls"], "there is no split of demo 'cls'; there are main"),
        (["ucf-gzsl", "--w2v-order", "odd"], "there are corrected, legacy"),
        (["demo", "--ablate", "cca"], "there is no recipe with ablations 'cca'"),
        (["ucf-gzsl", "--features", "nowhere"], "AVCA-GZSL"),
        (["wikipedia", "--features", "nowhere"], "raw_features.mat"),
        (["audiosetzsl", "--features", "nowhere"], "AudioSetZSL"),
    ],
)
def test_what_is_not_there_is_refused_naming_what_is(
    arguments: list[str],
    message: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run(["benchmark", *arguments]) == 2
    assert message in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_every_benchmark_compares_recipes_that_ship() -> None:
    for each in BENCHMARKS.values():
        assert set(each.recipes) <= set(names())


def test_kept_features_that_are_damaged_are_refused(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "features.npz").write_bytes((folder / "features.npz").read_bytes()[:500])
    (tmp_path / "classes.json").write_bytes((folder / "classes.json").read_bytes())
    assert run(quick(tmp_path, "--methods", "cca")) == 2
    assert "does not hold kept features" in capsys.readouterr().err

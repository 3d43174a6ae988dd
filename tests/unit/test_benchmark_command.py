"""`sightsound benchmark`: rows, tables and pictures on kept features, and what it refuses."""

import json
from _thread import interrupt_main
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event, Thread

import pytest
import torch
from PIL import Image

from models.methods import spec
from sightsound.cli import run
from tests.tiny.torchrun import as_two
from tests.tiny.world import World, world
from training.comparison.benchmarks import BENCHMARKS
from training.datasets import kept_features
from training.experiment import LabelledClip
from training.recipe import DATASETS, named, names


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


def test_kept_clips_are_found_where_their_folder_is_moved_to(folder: Path, tmp_path: Path) -> None:
    dataset = kept_features.read(folder, name="demo")
    features = {"train": dataset.training.features, "val": dataset.validation.features, "test": dataset.test.features}
    elsewhere = tmp_path / "elsewhere.mp4"
    listed = [LabelledClip(tmp_path / "here" / "world" / "a.mp4", "a", "test"), LabelledClip(elsewhere, "b", "test")]
    kept_features.keep(tmp_path / "here", features=features, classes=dataset.test.classes, clips=listed)
    (tmp_path / "here").rename(tmp_path / "there")
    found = [clip.path for clip in kept_features.clips(tmp_path / "there", "test")]
    assert found == [tmp_path / "there" / "world" / "a.mp4", elsewhere]


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
    assert "| cjme   | av  |" in written
    assert "±" in written
    pictures = {path.name: Image.open(path) for path in (tmp_path / "plots").iterdir()}
    assert {"cjme-calibration.png", "cjme-map.png", "accuracy-by-class.png"} <= pictures.keys()
    assert {"cjme-hits-text--video.png", "cjme-hits-audio--video.png", "devise-hits-text--av.png"} <= pictures.keys()
    assert all(len(each.convert("L").getcolors() or []) > 10 for each in pictures.values())


def test_a_row_says_what_was_trained_and_how_fast(folder: Path, tmp_path: Path) -> None:
    assert run(quick(folder, "--methods", "devise,gcca", "--seeds", "1", "--json", str(tmp_path / "rows.json"))) == 0
    devise, gcca = json.loads((tmp_path / "rows.json").read_text())
    assert (devise["recipe"]["epochs"], devise["recipe"]["steps_per_epoch"]) == (1, 2)
    assert devise["samples_per_s"] > 0
    # A closed form has no speed, and says which of the candidates it chose.
    assert gcca["samples_per_s"] is None
    assert gcca["recipe"]["search"] == {}
    assert gcca["recipe"]["options"]["components"] in named("gcca").search["components"]


def test_a_method_that_cannot_be_trained_there_is_named_before_and_after_and_the_rest_goes_on(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    # Of 10 numbers no 3 steps can be made, and distances between raw features need equal widths; these are 10 and 9.
    weights = "".join(f"{term} = 1.0\n" for term in spec("tcaf").terms)
    (tmp_path / "odd.toml").write_text(f'method = "tcaf"\noptions.audio_steps = 3\n[weights]\n{weights}')
    methods = f"pretrained,devise,{tmp_path / 'odd.toml'}"
    assert run(quick(folder, "--methods", methods, "--json", str(tmp_path / "rows.json"))) == 1
    assert {row["method"] for row in json.loads((tmp_path / "rows.json").read_text())} == {"devise"}
    shown = capsys.readouterr().out
    before, _, after = shown.partition("devise, seed 42 …")
    for name, why in (("odd", "options.audio_steps: audio features"), ("pretrained", "raw features are compared")):
        assert f"{name} could not be trained: {why}" in before
        assert f"- {name}: {why}" in after.partition("## Could not be trained")[2]
    assert "Seeds 42, 43, 44. Epochs 1, steps an epoch 2 instead of every recipe's own. 3 of 9 trials." in after


@pytest.fixture
def stopped(folder: Path, tmp_path: Path) -> list[str]:
    """A comparison of a quick recipe with one that never ends."""
    for name, epochs in (("quick", 1), ("endless", 10**9)):
        recipe = f'method = "devise"\nbatch = 4\nsteps_per_epoch = 1\nepochs = {epochs}\nweights.ranking = 1.0\n'
        (tmp_path / f"{name}.toml").write_text(recipe)
    methods = ",".join(str(tmp_path / f"{name}.toml") for name in ("quick", "endless"))
    return ["benchmark", "demo", "--features", str(folder), "--methods", methods, "--seeds", "1"]


@contextmanager
def interrupted_when(path: Path) -> Iterator[None]:
    """Ctrl+C as soon as a file is there, and again after ten seconds: C code that it comes into may drop it."""
    ended = Event()

    def wait() -> None:
        while not path.exists() and not ended.wait(0.01):
            pass
        while not ended.is_set():
            interrupt_main()
            ended.wait(10)

    thread = Thread(target=wait)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


# Who is interrupted as a file is opened leaves it to the garbage collector, which warns.
LEFT_OPEN = pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning")


@LEFT_OPEN
def test_a_comparison_that_is_stopped_leaves_and_shows_what_there_is(
    stopped: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows, tables = tmp_path / "rows.json", tmp_path / "tables.md"
    with interrupted_when(tables):
        assert run([*stopped, "--json", str(rows), "--markdown", str(tables)]) == 130
    assert [row["method"] for row in json.loads(rows.read_text())] == ["quick"]
    assert "| quick  | av  |" in tables.read_text()
    shown = capsys.readouterr().out
    assert tables.read_text().strip() in shown
    assert "1 of 2 trials." in shown


@LEFT_OPEN
def test_a_comparison_that_was_stopped_goes_on_from_its_checkpoints(
    stopped: list[str], folder: Path, tmp_path: Path
) -> None:
    states, rows = tmp_path / "states", tmp_path / "rows.json"
    with interrupted_when(states / "endless--seed-1.pt"):
        assert run([*stopped, "--checkpoints", str(states)]) == 130
    before = torch.load(states / "endless--seed-1.pt", weights_only=True)["epoch"]
    with interrupted_when(rows):
        assert run([*stopped, "--checkpoints", str(states), "--json", str(rows)]) == 130
    assert torch.load(states / "endless--seed-1.pt", weights_only=True)["epoch"] >= before


def test_several_processes_share_the_batches_of_a_comparison_and_one_of_them_talks(
    folder: Path, tmp_path: Path
) -> None:
    rows, tables, states, plots = (tmp_path / name for name in ("rows.json", "t.md", "states", "plots"))
    places = ["--json", str(rows), "--markdown", str(tables), "--checkpoints", str(states), "--plots", str(plots)]
    shown = as_two("-m", "sightsound", *quick(folder, "--methods", "devise,gcca", "--seeds", "1", *places))
    for once in ("devise, seed 1 …", "# demo", "Drawing (3) …"):
        assert shown.count(once) == 1
    assert [row["method"] for row in json.loads(rows.read_text())] == ["devise", "gcca"]
    assert len(torch.load(states / "devise--seed-1.pt", weights_only=True)["random"]) == 2


def test_ablations_are_compared_with_the_whole(folder: Path, tmp_path: Path) -> None:
    assert run(quick(folder, "--ablate", "cjme", "--seeds", "1", "--json", str(tmp_path / "rows.json"))) == 0
    found = [row["method"] for row in json.loads((tmp_path / "rows.json").read_text())]
    assert found[0] == "cjme"
    assert "L_AV + L_TV" in found


def test_every_benchmark_compares_recipes_that_ship() -> None:
    for each in BENCHMARKS.values():
        assert set(each.recipes) <= set(names())


def test_recipes_may_say_something_of_every_benchmark_that_looks_at_it() -> None:
    assert set(DATASETS) == {each.recipes_on or name for name, each in BENCHMARKS.items()}


@pytest.mark.parametrize(("name", "content"), [("features.npz", b"PK\x03\x04 half"), ("classes.json", b"[]")])
def test_kept_features_that_are_damaged_are_refused(
    name: str, content: bytes, folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for each in ("features.npz", "classes.json"):
        (tmp_path / each).write_bytes(content if each == name else (folder / each).read_bytes())
    assert run(quick(tmp_path, "--methods", "cca")) == 2
    assert "does not hold kept features" in capsys.readouterr().err

"""Recipes: what is read, and what is refused by name."""

import tomllib
from pathlib import Path

import pytest

from models.errors import DataMissing, RecipeInvalid
from training.recipe import FOLDER, find, named, parse, read

DATASETS = ("audiosetzsl", "vggsound-gzsl", "ucf-gzsl", "activitynet-gzsl", "wikipedia", "pascal", "demo")
WEIGHTS = {"triplet": 1.0, "audio_video": 1.0, "attention": 1.0}


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.toml")), ids=lambda path: path.stem)
def test_every_recipe_that_ships_is_valid(path: Path) -> None:
    assert read(path) == named(path.stem)
    for dataset in tomllib.loads(path.read_text()).get("on", {}):
        assert dataset in DATASETS
        assert named(path.stem, on=dataset).method == named(path.stem).method


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ({"epoch": 3}, r"epoch: Extra inputs"),
        ({"optimiser": {"lr": 0.1}}, r"optimiser\.lr: Extra inputs"),
        ({"batch": 1}, r"batch: .* greater than 1"),
        ({"method": "cjmee"}, r"no method 'cjmee'"),
        ({"options": {"widht": 3}}, r"options\.widht"),
        ({"weights": {"triplet": 1.0}}, r"cjme has terms without one: attention, audio_video"),
        ({"weights": WEIGHTS | {"extra": 1.0}}, r"cjme has no term extra; it has triplet, audio_video, attention"),
        ({"plateau": {"factor": 1.5}}, r"plateau\.factor"),
        ({"milestones": {"factor": 1.5}}, r"milestones\.factor"),
        ({"milestones": {"after": [0]}}, r"milestones\.after\.0: .* greater than 0"),
        ({"optimiser": {"kind": "sdg"}}, r"optimiser\.kind: .* 'adam' or 'sgd'"),
        ({"optimiser": {"kind": "sgd", "momentum": 1.0}}, r"optimiser\.momentum: .* less than 1"),
        ({"optimiser": {"momentum": 0.9}}, r"optimiser\.momentum: adam has none"),
        ({"optimiser": {"kind": "sgd", "betas": [0.5, 0.9]}}, r"optimiser\.betas: sgd has none"),
        ({"seed": 2**63}, r"seed: .* less than"),
    ],
)
def test_a_recipe_that_cannot_be_trained_is_refused_by_key(keys: dict[str, object], message: str) -> None:
    with pytest.raises(RecipeInvalid, match=message):
        parse({"method": "cjme", "weights": WEIGHTS} | keys)


def test_a_missing_key_is_named() -> None:
    with pytest.raises(RecipeInvalid, match=r"method: Field required"):
        parse({"weights": WEIGHTS})


def test_a_file_that_is_not_toml_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "odd.toml"
    path.write_text("method = ")
    with pytest.raises(RecipeInvalid, match=r"odd\.toml cannot be read"):
        read(path)


def test_a_file_s_mistake_is_told_with_the_file_s_name(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text('method = "cjme"\nwidht = 3\n')
    with pytest.raises(RecipeInvalid, match=r"^mine\.toml: widht: Extra inputs"):
        read(path)


def test_a_recipe_is_found_by_its_name_or_in_a_file(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text((FOLDER / "devise.toml").read_text())
    assert find("devise", on="demo") == find(str(path), on="demo") == named("devise", on="demo")
    with pytest.raises(DataMissing, match=r"'devize' is neither a recipe file nor one of those that ship: ale, "):
        find("devize")


def test_a_change_is_checked() -> None:
    recipe = named("cjme")
    assert recipe.changed({"epochs": 3}).epochs == 3
    with pytest.raises(RecipeInvalid, match=r"^epochs: "):
        recipe.changed({"epochs": 0})


def test_a_shortened_recipe_without_phases_is_shorter_and_otherwise_the_same() -> None:
    recipe = named("cjme")
    found = recipe.shortened(epochs=2, steps_per_epoch=None)
    assert (found.epochs, found.steps_per_epoch) == (2, recipe.steps_per_epoch)
    assert recipe.shortened(epochs=None, steps_per_epoch=None) == recipe


@pytest.mark.parametrize("name", ["demo", "../cjme"])
def test_an_unknown_recipe_is_refused_naming_those_there_are(name: str) -> None:
    with pytest.raises(RecipeInvalid, match=r"there are .*avgzslnet, .*cjme"):
        named(name)


def test_what_a_data_set_s_table_says_replaces_what_the_recipe_says_key_by_key() -> None:
    keys = {"method": "cjme", "weights": WEIGHTS, "batch": 8, "options": {"hidden": 9, "out": 4}}
    there = {"on": {"demo": {"batch": 4, "options": {"hidden": 5}}}}
    assert parse(keys | there).batch == 8
    found = parse(keys | there, on="demo")
    assert (found.batch, found.options) == (4, {"hidden": 5, "out": 4})
    assert parse(keys | there, on="pascal") == parse(keys)


def test_a_data_set_s_table_that_is_none_is_refused() -> None:
    with pytest.raises(RecipeInvalid, match="a table a data set"):
        parse({"method": "cjme", "weights": WEIGHTS, "on": {"demo": 3}})

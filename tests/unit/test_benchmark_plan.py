"""What `sightsound benchmark` refuses before it trains, and what it makes of recipes."""

import os
from pathlib import Path

import pytest

from models.errors import QueryInvalid, SettingsInvalid
from sightsound.benchmark_plan import Outputs, Plan, plan
from sightsound.benchmark_report import report
from sightsound.cli import run
from training.recipe import named

REFUSED = [
    (["ucf"], "there is no benchmark 'ucf'; there are audiosetzsl, audiosetzsl-seen, vggsound-gzsl"),
    (["demo", "--methods", "cjm"], "'cjm' is neither a recipe file nor one of those that ship: ale, "),
    (["demo", "--methods", "cjme,cjme"], "the recipe 'cjme' is given twice"),
    (["demo", "--methods", "mine.toml"], "mine.toml: widht: Extra inputs are not permitted"),
    (["demo", "--methods", "light.toml"], "light.toml: weights: cjme has terms without one: attention"),
    (["demo", "--seeds", "one"], "seeds must be numbers below 2^63, found 'one'"),
    (["demo", "--seeds", str(2**63)], "seeds must be numbers below 2^63"),
    (["demo", "--methods", ""], "--methods names none; leave it out for the benchmark's own"),
    (["demo", "--methods", ","], "--methods names none"),
    (["demo", "--seeds", " "], "--seeds names none"),
    (["demo", "--ablate", ""], "there is no recipe with ablations ''"),
    (
        ["demo", "--methods", "elsewhere.toml"],
        "elsewhere.toml: on.ucf: there is no such data set; there are audiosetzsl",
    ),
    (["demo", "--seeds", "1,2,1"], "a seed is given twice: 1, 2, 1"),
    (["demo", "--protocol", "cjme"], "there is no protocol 'cjme'; there are sightsound@1, cjme@1, avca@1, clipclap@1"),
    (["demo", "--split", "cls"], "there is no split of demo 'cls'; there are main"),
    (["demo", "--steps", "4"], "demo has no features over time; --steps goes with vggsound-gzsl, ucf-gzsl"),
    (["demo", "--w2v-order", "legacy"], "there is no order of word vectors of demo 'legacy'"),
    (["ucf-gzsl", "--w2v-order", "odd"], "there are corrected, legacy"),
    (["ucf-gzsl", "--methods", "avgzslnet", "--steps", "4"], "avgzslnet does not read features over time"),
    (["demo", "--ablate", "cca"], "there is no recipe with ablations 'cca'"),
    (["demo", "--ablate", "cjme", "--methods", "cjme"], "leave out --methods"),
    (["ucf-gzsl", "--features", "nowhere"], "AVCA-GZSL"),
    (["ucf-gzsl", "--features", "a-file"], "AVCA-GZSL"),
    (["ucf-gzsl", "--features", "a-folder"], "AVCA-GZSL"),
    (["wikipedia", "--features", "nowhere"], "raw_features.mat"),
    (["audiosetzsl", "--features", "nowhere"], "AudioSetZSL"),
    (["demo", "--features", "a-folder"], "a-folder holds no features of the demo's world"),
    (["demo", "--features", "a-file"], "a-file holds no features of the demo's world"),
    (["demo", "--device", "abacus"], "there is no device 'abacus'; there are cpu, gpu"),
    (["demo", "--device", "cuda:99"], "the device 'cuda:99' is not here"),
    (["demo", "--json", "nowhere/rows.json"], "--json nowhere/rows.json cannot be written: there is no folder nowhere"),
    (["demo", "--json", "a-folder"], "--json a-folder is a folder; expected a file to write"),
    (["demo", "--json", "a-pipe"], "--json a-pipe is a device, a pipe or a link, which a file would replace"),
    (["demo", "--markdown", "a-link"], "--markdown a-link is a device, a pipe or a link"),
    (["demo", "--markdown", "a-file/t.md"], "there is no folder a-file"),
    (["demo", "--plots", "a-file"], "--plots a-file cannot be a folder"),
    (["demo", "--plots", "a-file/below/that"], "a-file is a file"),
    (["demo", "--checkpoints", "a-file"], "--checkpoints a-file cannot be a folder"),
    (["demo", "--json", "same", "--markdown", "./same"], "two outputs have the same name"),
]


@pytest.mark.parametrize(("arguments", "message"), REFUSED)
def test_what_cannot_be_is_refused_in_one_line_before_anything_is_made(
    arguments: list[str],
    message: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a-folder").mkdir()
    (tmp_path / "a-folder" / "letter.txt").write_text("Dear all")
    (tmp_path / "a-file").write_text("Dear all")
    (tmp_path / "mine.toml").write_text('method = "cjme"\nwidht = 3\n')
    (tmp_path / "light.toml").write_text('method = "cjme"\nweights = { triplet = 1.0, audio_video = 1.0 }\n')
    (tmp_path / "elsewhere.toml").write_text('method = "devise"\nweights.ranking = 1.0\n[on.ucf]\nbatch = 3\n')
    (tmp_path / "a-link").symlink_to("a-file")
    os.mkfifo(tmp_path / "a-pipe")
    before = sorted(tmp_path.rglob("*"))
    assert run(["benchmark", *arguments]) == 2
    found = capsys.readouterr().err
    assert message in found
    assert len(found.splitlines()) == 1
    assert sorted(tmp_path.rglob("*")) == before


def planned(
    name: str,
    *recipes: str,
    steps: int | None = None,
    epochs: int | None = None,
    split: str = "main",
    rules: str | None = None,
    w2v_order: str = "corrected",
) -> Plan:
    return plan(
        name,
        features=None,
        recipes=recipes,
        seeds=[],
        rules=rules,
        class_split=split,
        w2v_order=w2v_order,
        steps=steps,
        ablate=None,
        epochs=epochs,
        steps_per_epoch=None if epochs is None else 5,
        device="cpu",
        outputs=Outputs(),
    )


def test_a_recipe_is_that_of_the_data_set_and_of_its_features() -> None:
    assert planned("ucf-gzsl", "devise").contestants == {"devise": named("devise", on="ucf-gzsl")}
    assert planned("ucf-gzsl", "devise", split="cls").contestants == {"devise": named("devise-cls", on="ucf-gzsl")}


def test_the_rules_are_the_benchmarks_own_unless_others_are_asked_for() -> None:
    assert planned("ucf-gzsl", "clipclap").protocol.name == "avca@1"
    assert planned("ucf-gzsl", "clipclap", rules="clipclap@1").protocol.name == "clipclap@1"


def test_a_recipe_file_of_ones_own_is_known_by_its_name(tmp_path: Path) -> None:
    text = 'method = "devise"\nepochs = 7\nweights.ranking = 1.0\n[on.demo]\nbatch = 3\n'
    (tmp_path / "mine.toml").write_text(text)
    found = planned("demo", str(tmp_path / "mine.toml"), "devise").contestants
    assert list(found) == ["mine", "devise"]
    assert (found["mine"].epochs, found["mine"].batch) == (7, 3)


def test_features_over_time_have_as_many_steps_as_are_asked_for() -> None:
    found = planned("ucf-gzsl", steps=4)
    assert list(found.contestants) == ["tcaf"]
    options = found.contestants["tcaf"].options
    assert (options["audio_steps"], options["video_steps"], options["layers"]) == (4, 4, 5)


def test_no_more_steps_are_shown_than_there_are() -> None:
    whole = named("tcaf", on="activitynet-gzsl").options
    assert whole["shown_audio_steps"] == whole["shown_video_steps"] == 60
    for steps, shown in ((4, 4), (300, 60)):
        options = planned("activitynet-gzsl", steps=steps).contestants["tcaf"].options
        assert (options["audio_steps"], options["shown_audio_steps"], options["shown_video_steps"]) == (
            steps,
            shown,
            shown,
        )


def test_fewer_epochs_and_steps_are_those_of_every_phase() -> None:
    whole = named("f-vaegan-d2", on="ucf-gzsl")
    assert (whole.phase_epochs, whole.phase_steps) == ({"generate": 50}, {"generate": 1, "classify": 14})
    found = planned("ucf-gzsl", "f-vaegan-d2", epochs=2).contestants["f-vaegan-d2"]
    assert (found.epochs, found.steps_per_epoch) == (2, 5)
    # A phase of fewer steps than are asked for is no longer for it.
    assert (found.phase_epochs, found.phase_steps) == ({"generate": 2}, {"generate": 1, "classify": 5})


@pytest.mark.parametrize("option", ["json", "markdown", "plots", "checkpoints"])
def test_a_place_that_cannot_be_written_is_refused(option: str) -> None:
    with pytest.raises(SettingsInvalid, match=rf"--{option} /proc/nothing.* cannot be written"):
        Outputs(**{option: Path("/proc/nothing")}).check()


def test_places_that_can_be_written_are_left_as_they_are(tmp_path: Path) -> None:
    (tmp_path / "rows.json").write_text("[]")
    Outputs(json=tmp_path / "rows.json", plots=tmp_path / "new" / "plots").check()
    assert [path.name for path in tmp_path.iterdir()] == ["rows.json"]
    assert (tmp_path / "rows.json").read_text() == "[]"


def test_one_place_for_two_outputs_is_refused(tmp_path: Path) -> None:
    with pytest.raises(QueryInvalid, match="the same name"):
        Outputs(json=tmp_path / "all", markdown=tmp_path / "all").check()


def test_only_figures_with_the_published_word_vectors_stand_beside_printed_ones() -> None:
    said = {order: report(planned("ucf-gzsl", "avca", w2v_order=order), [], {}) for order in ("corrected", "legacy")}
    assert "Not comparable" in said["corrected"]
    assert "Not comparable" not in said["legacy"]
    assert "Not comparable" in report(planned("wikipedia", "cca"), [], {})

"""`sightsound backbone pull` and `join`, `sightsound bundle from-pretrained`: from a hub to a bundle that searches."""

import re
from pathlib import Path

import numpy as np
import pytest

from models.bundle.classification import Classifier
from models.bundle.runtime import Bundle
from models.errors import Conflict, DataMissing, DependencyMissing, QueryInvalid
from models.features.backbone import Backbone
from models.features.text import TextEncoder
from models.media.cage import Cage
from models.media.limits import Limits
from models.media.media import Media
from models.types import F32
from service.encoding.encoders import Encoders
from sightsound.chosen_encoders import text_encoder
from sightsound.cli import run
from tests.tiny.clips import tiny_clip
from tests.tiny.encoders import tiny_text_encoder
from tests.tiny.hub_networks import CLAP_WIDTH, CLIP_WIDTH
from tests.tiny.hub_server import HubServer
from tests.unit.hub.conftest import COMMIT
from training.hub.heads import unit
from training.joining import join

VERSION = COMMIT[:12]
CLIP, CLAP = f"tiny-clip@{VERSION}", f"tiny-clap@{VERSION}"
RECIPE = """
method = "clipclap"
epochs = 2
steps_per_epoch = 2
batch = 4
[options]
encoded = 16
hidden = 16
out = 8
[weights]
recognition = 1.0
regression = 1.0
decoded_clip = 1.0
decoded_text = 1.0
"""


def pull(name: str, data: Path, hub: HubServer, catalogue: Path, *more: str) -> int:
    where = ["--data", str(data), "--endpoint", hub.address, "--catalogue", str(catalogue)]
    return run(["backbone", "pull", name, *where, *more])


@pytest.mark.parametrize("folder", [f"tiny-clip@{COMMIT[:12]}", f"tiny-clip-text@{COMMIT[:12]}"])
def test_a_folder_that_holds_something_else_does_not_pass_for_what_was_pulled(
    hub: HubServer, catalogue: Path, tmp_path: Path, folder: str, capsys: pytest.CaptureFixture[str]
) -> None:
    other = tmp_path / "data" / "backbones" / folder / "notes.txt"
    other.parent.mkdir(parents=True)
    other.write_text("mine")
    assert pull("tiny-clip", tmp_path / "data", hub, catalogue) != 0
    assert folder in capsys.readouterr().err.replace("\n", "")
    assert [path.name for path in other.parent.iterdir()] == ["notes.txt"]


def test_a_joined_encoder_does_not_take_the_place_of_something_else(tmp_path: Path) -> None:
    parts = [tiny_text_encoder(tmp_path / f"tiny-text@{each}", version=each).name for each in "12"]
    made = join(tmp_path, parts, name="both")
    (tmp_path / made.ref / "text_encoder.json").unlink()
    with pytest.raises(Conflict, match="something else"):
        join(tmp_path, parts, name="both")


@pytest.fixture
def data(hub: HubServer, catalogue: Path, tmp_path: Path) -> Path:
    """A data folder with both shared spaces."""
    assert pull("tiny-clip", tmp_path / "data", hub, catalogue) == 0
    assert pull("tiny-clap", tmp_path / "data", hub, catalogue) == 0
    return tmp_path / "data"


def noise(backbone: Backbone) -> Media:
    numbers = np.random.default_rng(0)
    samples = numbers.uniform(-0.5, 0.5, 48_000).astype(np.float32)
    frames = numbers.integers(0, 256, (3, 32, 32, 3), dtype=np.uint8)
    takes = backbone.card.takes
    return Media(1.0, takes, takes, samples, frames)  # type: ignore[arg-type]


def test_a_pulled_space_is_a_backbone_and_a_text_encoder_that_work(
    data: Path, hub: HubServer, catalogue: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    clip, clap = (Backbone.open(data / "backbones" / each) for each in (CLIP, CLAP))
    assert clip.card.source == f"https://huggingface.co/tiny/clip/tree/{COMMIT}"
    assert (clip.card.batch, clap.card.batch) == ("rows", "none")
    assert clip.feature(noise(clip)).shape == (CLIP_WIDTH,)
    assert clap.feature(noise(clap)).shape == (CLAP_WIDTH,)
    for card in (clip.card, clap.card):
        words = ["A Dog", "a dog", "a dog that barks at the rain", "rain"]
        together, alone = (TextEncoder.open(data / "backbones" / str(card.text_encoder)) for _ in range(2))
        rows = together.encode(words)
        np.testing.assert_allclose(np.linalg.norm(rows, axis=1), 1, atol=1e-5)
        np.testing.assert_allclose(rows, np.concatenate([alone.encode([each]) for each in words]), atol=1e-5)
        assert np.allclose(rows[0], rows[1]) == (card is clip.card)  # its tokenizer puts words in lower case
    hub.asked.clear()
    assert pull("tiny-clip", data, hub, catalogue) == 0
    assert pull("tiny-clap", data, hub, catalogue, "--offline") == 0
    assert hub.asked == []
    assert f"The backbone {CLIP} and the text encoder tiny-clip-text@{VERSION} are in" in capsys.readouterr().out


def test_what_was_fetched_makes_the_same_backbone_again_offline(data: Path, hub: HubServer, catalogue: Path) -> None:
    before = {path.name: path.read_bytes() for path in (data / "backbones" / CLAP).iterdir()}
    for path in (data / "backbones" / CLAP).iterdir():
        path.unlink()
    (data / "backbones" / CLAP).rmdir()
    hub.status = 500
    assert pull("tiny-clap", data, hub, catalogue, "--offline") == 0
    assert {path.name: path.read_bytes() for path in (data / "backbones" / CLAP).iterdir()} == before


@pytest.mark.parametrize("options", [["--offline"], []])
def test_nothing_is_left_of_a_pull_that_failed(
    hub: HubServer, catalogue: Path, tmp_path: Path, options: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    hub.status = None if options else 503
    assert pull("tiny-clip", tmp_path / "data", hub, catalogue, *options) == 2
    assert capsys.readouterr().err.startswith("sightsound: preprocessor_config.json of tiny/clip at ")
    hub.status = None
    hub.repositories["tiny/clip"][COMMIT]["onnx/vision_model.onnx"] = b"no network"
    assert pull("tiny-clip", tmp_path / "data", hub, catalogue) == 2
    assert "onnx/vision_model.onnx is not an ONNX graph" in capsys.readouterr().err
    assert list((tmp_path / "data").glob("backbones/*")) == []


def test_a_network_of_another_width_than_the_catalogue_says_is_refused_whole(
    hub: HubServer, catalogue: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    catalogue.write_text(catalogue.read_text().replace(f"width = {CLIP_WIDTH}", "width = 7"))
    assert pull("tiny-clip", tmp_path / "data", hub, catalogue) == 2
    assert f"{CLIP} gave [2, {CLIP_WIDTH}]; its card says" in capsys.readouterr().err
    assert list((tmp_path / "data").glob("backbones/*")) == []


def test_a_damaged_backbone_is_not_taken_for_one_that_is_there(
    data: Path, hub: HubServer, catalogue: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (data / "backbones" / CLIP / "graph.onnx").write_bytes(b"damaged")
    assert pull("tiny-clip", data, hub, catalogue) == 2
    assert "its card says" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "has no 'tiny-clip'; it has nothing"),
        ("[tiny-clip]", "is no catalogue: tiny-clip.kind: Field required"),
        (
            "[Tiny]\nkind='clip'\nrepository='a/b'\nrevision='main'\nwidth=1\nlicence=''",
            "'Tiny' cannot name a backbone",
        ),
        ("tiny", "is no catalogue: "),
    ],
)
def test_a_catalogue_that_is_none_is_refused(
    hub: HubServer, tmp_path: Path, content: str, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "own.toml").write_text(content)
    assert pull("tiny-clip", tmp_path, hub, tmp_path / "own.toml") == 2
    assert said in capsys.readouterr().err


def test_both_spaces_become_a_bundle_that_searches_by_words(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["bundle", "from-pretrained", "--data", str(data)]) == 0
    assert "audio->text, av->text, text->audio, text->av, text->video, video->text" in capsys.readouterr().out
    bundle = Bundle.open(data / "bundles" / "pretrained")
    assert bundle.manifest.export_difference < 1e-5
    with Cage(Limits(), workers=1) as cage:
        text = Encoders(data / "backbones", cage).text(bundle.manifest)
    words = ["a dog", "rain that falls"]
    clip = TextEncoder.open(data / "backbones" / f"tiny-clip-text@{VERSION}").encode(words)
    clap = TextEncoder.open(data / "backbones" / f"tiny-clap-text@{VERSION}").encode(words)
    rows = text.encode(words)
    np.testing.assert_allclose(rows, np.concatenate([clip, clap], axis=1) / np.sqrt(2), atol=1e-6)
    features = random_features(bundle)
    seen, heard = unit(features["video"]), unit(features["audio"])
    for route, expected in {
        "text->video": clip @ seen.T,
        "text->audio": clap @ heard.T,
        "text->av": (clip @ seen.T + clap @ heard.T) / 2,
    }.items():
        np.testing.assert_allclose(scores(bundle, route, rows, features), expected, atol=1e-5)


def random_features(bundle: Bundle) -> dict[str, F32]:
    numbers = np.random.default_rng(0)
    widths = {"video": bundle.width("video"), "audio": bundle.width("audio")}
    return {sense: numbers.standard_normal((4, width)).astype(np.float32) for sense, width in widths.items()}


def scores(bundle: Bundle, route: str, text: F32, features: dict[str, F32]) -> F32:
    """[texts, clips] inner products, as every metric of these routes is for unit rows."""
    spec = bundle.manifest.route(route)
    queries, gallery = bundle.embed(spec.query, {"text": text}), bundle.embed(spec.gallery, features)  # type: ignore[arg-type]
    return queries @ gallery.T


def test_clips_are_classified_by_both_senses_or_by_the_one_they_have(data: Path) -> None:
    (data / "classes.txt").write_text("dog\nrain\n")
    classes = ["--classes", str(data / "classes.txt"), "--name", "mine"]
    assert run(["bundle", "from-pretrained", "--data", str(data), *classes]) == 0
    bundle = Bundle.open(data / "bundles" / "mine")
    assert bundle.manifest.vocabulary == ("dog", "rain")
    with Cage(Limits(), workers=1) as cage:
        classifier = Classifier(bundle, Encoders(data / "backbones", cage).text(bundle.manifest))
    features = {sense: rows[0] for sense, rows in random_features(bundle).items()}
    both = classifier.classify(features, classes=["dog", "rain"])  # type: ignore[arg-type]
    assert both.channel == "av"
    for each in both.ranked:
        assert each.score == pytest.approx(sum(each.parts.values()), abs=1e-5)
    assert classifier.classify({"audio": features["audio"]}, classes=["dog", "rain"]).channel == "audio"


def test_one_space_alone_is_a_bundle_with_its_own_text_encoder(hub: HubServer, catalogue: Path, tmp_path: Path) -> None:
    assert pull("tiny-clap", tmp_path, hub, catalogue) == 0
    assert run(["bundle", "from-pretrained", "--data", str(tmp_path), "--name", "sound"]) == 0
    manifest = Bundle.open(tmp_path / "bundles" / "sound").manifest
    assert sorted(manifest.routes) == ["audio->text", "text->audio"]
    assert manifest.text_encoder.name == f"tiny-clap-text@{VERSION}"


def test_the_service_opens_a_part_once_and_names_one_that_is_missing(data: Path) -> None:
    assert run(["bundle", "from-pretrained", "--data", str(data)]) == 0
    (data / "backbones" / CLIP).rename(data / CLIP)
    assert run(["bundle", "from-pretrained", "--data", str(data), "--name", "sound"]) == 0
    both, sound = (Bundle.open(data / "bundles" / name).manifest for name in ("pretrained", "sound"))
    with Cage(Limits(), workers=1) as cage:
        opened = Encoders(data / "backbones", cage)
        rows = opened.text(both).encode(["rain"])
        (data / "backbones" / sound.text_encoder.name).rename(data / "elsewhere")
        alone = opened.text(sound).encode(["rain"])
        np.testing.assert_allclose(rows[:, CLIP_WIDTH:] * np.sqrt(2), alone, atol=1e-6)
        with pytest.raises(DependencyMissing, match=r"the text encoder tiny-clap-text@.* is missing"):
            Encoders(data / "backbones", cage).text(both)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--audio", "other@1"], f"there is no shared space other@1 of sound .*; found {CLAP}"),
        (["--video", CLAP], f"there is no shared space {CLAP} of pictures"),
    ],
)
def test_a_space_that_is_not_there_is_refused(
    data: Path, options: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["bundle", "from-pretrained", "--data", str(data), *options]) == 2
    assert re.search(said, capsys.readouterr().err)


def test_an_empty_folder_is_told_where_spaces_come_from(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["bundle", "from-pretrained", "--data", str(tmp_path)]) == 2
    assert "`sightsound backbone pull` fetches one" in capsys.readouterr().err


def test_their_features_train_clipclap(data: Path) -> None:
    (data / "recipe.toml").write_text(RECIPE)
    clips = labelled_clips(data)
    parts = [f"{name}@{VERSION}" for name in ("tiny-clip-text", "tiny-clap-text")]
    assert run(["backbone", "join", *parts, "--name", "both", "--data", str(data)]) == 0
    assert run(["train", str(data / "recipe.toml"), "--clips", str(clips), "--data", str(data)]) == 0
    manifest = Bundle.open(data / "bundles" / "clipclap").manifest
    assert manifest.text_encoder.name.startswith("both@")
    assert manifest.text_encoder.width == CLIP_WIDTH + CLAP_WIDTH
    assert {sense: ref.name for sense, ref in manifest.backbones.items()} == {"audio": CLAP, "video": CLIP}


def test_the_text_encoder_is_the_joined_one_unless_there_is_another(data: Path) -> None:
    backbones = data / "backbones"
    with pytest.raises(
        QueryInvalid, match=r"there are several encoders of text, tiny-clap-text@.*; choose one by --text"
    ):
        text_encoder(backbones, None)
    joined = join(backbones, [f"tiny-clip-text@{VERSION}", f"tiny-clap-text@{VERSION}"], name="both")
    assert text_encoder(backbones, None) == backbones / joined.ref
    assert text_encoder(backbones, f"tiny-clap-text@{VERSION}") == backbones / f"tiny-clap-text@{VERSION}"
    tiny_text_encoder(backbones / "tiny-text@1")
    with pytest.raises(QueryInvalid, match=f"several encoders of text, {joined.ref}, tiny-text@1"):
        text_encoder(backbones, None)
    assert text_encoder(backbones, "tiny-text@1") == backbones / "tiny-text@1"
    with pytest.raises(DataMissing, match="there is no other@1 for text"):
        text_encoder(backbones, "other@1")


def labelled_clips(folder: Path) -> Path:
    rows = ["path,label,split"]
    for label, tone in (("low", 200), ("middle", 500), ("high", 900)):
        for split in ("train", "val", "test"):
            if (label, split) != ("high", "train"):
                tiny_clip(folder / f"{label}-{split}.mp4", seconds=1.0, tone_hz=tone)
                rows.append(f"{label}-{split}.mp4,{label},{split}")
    (folder / "clips.csv").write_text("\n".join(rows) + "\n")
    return folder / "clips.csv"

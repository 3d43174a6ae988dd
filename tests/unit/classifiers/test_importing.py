"""A classifier's file becomes a backbone whose feature is the probabilities of its classes, or is refused."""

from pathlib import Path

import numpy as np
import pytest

from models.errors import BundleInvalid, Conflict, DataMissing, QueryInvalid, SightsoundError
from models.features.backbone import Backbone
from models.media.media import FrameSpec, Media, SoundSpec
from models.types import F32
from tests.tiny.classifiers import COLOURS, SOUNDS, class_list, colour, loudness
from training.classifiers.frontend import Scaling
from training.classifiers.importing import Reading, import_classifier
from training.classifiers.names import read_names

SOUND = SoundSpec(16_000)
PICTURES = FrameSpec(rate=1, size=32, shorter_side=36)
PLAIN = Scaling((0, 0, 0), (1, 1, 1))


def imported(file: Path, reading: Reading) -> Backbone:
    card = import_classifier(file, file.parent / "backbones", reading, licence="Apache-2.0")
    return Backbone.open(file.parent / "backbones" / card.ref)


def frames(*colours: tuple[int, int, int]) -> Media:
    pictures = np.stack([np.full((32, 32, 3), each, np.uint8) for each in colours])
    return Media(float(len(colours)), SOUND, PICTURES, None, pictures)


def softmax(row: tuple[float, float, float]) -> F32:
    powers = np.exp(np.array(row, np.float32))
    return np.asarray(powers / powers.sum(), np.float32)


@pytest.mark.parametrize("rank", [1, 2])
def test_scores_of_sound_are_the_feature_as_they_are(tmp_path: Path, rank: int) -> None:
    backbone = imported(loudness(tmp_path / "Loudness v2.onnx", rank=rank), Reading(SOUNDS, SOUND))
    assert backbone.card.ref == "loudness-v2-classes@1"
    assert backbone.card.classes == SOUNDS
    found = backbone.feature(Media(1.0, SOUND, PICTURES, np.full(16_000, -0.25, np.float32), None))
    np.testing.assert_allclose(found, [0.25, 0.75], atol=1e-6)


def test_the_feature_of_pictures_is_the_mean_of_each_frames_softmax(tmp_path: Path) -> None:
    backbone = imported(colour(tmp_path / "colour.onnx"), Reading(COLOURS, PICTURES))
    found = backbone.feature(frames((255, 0, 0), (0, 0, 255)))
    np.testing.assert_allclose(found, (softmax((1, 0, 0)) + softmax((0, 0, 1))) / 2, atol=1e-6)


@pytest.mark.parametrize("layout", ["first", "last"])
def test_numbers_are_scaled_and_laid_out_as_the_network_has_them(tmp_path: Path, layout: str) -> None:
    scaling = Scaling((0.5, 0.4, 0.3), (0.5, 0.25, 0.1))
    file = colour(tmp_path / "colour.onnx", layout=layout)
    found = imported(file, Reading(COLOURS, PICTURES, scaling=scaling)).feature(frames((255, 102, 0)))
    np.testing.assert_allclose(found, softmax((1, 0, -3)), atol=1e-5)


def test_an_output_of_another_name_is_taken_when_it_is_asked_for(tmp_path: Path) -> None:
    file = colour(tmp_path / "colour.onnx", output="head:0")
    found = imported(file, Reading(COLOURS, PICTURES, output="head:0:sigmoid")).feature(frames((255, 0, 0)))
    np.testing.assert_allclose(found, [1 / (1 + np.exp(-1)), 0.5, 0.5], atol=1e-6)


def test_importing_again_leaves_what_is_there_and_another_of_its_name_is_a_conflict(tmp_path: Path) -> None:
    file = colour(tmp_path / "colour.onnx")
    card = imported(file, Reading(COLOURS, PICTURES)).card
    before = {path: path.stat().st_mtime_ns for path in (tmp_path / "backbones").rglob("*")}
    assert imported(file, Reading(COLOURS, PICTURES)).card == card
    assert {path: path.stat().st_mtime_ns for path in (tmp_path / "backbones").rglob("*")} == before
    with pytest.raises(Conflict, match="another backbone colour-classes@1"):
        imported(file, Reading(("one", "two", "three"), PICTURES))


BYTES, NUMBERS = {"layout": "bytes"}, {"layout": "first"}
REFUSED: list[tuple[dict[str, str], Reading, type[SightsoundError], str]] = [
    (BYTES, Reading(("one", "two"), PICTURES), BundleInvalid, r"gave \[2, 3\]; the list of classes has 2 names"),
    (BYTES, Reading(COLOURS, PICTURES, scaling=PLAIN), BundleInvalid, "takes bytes, which the network scales itself"),
    (BYTES, Reading(COLOURS, SOUND), BundleInvalid, r"is not float32 \[n\] or \[1, n\]; its rank is 4"),
    (
        BYTES,
        Reading(COLOURS, FrameSpec(1, 16, 16)),
        BundleInvalid,
        r"pictures is \[0, 32, 32, 3\]; found frames of size 16",
    ),
    (BYTES, Reading(COLOURS, PICTURES, output="other:softmax"), BundleInvalid, "there is no 'other'"),
    (BYTES, Reading(COLOURS, PICTURES, output="logits:log"), QueryInvalid, "'logits:log' is not NAME:KIND"),
    (BYTES, Reading(COLOURS, PICTURES, output="softmax"), QueryInvalid, "'softmax' is not NAME:KIND"),
    (NUMBERS, Reading(COLOURS, PICTURES), BundleInvalid, "say the mean and std"),
    (
        NUMBERS,
        Reading(COLOURS, PICTURES, output="logits:probabilities", scaling=Scaling((0, 0, 0), (0.1, 0.1, 0.1))),
        BundleInvalid,
        "which are no probabilities",
    ),
    ({"output": "head"}, Reading(COLOURS, PICTURES), BundleInvalid, r"outputs \['head'\]; expected scores or logits"),
]


@pytest.mark.parametrize(("made", "reading", "kind", "message"), REFUSED)
def test_what_does_not_fit_is_refused_and_nothing_is_written(
    tmp_path: Path, made: dict[str, str], reading: Reading, kind: type[SightsoundError], message: str
) -> None:
    with pytest.raises(kind, match=message):
        imported(colour(tmp_path / "colour.onnx", **made), reading)
    assert not (tmp_path / "backbones").exists()


def test_a_file_that_is_not_there_or_is_no_graph_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataMissing, match=r"there is no classifier .*none\.onnx"):
        imported(tmp_path / "none.onnx", Reading(SOUNDS, SOUND))
    (tmp_path / "text.onnx").write_text("not a graph")
    with pytest.raises(BundleInvalid, match=r"text\.onnx is not an ONNX graph"):
        imported(tmp_path / "text.onnx", Reading(SOUNDS, SOUND))


@pytest.mark.parametrize("std", [0.0, -1.0, float("nan")])
def test_a_deviation_that_is_not_over_zero_is_refused(std: float) -> None:
    with pytest.raises(BundleInvalid, match="over 0"):
        Scaling((0, 0, 0), (1, std, 1))


def test_names_are_the_lines_of_a_text_or_a_column_of_a_csv(tmp_path: Path) -> None:
    assert read_names(class_list(tmp_path / "names.txt", ["tench,  Tinca tinca", "goldfish"])) == (
        "tench, Tinca tinca",
        "goldfish",
    )
    (tmp_path / "names.csv").write_text('index,display_name\n0,Speech\n1,"Child speech, kid speaking"\n')
    assert read_names(tmp_path / "names.csv") == ("Speech", "Child speech, kid speaking")


ODD_LISTS: list[tuple[str, bytes, str]] = [
    ("names.txt", b"one\n\nthree\n", r"names\.txt: class 2 has no name"),
    ("names.txt", b"", "it is empty"),
    ("names.txt", b"\xff\xfe\x00", "not text in UTF-8"),
    ("names.csv", b"index,mid\n0,/m/09x0r\n", "columns index, mid; expected one of display_name or name"),
]


@pytest.mark.parametrize(("name", "content", "message"), ODD_LISTS)
def test_a_list_that_is_none_is_refused_by_what_is_wrong(
    tmp_path: Path, name: str, content: bytes, message: str
) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(BundleInvalid, match=message):
        read_names(tmp_path / name)


def test_a_list_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataMissing, match=r"no list of classes .*none\.txt"):
        read_names(tmp_path / "none.txt")


def test_a_card_whose_classes_are_not_as_many_as_its_feature_is_wide_is_refused(tmp_path: Path) -> None:
    card = imported(colour(tmp_path / "colour.onnx"), Reading(COLOURS, PICTURES)).card
    path = tmp_path / "backbones" / card.ref / "backbone.json"
    path.write_text(path.read_text().replace('"width": 3', '"width": 4'))
    with pytest.raises(BundleInvalid, match="the feature is 4 wide and there are 3 classes"):
        Backbone.open(path.parent)

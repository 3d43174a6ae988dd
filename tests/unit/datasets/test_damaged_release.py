"""Files of a release that are missing, damaged or disagree are refused by name before anything is trained."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from models.errors import DataMissing, TrainingDataInvalid
from tests.tiny.releases import change, video_of
from training.datasets import gzsl_release
from training.datasets.class_lists import listed
from training.datasets.gzsl_layout import Layout, Stage


def other_sample(data: Any, urls: Any) -> tuple[Any, Any]:
    urls[2] = b"another"
    return data, urls


def not_a_number(data: Any, urls: Any) -> tuple[Any, Any]:
    data[3, 1] = np.nan
    return data, urls


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        (other_sample, r"audio/stage_1_train/Class0001.h5: row 2 is 'stage_1_train_\d+', which .*video.* does not"),
        (lambda data, urls: (data[:-1], urls[:-1]), r"audio/stage_1_train/Class0001.h5: row 5 is .* does not have"),
        (lambda data, urls: (data[[0, *range(6)]], urls[[0, *range(6)]]), r"video/.*: row 1 is .* again"),
        (not_a_number, "video/stage_1_train/Class0001.h5: row 3 is not finite"),
        (lambda data, urls: (data.astype("f8") * 1e300, urls), "video/stage_1_train/Class0001.h5: row 0 is not finite"),
        (lambda data, urls: (data[:, :-1], urls), r"video/stage_1_train/Class0001.h5 has 4 numbers a row, .* 5"),
        (lambda data, urls: (data[:, 0], urls), r"video/.*Class0001.h5: data is \(6,\); expected rows"),
        (lambda data, urls: (data[:0], urls[:0]), r"video/.*Class0001.h5: data is \(0, 5\); expected rows"),
        (lambda data, urls: (data, urls[1:]), r"video/.*Class0001.h5 has 6 rows and names \(5,\)"),
        (lambda data, urls: (data.astype("S9"), urls), r"video/.*Class0001.h5: data is \|S9; expected numbers"),
    ],
)
def test_a_file_that_disagrees_is_refused_with_its_name_and_row(
    layout: Layout, changed: Callable[[Any, Any], tuple[Any, Any]], message: str
) -> None:
    change(video_of(layout), changed)
    with pytest.raises(TrainingDataInvalid, match=message):
        gzsl_release.read(layout.folder, "ucf-gzsl")


def test_test_features_of_another_width_are_refused(layout: Layout) -> None:
    for path in layout.class_files("audio", "stage_2_test_unseen").iterdir():
        change(path, lambda data, urls: (data[:, :3], urls))
    with pytest.raises(TrainingDataInvalid, match=r"stage_2_test_unseen/Class0006.h5 has 3 numbers a row, .* 6"):
        gzsl_release.read(layout.folder, "ucf-gzsl")


@pytest.mark.parametrize("kept", [0, 100, 2000, -1])
def test_a_file_cut_short_is_refused(layout: Layout, kept: int) -> None:
    path = video_of(layout)
    path.write_bytes(path.read_bytes()[:kept])
    with pytest.raises(TrainingDataInvalid, match=r"Class0001.h5 is not a whole HDF5 file of `data` and `video_urls`"):
        gzsl_release.read(layout.folder, "ucf-gzsl")


def test_a_file_of_other_contents_is_refused(layout: Layout) -> None:
    with h5py.File(video_of(layout), "w") as file:
        file["features"] = np.ones(3)
    with pytest.raises(TrainingDataInvalid, match=r"Class0001.h5 is not a whole HDF5 file"):
        gzsl_release.read(layout.folder, "ucf-gzsl")


def test_a_file_of_no_known_class_is_refused(layout: Layout) -> None:
    shutil.copyfile(video_of(layout), video_of(layout).with_name("Juggling.h5"))
    with pytest.raises(TrainingDataInvalid, match=r"stage_1_train/Juggling.h5 has Juggling, which the list"):
        gzsl_release.read(layout.folder, "ucf-gzsl")


def test_a_class_file_of_one_sense_only_is_missed_by_name(layout: Layout) -> None:
    (layout.class_files("video", "stage_2_test_seen") / "Class0001.h5").unlink()
    with pytest.raises(DataMissing, match=r"lacks video/stage_2_test_seen/Class0001.h5; that folder is for"):
        gzsl_release.read(layout.folder, "ucf-gzsl")


@pytest.mark.parametrize("stage", ["stage_1_train", "stage_1_val_unseen", "stage_2_test_unseen"])
def test_a_class_that_a_stage_cannot_do_without_is_missed_by_name(layout: Layout, stage: Stage) -> None:
    label = listed(layout.classes(stage))[0]
    for sense in ("audio", "video"):
        (layout.class_files(sense, stage) / f"{label}.h5").unlink()
    with pytest.raises(DataMissing, match=f"lacks audio/{stage}/{label}.h5, video/{stage}/{label}.h5"):
        gzsl_release.read(layout.folder, "ucf-gzsl")


def test_a_stage_without_samples_is_refused(layout: Layout) -> None:
    for sense in ("audio", "video"):
        for path in layout.class_files(sense, "stage_1_val_seen").iterdir():
            path.unlink()
    with pytest.raises(TrainingDataInvalid, match="stage_1_val_seen has no samples of the 4 listed classes"):
        gzsl_release.read(layout.folder, "ucf-gzsl")


def test_without_its_files_a_release_is_missed_with_where_they_are_had_and_belong(tmp_path: Path) -> None:
    with pytest.raises(DataMissing) as caught:
        gzsl_release.read(tmp_path / "VGGSound", "vggsound-gzsl")
    message = str(caught.value)
    assert message.startswith(f"{tmp_path / 'VGGSound'} lacks class-split/all_class.txt, class-split/vggsound_w2v_cl")
    assert message.endswith(
        "and 7 more; that folder is for the features of AVCA-GZSL, from https://github.com/ExplainableML/AVCA-GZSL"
    )
    assert caught.value.title == "The data set's files are not there."


@pytest.mark.parametrize(
    ("stage", "classes", "message"),
    [
        ("stage_1_val_seen", "Class0005", "stage_1_val_seen.txt: the class 'Class0005' is not trained on"),
        ("stage_1_val_unseen", "Class0000", "stage_1_val_unseen.txt: the class 'Class0000' is trained on"),
        ("stage_2_train", "Class0000", "stage_2_train.txt: the class 'Class0001' is in stage 1, and not in this"),
        ("stage_2_test_seen", "Class0007", "stage_2_test_seen.txt: the class 'Class0007' is not trained on"),
        ("stage_2_test_unseen", "Class0004", "stage_2_test_unseen.txt: the class 'Class0004' is trained on"),
        ("stage_2_test_unseen", "Juggling", "stage_2_test_unseen.txt has Juggling, which the list of all"),
        ("stage_1_train", "Class0000\nClass0000", "stage_1_train.txt lists the class 'class0000' 2 times"),
    ],
)
def test_lists_that_do_not_fit_together_are_refused(layout: Layout, stage: Stage, classes: str, message: str) -> None:
    layout.classes(stage).write_text(classes)
    with pytest.raises(TrainingDataInvalid, match=message):
        gzsl_release.read(layout.folder, "ucf-gzsl")

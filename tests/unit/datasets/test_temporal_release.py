"""The TCAF release: sequences become rows of so many steps, one after another."""

import os
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from models.errors import DataMissing, TrainingDataInvalid
from models.types import F32
from tests.tiny.releases import SAMPLES, write_sequences, write_temporal
from tests.unit.datasets.test_pickled import Asks
from training.datasets import temporal_release
from training.datasets.class_lists import listed
from training.datasets.gzsl_layout import Layout
from training.datasets.temporal_features import middle
from training.splits import Dataset

AUDIO, VIDEO = 3, 2
"""How wide a step is."""


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    return write_temporal(tmp_path / "UCF")


def read(layout: Layout, *, audio_steps: int = 3, video_steps: int = 4) -> Dataset:
    return temporal_release.read(layout.folder, "ucf-gzsl", audio_steps=audio_steps, video_steps=video_steps)


def laid_out(sequence: F32, steps: int) -> list[float]:
    """The middle steps end to end, zeros after them."""
    first = (len(sequence) - steps) // 2 if len(sequence) > steps else 0
    row = [float(number) for step in sequence[first : first + steps] for number in step]
    return row + [0.0] * (steps * sequence.shape[1] - len(row))


def test_a_feature_is_the_steps_of_its_sequence_end_to_end(layout: Layout) -> None:
    found = read(layout).training.features
    audio: list[list[float]] = []
    video: list[list[float]] = []
    for label in listed(layout.classes("stage_1_train")):
        for sense, steps, rows in (("audio", 3, audio), ("video", 4, video)):
            held = pickle.loads((layout.class_files(sense, "stage_1_train") / f"{label}.pkl").read_bytes())  # type: ignore[arg-type]
            rows += [laid_out(sequence, steps) for sequence in held["features"]]
    assert len(found) == SAMPLES["stage_1_train"]
    np.testing.assert_array_equal(found.audio, np.array(audio, np.float32))
    np.testing.assert_array_equal(found.video, np.array(video, np.float32))


def test_parts_and_candidates_are_those_of_the_averaged_release(layout: Layout) -> None:
    dataset = read(layout)
    assert dataset.name == "ucf-gzsl"
    assert len(dataset.validation.features) == SAMPLES["stage_1_val_seen"] + SAMPLES["stage_1_val_unseen"]
    assert len(dataset.test.features) == SAMPLES["stage_2_test_seen"] + SAMPLES["stage_2_test_unseen"]
    assert len(dataset.test.classes.names) == 8
    assert dataset.test.widths.audio == 3 * AUDIO
    assert dataset.test.widths.video == 4 * VIDEO


@pytest.mark.parametrize(
    ("length", "steps", "kept"), [(5, 3, [1, 2, 3]), (6, 3, [1, 2, 3]), (3, 3, [0, 1, 2]), (2, 3, [0, 1]), (0, 3, [])]
)
def test_of_a_longer_sequence_the_middle_is_taken(length: int, steps: int, kept: list[int]) -> None:
    assert middle(np.arange(length, dtype=np.float32)[:, None], steps)[:, 0].tolist() == kept


def rewritten(layout: Layout, sequences: list[Any], samples: list[str] | None = None) -> None:
    path = layout.class_files("audio", "stage_1_train") / "Class0000.pkl"
    names = samples or [name.decode() for name in pickle.loads(path.read_bytes())["video_names"]]
    write_sequences(path, sequences, names)


def six(**odd: Any) -> list[Any]:
    """As many sequences as the class has samples, one of them odd."""
    sequences: list[Any] = [np.ones((2, AUDIO), np.float32) for _ in range(6)]
    for row, sequence in odd.items():
        sequences[int(row.removeprefix("row_"))] = sequence
    return sequences


@pytest.mark.parametrize(
    ("sequences", "message"),
    [
        (six(row_2=np.ones((2, 5))), "Class0000.pkl: row 2 has 5 numbers a step; the first row has 3"),
        (six(row_4=np.ones(AUDIO)), r"Class0000.pkl: row 4 is of shape \(3,\); expected numbers \[t, width\]"),
        (six(row_0="silence"), r"Class0000.pkl: row 0 is of shape \(\); expected numbers"),
        (six(row_3=np.array([[1, np.nan, 0]])), "Class0000.pkl: row 3 is not finite"),
        (six()[:-1], "Class0000.pkl does not name each of its 5 sequences"),
        ([], "Class0000.pkl does not hold a list of sequences"),
    ],
)
def test_sequences_that_do_not_fit_are_refused(layout: Layout, sequences: list[Any], message: str) -> None:
    rewritten(layout, sequences)
    with pytest.raises(TrainingDataInvalid, match=message):
        read(layout)


def test_a_file_of_other_samples_than_the_one_beside_it_is_refused(layout: Layout) -> None:
    rewritten(layout, six(), list("abcdef"))
    with pytest.raises(TrainingDataInvalid, match=r"audio/stage_1_train/Class0000.pkl: row 0 is 'a', which .*video"):
        read(layout)


def test_a_file_that_would_run_something_is_refused(layout: Layout, tmp_path: Path) -> None:
    canary = tmp_path / "canary"
    rewritten(layout, six(row_0=Asks(os.system, f"touch {canary}")))
    with pytest.raises(TrainingDataInvalid, match=r"Class0000.pkl cannot be read as plain data: it asks for .*system"):
        read(layout)
    assert not canary.exists()


def test_a_file_without_features_is_refused(layout: Layout) -> None:
    (layout.class_files("audio", "stage_1_train") / "Class0000.pkl").write_bytes(pickle.dumps([1, 2]))
    with pytest.raises(TrainingDataInvalid, match=r"Class0000.pkl does not hold `features` and `video_names`"):
        read(layout)


def test_sequences_of_no_steps_are_no_question(layout: Layout) -> None:
    with pytest.raises(TrainingDataInvalid, match="at least 1 step, found 0 of audio and 4 of video"):
        read(layout, audio_steps=0)


def test_a_release_that_is_not_there_is_missed_with_where_it_is_had(tmp_path: Path) -> None:
    with pytest.raises(
        DataMissing, match=r"temporal features of TCAF-GZSL, from https://github.com/ExplainableML/TCAF"
    ):
        temporal_release.read(tmp_path, "ucf-gzsl", audio_steps=1, video_steps=1)

"""AudioSetZSL: seen classes to learn on, all of them to choose and to test by."""

from pathlib import Path

import h5py
import numpy as np
import pytest

from models.errors import DataMissing, TrainingDataInvalid
from tests.tiny.releases import CLIPS, SEEN, UNSEEN, write_audiosetzsl
from training.datasets import audiosetzsl
from training.datasets.word_vectors import read_vectors


@pytest.fixture
def features(tmp_path: Path) -> Path:
    return write_audiosetzsl(tmp_path)


def test_the_seen_classes_are_learnt_and_all_are_asked_for(tmp_path: Path, features: Path) -> None:
    dataset = audiosetzsl.read(tmp_path)
    assert dataset.name == "audiosetzsl"
    assert dataset.retraining is None
    parts = (
        ("trn", dataset.training, SEEN),
        ("val", dataset.validation, SEEN + UNSEEN),
        ("tst", dataset.test, SEEN + UNSEEN),
    )
    for part, split, present in parts:
        assert split.classes.names == tuple(sorted(SEEN + UNSEEN))
        assert {name for name, seen in zip(split.classes.names, split.classes.seen, strict=True) if seen} == {*SEEN}
        assert [split.classes.names[row] for row in split.features.label] == list(
            np.repeat(sorted(present), CLIPS[part])
        )
        row = 0
        for each in sorted(present):
            with h5py.File(features / "video" / part / f"{each}.h5") as file:
                np.testing.assert_array_equal(split.features.video[row : row + CLIPS[part]], file["data"][:])
            row += CLIPS[part]


def test_every_class_has_the_vector_of_its_name(tmp_path: Path, features: Path) -> None:
    vectors = read_vectors(features / "text" / "word_embeddings-dict-33.npy")
    table = audiosetzsl.read(tmp_path).test.classes
    for name, text in zip(table.names, table.text, strict=True):
        np.testing.assert_array_equal(text, vectors[name])


def test_the_unit_vectors_are_read_where_the_others_are_not(tmp_path: Path, features: Path) -> None:
    before = features / "text" / "word_embeddings-dict-33.npy"
    before.rename(before.with_name("word_embeddings_audiosetzsl_normed.npy"))
    assert audiosetzsl.read(tmp_path).test.widths.text == 12


def test_without_vectors_or_features_they_are_missed_by_name(tmp_path: Path, features: Path) -> None:
    (features / "text" / "word_embeddings-dict-33.npy").unlink()
    with pytest.raises(DataMissing, match=r"word_embeddings-dict-33.npy; that folder is for AudioSet"):
        audiosetzsl.read(tmp_path)
    (features / "audio").rename(features / "sound")
    with pytest.raises(DataMissing, match="lacks features/<name>/audio"):
        audiosetzsl.read(tmp_path)
    with pytest.raises(DataMissing, match=r"https://github.com/krantiparida/AudioSetZSL"):
        audiosetzsl.read(tmp_path / "nowhere")


def test_two_kinds_of_features_are_not_chosen_between(tmp_path: Path, features: Path) -> None:
    (tmp_path / "features" / "cls_features" / "audio").mkdir(parents=True)
    with pytest.raises(TrainingDataInvalid, match="one kind of features, found cls_features, main_features"):
        audiosetzsl.read(tmp_path)


@pytest.mark.parametrize(
    ("listing", "text", "message"),
    [
        ("unseen_class.txt", "'fan',\n'bus',\n'dog'", "both list 'dog'"),
        ("unseen_class.txt", "'fan'", "neither seen_class.txt nor unseen_class.txt lists 'bus'"),
        ("seen_class.txt", "'dog',\n'wolf'", "seen_class.txt has wolf, which the list of all classes does not"),
        ("all_class.txt", "'dog',\n'dog'", "lists the class 'dog' 2 times"),
    ],
)
def test_lists_that_do_not_fit_together_are_refused(
    tmp_path: Path, features: Path, listing: str, text: str, message: str
) -> None:
    (tmp_path / "class-split" / listing).write_text(text)
    with pytest.raises(TrainingDataInvalid, match=message):
        audiosetzsl.read(tmp_path)

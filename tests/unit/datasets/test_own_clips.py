"""Clips of one's own are listed in a csv, which is checked before anything is decoded."""

from collections import Counter
from pathlib import Path

import pytest

from models.errors import DataMissing, TrainingDataInvalid
from training.datasets import own_clips
from training.experiment import LabelledClip

SPLIT = """path,label,split
a.mp4,dog,train
b.mp4,dog,val
c.mp4,cat,train
d.mp4,"cat, purring",test
e.mp4,cat,test
"""


def table(folder: Path, text: str) -> Path:
    for name in "abcde":
        (folder / f"{name}.mp4").touch()
    path = folder / "clips.csv"
    path.write_text(text)
    return path


def many(folder: Path, counts: dict[str, int]) -> Path:
    """A csv without splits."""
    names = [(f"{label}{number}.mp4", label) for label, count in counts.items() for number in range(count)]
    for name, _ in names:
        (folder / name).touch()
    path = folder / "clips.csv"
    path.write_text("path,label\n" + "".join(f"{name},{label}\n" for name, label in names))
    return path


def test_clips_are_those_of_the_csv_beside_it(tmp_path: Path) -> None:
    found = own_clips.read(table(tmp_path, SPLIT))
    assert found[0] == LabelledClip(tmp_path / "a.mp4", "dog", "train")
    assert [(clip.label, clip.split) for clip in found[2:]] == [
        ("cat", "train"),
        ("cat, purring", "test"),
        ("cat", "test"),
    ]


def test_the_list_of_a_gallery_is_one_to_train_on(tmp_path: Path) -> None:
    rows = SPLIT.splitlines()
    noted = "\n".join([f"{rows[0]},metadata", *(f'{row},"{{""year"": 1999}}"' for row in rows[1:])])
    assert own_clips.read(table(tmp_path, noted)) == own_clips.read(table(tmp_path, SPLIT))


def test_a_class_without_clips_to_train_on_is_unseen(tmp_path: Path) -> None:
    names, seen = own_clips.sides(own_clips.read(table(tmp_path, SPLIT)))
    assert names == ("cat", "cat, purring", "dog")
    assert seen.tolist() == [True, False, True]


def test_without_splits_every_class_is_split_alike_and_seen(tmp_path: Path) -> None:
    found = own_clips.read(many(tmp_path, {"dog": 100, "cat": 20, "cow": 3, "ant": 2, "bee": 1}))
    counts: Counter[tuple[str, str]] = Counter((clip.label, clip.split) for clip in found)
    assert [counts["dog", part] for part in own_clips.PARTS] == [70, 15, 15]
    assert [counts["cat", part] for part in own_clips.PARTS] == [14, 3, 3]
    assert [counts["cow", part] for part in own_clips.PARTS] == [1, 1, 1]
    assert counts["ant", "train"] == 2
    assert own_clips.sides(found)[1].all()


def test_the_split_depends_on_what_is_listed_and_not_on_where_or_in_which_order(tmp_path: Path) -> None:
    here, there = tmp_path / "here", tmp_path / "there"
    here.mkdir()
    there.mkdir()
    first = own_clips.read(many(here, {"dog": 20, "cat": 20}))
    other = many(there, {"dog": 20, "cat": 20})
    header, *rows = other.read_text().splitlines()
    other.write_text("\n".join([header, *reversed(rows)]))
    again = own_clips.read(other)
    assert {clip.path.name: clip.split for clip in first} == {clip.path.name: clip.split for clip in again}
    assert first[0].split != "val" or first[1].split != "val" or first[2].split != "val"  # not the first ones


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("path,class\na.mp4,dog\n", "no column 'label', found path, class"),
        (
            "path,label,splt\na.mp4,dog,train\n",
            "has a column 'splt'; expected path, label and perhaps split and metadata",
        ),
        (SPLIT.replace("b.mp4,dog", "b.mp4, "), "row 2 has an empty label"),
        (SPLIT.replace("c.mp4", ""), "row 3 has an empty path"),
        (SPLIT.replace("dog,val", "dog,dev"), "row 2 has the split 'dev'; expected train, val, test"),
        (SPLIT.replace("val", "train"), "5 clips, none of them for val"),
        ("path,label\na.mp4,dog\nb.mp4,cat\n", "2 clips, none of them for val or test"),
        ("path,label\n", "0 clips, none of them for train or val or test"),
        (SPLIT.replace("cat,train", "cat,val"), "1 class to train on; expected at least 2"),
        (SPLIT.replace("a.mp4,dog,train", "a.mp4,dog"), "row 1 does not have the 3 fields of the header"),
    ],
)
def test_a_csv_that_does_not_hold_is_refused_with_the_row(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(TrainingDataInvalid, match=message):
        own_clips.read(table(tmp_path, text))


def test_a_clip_listed_twice_is_refused_however_it_is_written(tmp_path: Path) -> None:
    path = table(tmp_path, SPLIT.replace("e.mp4,cat", f"../{tmp_path.name}/a.mp4,cat"))
    with pytest.raises(TrainingDataInvalid, match=r"rows 1 and 5 are both .*a\.mp4"):
        own_clips.read(path)


def test_clips_that_are_not_there_are_missed_with_their_rows(tmp_path: Path) -> None:
    path = table(tmp_path, SPLIT)
    for name in "bcde":
        (tmp_path / f"{name}.mp4").unlink()
    with pytest.raises(DataMissing, match=r"b\.mp4 \(row 2\), .*c\.mp4 \(row 3\), .*d\.mp4 \(row 4\) and 1 more"):
        own_clips.read(path)


def test_a_csv_that_is_not_there_is_missed(tmp_path: Path) -> None:
    with pytest.raises(DataMissing, match=r"clips.csv is not there; expected a csv of path, label"):
        own_clips.read(tmp_path / "clips.csv")

"""Lists of clips to ingest."""

from pathlib import Path

import pytest

from models.errors import InvalidInput
from models.media.collection import Item, listed
from service.jobs.items import inside, write


def test_items_are_read_by_number_as_they_were_written(tmp_path: Path) -> None:
    some = [Item(f"/a/{n}.mp4", f"{'ü' * (n % 5)}{n}", ("x",) * (n % 3), {"n": n}) for n in range(11)]
    kept = write(some, tmp_path)
    assert len(kept) == 11
    for first in range(0, 12):
        assert kept.read(first, 4) == some[first : first + 4]


def test_no_items_are_a_list_too(tmp_path: Path) -> None:
    assert len(write([], tmp_path)) == 0
    assert write([], tmp_path).read(0, 4) == []


def test_a_folder_is_listed_in_order_without_hidden_and_other_files(tmp_path: Path) -> None:
    for name in ("b.mp4", "a.WAV", "x/2.mp3", "x/y/1.mkv", ".git/z.mp4", "x/.z.mp4", "notes.txt"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    assert [(each.name, each.labels) for each in listed(tmp_path)] == [
        ("a.WAV", ()),
        ("b.mp4", ()),
        ("x/2.mp3", ("x",)),
        ("x/y/1.mkv", ("x",)),
    ]


def test_a_list_that_was_trained_on_can_be_ingested(tmp_path: Path) -> None:
    (tmp_path / "list.csv").write_text("path,label,split\na.mp4,bell; loud,test\n")
    assert list(listed(tmp_path / "list.csv")) == [Item(str(tmp_path / "a.mp4"), "a.mp4", ("bell", "loud"))]


def test_rows_with_more_values_than_columns_are_problems_of_their_own(tmp_path: Path) -> None:
    (tmp_path / "list.csv").write_text("\ufeffpath,label\na.mp4,b,c\nd.mp4\n")
    first, second = listed(tmp_path / "list.csv")
    assert first.problem == "row 1 of list.csv has more values than the header"
    assert (second.name, second.labels, second.problem) == ("d.mp4", (), None)
    with pytest.raises(InvalidInput, match="row 1 of"):
        inside(first, tmp_path)

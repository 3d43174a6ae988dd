"""Lists of classes, however they are quoted, and only if they make sense."""

from pathlib import Path

import pytest

from models.errors import TrainingDataInvalid
from training.datasets.class_lists import ClassNames, listed, written_names


def written(folder: Path, text: str) -> Path:
    path = folder / "list.txt"
    path.write_text(text)
    return path


def test_a_class_is_a_line_with_its_commas(tmp_path: Path) -> None:
    path = written(tmp_path, "bee, wasp, etc. buzzing\r\npolice car (siren)\n\n")
    assert listed(path) == ["bee, wasp, etc. buzzing", "police car (siren)"]


def test_quotes_and_the_comma_after_them_are_no_part_of_a_class(tmp_path: Path) -> None:
    assert listed(written(tmp_path, "'dog',\n'church-bell',\n'boom'")) == ["dog", "church-bell", "boom"]


def test_names_are_sorted_as_ids_are_capitals_first(tmp_path: Path) -> None:
    assert ClassNames.read(written(tmp_path, "dog\nZebra\nant")).names == ("Zebra", "ant", "dog")


def test_names_are_found_whatever_their_case_and_spelt_as_in_the_list_of_all(tmp_path: Path) -> None:
    known = ClassNames(("HandstandPushups", "YoYo"))
    assert known.spelt(["HandStandPushups"], source=tmp_path) == ("HandstandPushups",)
    with pytest.raises(TrainingDataInvalid, match="has Yo, which the list of all classes does not"):
        known.spelt(["Yo"], source=tmp_path)


@pytest.mark.parametrize(("text", "message"), [("dog\ncat\nDog", "lists the class 'dog' 2 times"), ("\n", "no class")])
def test_a_class_twice_and_an_empty_list_are_refused(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(TrainingDataInvalid, match=message):
        listed(written(tmp_path, text))


def test_a_list_that_is_no_text_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "list.txt"
    path.write_bytes(b"dog\xff\n")
    with pytest.raises(TrainingDataInvalid, match="is not UTF-8"):
        listed(path)


def test_written_names_may_be_quoted_and_hold_commas(tmp_path: Path) -> None:
    text = 'original,manual,category\n"fly, housefly buzzing",fly buzzing,animals\n'
    assert written_names(written(tmp_path, text)) == {"fly, housefly buzzing": "fly buzzing"}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("original,written\ndog,dog\n", "no column 'manual', found original, written"),
        ("", "no column 'original', found nothing"),
        ("original,manual\ndog,dog\ncat\n", "row 2 does not have the 2 fields"),
        ("original,manual\nfly, housefly buzzing,fly buzzing\n", "row 1 does not have the 2 fields"),
        ("original,manual\ndog,dog\nDog,dog\n", "lists the class 'dog' 2 times"),
    ],
)
def test_written_names_that_do_not_fit_their_header_are_refused(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(TrainingDataInvalid, match=message):
        written_names(written(tmp_path, text))

"""`sightsound backbone words`: word vectors imported from a shell."""

from pathlib import Path

import pytest

from models.features.text import TextEncoder
from sightsound.cli import run
from tests.tiny.words import glove, random_vectors


@pytest.fixture
def vectors(tmp_path: Path) -> Path:
    return glove(tmp_path / "glove.txt", random_vectors())


def imported(data: Path, *arguments: object, status: int = 0) -> None:
    assert run(["backbone", "words", *map(str, arguments), "--name", "words", "--data", str(data)]) == status


def test_an_encoder_is_made_and_described(tmp_path: Path, vectors: Path, capsys: pytest.CaptureFixture[str]) -> None:
    imported(tmp_path / "data", vectors, "--number", "float16", "--licence", "CC0-1.0")
    assert "words@1 knows 13 words; its features have 8 numbers" in capsys.readouterr().out
    card = TextEncoder.open(tmp_path / "data" / "backbones" / "words@1").card
    assert (card.licence, card.source) == ("CC0-1.0", "glove.txt")


def test_only_the_words_of_listed_texts_are_kept_and_those_without_are_named(
    tmp_path: Path, vectors: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "texts.txt").write_text("dog barking\n\nxyzzy\n")
    imported(tmp_path / "data", vectors, "--texts", tmp_path / "texts.txt")
    told = capsys.readouterr().out
    assert "no vector for: xyzzy" in told
    assert "knows 2 words" in told


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["missing.txt"], "there is no file missing.txt"),
        (["VECTORS", "--texts", "missing.txt"], "there is no list of texts"),
        (["VECTORS", "--texts", "LATIN"], "not text in UTF-8"),
        (["LATIN"], "line 1"),
    ],
)
def test_what_cannot_be_imported_is_one_line(
    tmp_path: Path, vectors: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], said: str
) -> None:
    latin = tmp_path / "latin.txt"
    latin.write_bytes(b"caf\xe9\n")
    places = {"VECTORS": str(vectors), "LATIN": str(latin)}
    imported(tmp_path / "data", *(places.get(each, each) for each in arguments), status=2)
    written = capsys.readouterr()
    assert said in written.err
    assert written.err.count("\n") == 1
    assert not list((tmp_path / "data").glob("backbones/*"))

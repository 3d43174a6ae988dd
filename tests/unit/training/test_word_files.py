"""The three kinds of files of word vectors, whole and damaged."""

import tracemalloc
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from models.errors import BundleInvalid, DataMissing
from models.types import F32
from tests.tiny.words import WRITERS, binary, glove, random_vectors, text
from training.word_files import WordFile

Write = Callable[[Path, dict[str, F32]], Path]
SLOW = settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
WORD = st.text(st.characters(exclude_categories=["Cs", "Cc"], exclude_characters=" "), min_size=1, max_size=12)
FLOATS = st.floats(width=32, allow_nan=False, allow_infinity=False)


@pytest.fixture(params=sorted(WRITERS))
def write(request: pytest.FixtureRequest) -> Write:
    written: Write = WRITERS[request.param]
    return written


def read(path: Path) -> dict[str, F32]:
    return {word.decode(): vector for word, vector in WordFile.of(path).rows()}


def check_same(found: dict[str, F32], expected: dict[str, F32]) -> None:
    assert list(found) == list(expected)
    for word, vector in expected.items():
        np.testing.assert_array_equal(found[word], vector)


def test_every_kind_is_recognised_and_read_to_the_bit(tmp_path: Path, write: Write) -> None:
    vectors = random_vectors()
    check_same(read(write(tmp_path / "words", vectors)), vectors)


def test_binary_files_are_read_with_and_without_line_feeds(tmp_path: Path) -> None:
    vectors = random_vectors()
    check_same(read(binary(tmp_path / "words", vectors, feed=b"")), vectors)


@SLOW
@given(
    st.dictionaries(WORD, st.lists(FLOATS, min_size=5, max_size=5), min_size=1, max_size=6),
    st.sampled_from(sorted(WRITERS)),
)
def test_any_words_and_numbers_come_back_as_they_were(
    tmp_path: Path, numbers: dict[str, list[float]], kind: str
) -> None:
    vectors = {word: np.array(each, np.float32) for word, each in numbers.items()}
    check_same(read(WRITERS[kind](tmp_path / "words", vectors)), vectors)


def test_words_with_spaces_are_read_where_the_width_is_known(tmp_path: Path) -> None:
    vectors = random_vectors(("the", ". . .", "Apply Eye Makeup"))
    check_same(read(text(tmp_path / "a", vectors)), vectors)
    check_same(read(glove(tmp_path / "b", vectors)), vectors)


def test_windows_line_ends_are_none_of_the_numbers(tmp_path: Path) -> None:
    vectors = random_vectors()
    path = text(tmp_path / "words", vectors)
    path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    check_same(read(path), vectors)


def line(number: int, change: Callable[[bytes], bytes]) -> Callable[[bytes], bytes]:
    def changed(content: bytes) -> bytes:
        lines = content.splitlines(keepends=True)
        lines[number - 1] = change(lines[number - 1])
        return b"".join(lines)

    return changed


# fmt: off
DAMAGED: list[tuple[str, Callable[[bytes], bytes], str]] = [
    ("glove", lambda content: b"", "line 1 is neither"),
    ("glove", lambda content: b"\x1f\x8b\x08\x00" + content, "packed files are to be unpacked"),
    ("glove", lambda content: content[:-1], "line 13 is cut"),
    ("glove", line(3, lambda each: b"\n"), "line 3, '': expected 8 numbers"),
    ("glove", line(3, lambda each: each.replace(b" ", b" x", 1)), "line 3, 'dog': expected 8 numbers"),
    ("glove", line(3, lambda each: each[:-1] + b" 0.5\n"), "line 3, 'dog .*': expected 8 numbers"),
    ("glove", line(3, lambda each: each.rsplit(b" ", 1)[0] + b"\n"), "line 3, .*: expected 8 numbers"),
    ("glove", line(3, lambda each: each.rsplit(b" ", 1)[0] + b" 1_0\n"), "line 3, 'dog': expected 8 numbers"),
    ("glove", line(3, lambda each: each.rsplit(b" ", 1)[0] + b" nan\n"), "vector of 'dog' is not finite"),
    ("glove", line(3, lambda each: each.rsplit(b" ", 1)[0] + b" 1e39\n"), "vector of 'dog' is not finite"),
    ("glove", line(3, lambda each: b"d" * 2000 + each), "word 3, 'd+', has 2003 bytes"),
    ("glove", lambda content: b"the" * 500_000 + content, "line 1 is over"),
    ("fasttext", line(1, lambda each: b"14 8\n"), "announces 14 words; found 13"),
    ("fasttext", line(1, lambda each: b"12 8\n"), "announces 12 words; found 13"),
    ("fasttext", line(1, lambda each: b"13 9\n"), "line 2, .*: expected 9 numbers"),
    ("fasttext", line(1, lambda each: b"13 7\n"), "line 2, .*: expected 7 numbers"),
    ("fasttext", line(2, lambda each: b" \n\xff"), "word 1, '', has 0 bytes"),
    ("fasttext", lambda content: b"13 8\n", "announces 13 words; found 0"),
    ("fasttext", line(1, lambda each: b"13 0\n"), "line 1 is neither"),
    ("fasttext", line(1, lambda each: b"13 99999999999\n"), "line 1 is neither"),
    ("word2vec", lambda content: content[:-9], "word 13 of 13, 'ball': found 24 bytes of numbers; expected 32"),
    ("word2vec", lambda content: content + b"more", "something follows the 13 words"),
    ("word2vec", line(1, lambda each: b"99999999999 8\n"), "word 14 of 99999999999, ''"),
    ("word2vec", line(1, lambda each: b"13 8000\n"), "word 1 of 13, 'the': found"),
    ("word2vec", lambda content: b"1 3\n" + b"\x01" * 5000, "word 1, .*, has 1025 bytes"),
    ("word2vec", lambda content: b"1 1\nnan " + np.float32("inf").tobytes(), "vector of 'nan' is not finite"),
]
# fmt: on


@pytest.mark.parametrize(("kind", "damage", "said"), DAMAGED)
def test_damage_is_refused_by_its_line_or_word(
    tmp_path: Path, kind: str, damage: Callable[[bytes], bytes], said: str
) -> None:
    path = WRITERS[kind](tmp_path / "words", random_vectors())
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(BundleInvalid, match=said):
        list(WordFile.of(path).rows())


def test_a_missing_file_is_said_to_be_missing(tmp_path: Path) -> None:
    with pytest.raises(DataMissing, match="there is no file"):
        WordFile.of(tmp_path / "words")


@pytest.mark.parametrize("kind", sorted(WRITERS))
def test_a_mutant_is_read_or_refused_by_one_error(tmp_path: Path, kind: str) -> None:
    whole = WRITERS[kind](tmp_path / "whole", random_vectors()).read_bytes()
    numbers = np.random.default_rng(7)
    refused = 0
    for _ in range(400):
        path = tmp_path / "mutant"
        path.write_bytes(mutant(whole, numbers))
        refused += not is_read(path)
    assert refused > 100


def is_read(path: Path) -> bool:
    """Whether a file is read to its end; anything but one error that names it is a failure."""
    try:
        vectors = [vector for _, vector in WordFile.of(path).rows()]
    except BundleInvalid as error:
        return not str(error).startswith(f"{path}: ")
    assert all(np.isfinite(vector).all() for vector in vectors)
    return True


def mutant(whole: bytes, numbers: np.random.Generator) -> bytes:
    """A file that is cut, has bytes flipped, or a stretch of it twice."""
    content = bytearray(whole)
    at, length = int(numbers.integers(len(content))), int(numbers.integers(1, 40))
    kind = numbers.integers(3)
    if kind == 0:
        return bytes(content[:at])
    if kind == 1:
        content[at : at + length] = numbers.bytes(len(content[at : at + length]))
        return bytes(content)
    return bytes(content[:at] + content[at : at + length] + content[at:])


@pytest.mark.parametrize("kind", sorted(WRITERS))
def test_reading_holds_one_word_at_a_time(tmp_path: Path, kind: str) -> None:
    row = np.random.default_rng(3).normal(size=300).astype(np.float32)
    path = WRITERS[kind](tmp_path / "words", {f"w{i}": row for i in range(2000)})
    assert path.stat().st_size > 2_400_000
    tracemalloc.start()
    try:
        assert sum(1 for _ in WordFile.of(path).rows()) == 2000
        assert tracemalloc.get_traced_memory()[1] < 600_000
    finally:
        tracemalloc.stop()

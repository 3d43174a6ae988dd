"""Files of word vectors made into text encoders."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from models.errors import BundleInvalid, Conflict, DataMissing, QueryInvalid
from models.features.card import read_text_card
from models.features.text import TextEncoder
from models.types import F32
from tests.tiny.words import WRITERS, binary, glove, random_vectors, text
from training.word_vectors import import_words

TEXTS = ["dog barking", "a red ball", "New York", "café"]


@pytest.mark.parametrize("number", ["float16", "float32"])
def test_an_encoder_does_not_depend_on_the_kind_of_its_file(tmp_path: Path, number: str) -> None:
    vectors = random_vectors()
    hashes = set()
    for kind, write in WRITERS.items():
        source = write(tmp_path / "words.file", vectors)
        card = import_words(source, tmp_path, name=kind, number=number, licence="CC-BY-SA-3.0")  # type: ignore[arg-type]
        assert card == read_text_card(tmp_path / f"{kind}@1/text_encoder.json")
        assert (card.words, card.width, card.number, card.licence) == (13, 8, number, "CC-BY-SA-3.0")
        hashes.add(card.sha256)
    assert len(hashes) == 1


def test_the_hash_says_which_word_has_which_vector(tmp_path: Path) -> None:
    vectors = random_vectors()
    swapped = dict(zip(reversed(vectors), vectors.values(), strict=True))
    first = import_words(text(tmp_path / "a.vec", vectors), tmp_path, name="a")
    assert import_words(text(tmp_path / "b.vec", swapped), tmp_path, name="b").sha256 != first.sha256


def test_only_the_words_of_the_wanted_texts_are_kept(tmp_path: Path) -> None:
    source = text(tmp_path / "words.vec", random_vectors())
    whole = import_words(source, tmp_path, name="whole")
    told: list[str] = []
    part = import_words(source, tmp_path, name="part", texts=[*TEXTS, "xyzzy"], report=told.append)
    assert part.words == 6
    assert told == ["no vector for: xyzzy"]
    encoders = [TextEncoder.open(tmp_path / each.ref) for each in (whole, part)]
    np.testing.assert_array_equal(encoders[0].encode(TEXTS), encoders[1].encode(TEXTS))


def test_what_cannot_be_looked_up_is_left_out_and_counted(tmp_path: Path) -> None:
    path = text(tmp_path / "words.vec", random_vectors())
    odd = [b"caf\xc3" + b" 1" * 8, b"dog" + b" 1" * 8, b"nothing" + b" 0" * 8, b"dog" + b" 2" * 8]
    rest = path.read_bytes().split(b"\n", 1)[1]
    path.write_bytes(b"17 8\n" + odd[0] + b"\n" + rest + b"".join(each + b"\n" for each in odd[1:]))
    told: list[str] = []
    card = import_words(path, tmp_path, name="words", report=told.append)
    assert card.words == 13
    assert told == [
        "1 words left out: they are not UTF-8",
        "2 words left out: they came before",
        "1 words left out: their vectors are zero",
    ]


def too_large(folder: Path) -> Path:
    return glove(folder / "words", {"dog": np.array([1, 70_000], np.float32)})


def cut(folder: Path) -> Path:
    path = binary(folder / "words", random_vectors())
    path.write_bytes(path.read_bytes()[:-5])
    return path


@pytest.mark.parametrize(
    ("make", "error", "said"),
    [
        (cut, BundleInvalid, "word 13 of 13, 'ball': found 28 bytes"),
        (too_large, BundleInvalid, "the vector of 'dog' is too large for float16"),
        (lambda folder: folder / "words", DataMissing, "there is no file"),
        (lambda folder: glove(folder / "words", {"cat": np.ones(3, np.float32)}), QueryInvalid, "no vector for any"),
    ],
)
def test_a_file_that_is_refused_leaves_nothing_behind(
    tmp_path: Path, make: Callable[[Path], Path], error: type[Exception], said: str
) -> None:
    source, backbones = make(tmp_path), tmp_path / "backbones"
    with pytest.raises(error, match=said):
        import_words(source, backbones, name="words", number="float16", texts=["the dog with the ball"])
    assert not backbones.exists() or not list(backbones.iterdir())


@pytest.mark.parametrize(("name", "version"), [("../words", "1"), ("Words", "1"), ("words", "1/2"), ("words@1", "1")])
def test_a_name_that_cannot_be_is_refused_before_anything_is_read(tmp_path: Path, name: str, version: str) -> None:
    with pytest.raises(QueryInvalid, match="cannot name an encoder"):
        import_words(tmp_path / "missing", tmp_path, name=name, version=version)


def test_an_encoder_is_never_replaced(tmp_path: Path) -> None:
    source = text(tmp_path / "words.vec", random_vectors())
    first = import_words(source, tmp_path, name="words")
    with pytest.raises(Conflict, match="there is words@1"):
        import_words(source, tmp_path, name="words", number="float16")
    assert read_text_card(tmp_path / "words@1/text_encoder.json") == first


def test_vectors_of_any_width_and_alignment_are_read_back(tmp_path: Path) -> None:
    for width in (1, 3, 5, 300):
        vectors: dict[str, F32] = random_vectors(("a", "bb", "ccc"), width=width, seed=width)
        card = import_words(binary(tmp_path / "words", vectors), tmp_path, name=f"w{width}", number="float16")
        rows = TextEncoder.open(tmp_path / card.ref).encode(list(vectors))
        expected = np.stack([vector / np.linalg.norm(vector) for vector in vectors.values()])
        np.testing.assert_allclose(rows, expected, atol=2e-3)

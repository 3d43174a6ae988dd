"""Word vectors as a text encoder."""

import json
from collections.abc import Iterable
from hashlib import sha256
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.errors import BundleInvalid, QueryInvalid
from models.features.card import WordVectorsCard, read_text_card
from models.features.text import TextEncoder
from models.features.word_table import WordTable
from models.features.word_vectors import lookups
from models.types import F32
from tests.real_data import real
from tests.tiny.words import WIDTH, random_vectors, text
from training.datasets.word_vectors import read_vectors
from training.word_vectors import import_words

VECTORS = random_vectors()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("words")
    import_words(text(made / "words.vec", VECTORS), made, name="words")
    return made / "words@1"


@pytest.fixture(scope="module")
def encoder(folder: Path) -> TextEncoder:
    return TextEncoder.open(folder)


def unit(vector: F32) -> F32:
    return vector / np.float32(np.linalg.norm(vector))


def mean(words: Iterable[str]) -> F32:
    return unit(np.mean([unit(VECTORS[word]) for word in words], axis=0, dtype=np.float32))


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("dog", ["dog"]),
        ("Dog", ["Dog"]),
        ("BELL", ["bell"]),
        ("dog barking", ["dog", "barking"]),
        ("dog dog barking", ["dog", "dog", "barking"]),
        ("The bell's ringing, ringing!", ["the", "bell", "ringing", "ringing"]),
        ("a high-pitched bell", ["high", "bell"]),
        ("New  York", ["new_york"]),
        ("café हिन्दी", ["café", "हिन्दी"]),
        ("«red» ball/bell", ["red", "ball", "bell"]),
    ],
)
def test_a_text_is_the_mean_of_its_words_as_a_loop_makes_it(encoder: TextEncoder, said: str, meant: list[str]) -> None:
    np.testing.assert_allclose(encoder.encode([said])[0], mean(meant), atol=1e-6)


def test_a_text_with_a_vector_of_its_own_has_that_one(tmp_path: Path) -> None:
    vectors = random_vectors(("playing", "guitar", "playing guitar"))
    import_words(text(tmp_path / "words.vec", vectors), tmp_path, name="words")
    (row,) = TextEncoder.open(tmp_path / "words@1").encode(["Playing guitar"])
    np.testing.assert_allclose(row, unit(vectors["playing guitar"]), atol=1e-6)


def test_rows_are_of_unit_length_in_the_order_of_the_texts(encoder: TextEncoder) -> None:
    rows = encoder.encode(["red ball", "dog", "red ball"])
    assert rows.shape == (3, WIDTH)
    assert rows.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(rows, axis=1), 1, atol=1e-6)
    np.testing.assert_array_equal(rows[0], rows[2])


def test_unknown_words_among_known_ones_do_not_count(encoder: TextEncoder) -> None:
    np.testing.assert_array_equal(encoder.encode(["a dog, xyzzy"]), encoder.encode(["dog"]))


def test_a_text_of_unknown_words_is_refused_by_naming_them(encoder: TextEncoder) -> None:
    with pytest.raises(QueryInvalid, match="none of the 13 words of words@1 is in the text: 'xyzzy', 'plugh'"):
        encoder.encode(["dog", "xyzzy plugh"])


@pytest.mark.parametrize("said", ["", " \t", "\ud83d", "...", "--- !"])
def test_a_text_without_words_is_refused(encoder: TextEncoder, said: str) -> None:
    with pytest.raises(QueryInvalid):
        encoder.encode([said])


def test_words_that_cancel_each_other_are_refused(tmp_path: Path) -> None:
    up = np.linspace(0.1, 1.3, 8, dtype=np.float32)
    down: F32 = up * np.float32(-3)
    import_words(text(tmp_path / "words.vec", {"up": up, "down": down}), tmp_path, name="words")
    with pytest.raises(QueryInvalid, match="'up down' cancel each other"):
        TextEncoder.open(tmp_path / "words@1").encode(["up down"])


def test_its_example_is_a_text_that_it_knows(encoder: TextEncoder) -> None:
    np.testing.assert_allclose(encoder.encode([encoder.example])[0], mean([encoder.example]), atol=1e-6)


@given(st.lists(st.sampled_from([*VECTORS, "xyzzy", "-", "!", " ", "BELL"]), max_size=6).map("".join) | st.text())
def test_a_text_is_known_where_one_of_its_lookups_is(folder: Path, said: str) -> None:
    known = any(each in VECTORS for each in lookups(said))
    try:
        TextEncoder.open(folder).encode([said])
    except QueryInvalid:
        assert not known
    else:
        assert known


def test_every_word_is_found_and_no_other(folder: Path) -> None:
    card = read_text_card(folder / "text_encoder.json")
    assert isinstance(card, WordVectorsCard)
    table = WordTable.open(folder / card.file, card)
    assert [table.row(word) for word in VECTORS] == list(range(len(VECTORS)))
    assert [table.word(row) for row in range(len(table))] == list(VECTORS)
    for word in ("", "a", "do", "dogs", "zzz", "\U0010ffff"):
        assert table.row(word) is None


@pytest.mark.parametrize("place", [0, 300, -1])
def test_a_changed_file_is_refused(folder: Path, tmp_path: Path, place: int) -> None:
    content = bytearray((folder / "words.vectors").read_bytes())
    content[place] ^= 1
    (tmp_path / "words.vectors").write_bytes(content)
    (tmp_path / "text_encoder.json").write_bytes((folder / "text_encoder.json").read_bytes())
    with pytest.raises(BundleInvalid, match="has sha256"):
        TextEncoder.open(tmp_path)


@pytest.mark.parametrize(
    ("card", "said"),
    [
        ({"words": 12}, "does not hold 12 words"),
        ({"words": 14}, "does not hold 14 words|too short"),
        ({"words": 10**9}, "too short for 1000000000 words"),
        ({"width": 7}, "does not hold 13 words"),
        ({"number": "float16"}, "does not hold 13 words"),
        ({"number": "float64"}, "number: Input should be"),
        ({"kind": "melody"}, "kind: Input should be"),
        ({"file": "../words.vectors"}, "file: String should match"),
        ({"file": "none.vectors"}, "there is no none.vectors"),
    ],
)
def test_a_card_that_does_not_fit_its_file_is_refused(
    folder: Path, tmp_path: Path, card: dict[str, object], said: str
) -> None:
    (tmp_path / "words.vectors").write_bytes((folder / "words.vectors").read_bytes())
    made = json.loads((folder / "text_encoder.json").read_text())
    (tmp_path / "text_encoder.json").write_text(json.dumps(made | card))
    with pytest.raises(BundleInvalid, match=said):
        TextEncoder.open(tmp_path)


def test_a_table_whose_insides_disagree_is_refused(folder: Path, tmp_path: Path) -> None:
    made = json.loads((folder / "text_encoder.json").read_text())
    whole = np.frombuffer((folder / "words.vectors").read_bytes(), np.uint8)
    numbers = np.random.default_rng(0)
    start = 13 * WIDTH * 4
    for _ in range(200):
        content = whole.copy()
        at = start + int(numbers.integers(13 * 12))
        content[at] ^= np.uint8(1 << numbers.integers(8))
        card = WordVectorsCard.model_validate(made | {"sha256": sha256(content.tobytes()).hexdigest()})
        try:
            table = WordTable(content, card)
        except BundleInvalid:
            continue
        assert all(table.row(word) in {None, *range(13)} for word in VECTORS)


def test_a_table_whose_words_end_before_they_begin_is_refused(folder: Path) -> None:
    made = json.loads((folder / "text_encoder.json").read_text())
    content = np.frombuffer((folder / "words.vectors").read_bytes(), np.uint8).copy()
    ends = content[13 * (WIDTH * 4 + 4) :][: 13 * 8].view("<u8")
    ends[3:5] = ends[[4, 3]]
    with pytest.raises(BundleInvalid, match="does not hold 13 words"):
        WordTable(content, WordVectorsCard.model_validate(made))


@pytest.mark.parametrize("data", ["ucf", "vggsound", "activity"])
def test_the_vectors_of_a_release_are_its_class_names_features(tmp_path: Path, data: str) -> None:
    """Those of the releases are fastText's of the whole name, of unit length."""
    vectors = read_vectors(real(f"gzsl_text/word_embeddings_{data}_normed.npy"))
    source = text(tmp_path / f"{data}.vec", vectors)
    card = import_words(source, tmp_path, name=data)
    half = import_words(source, tmp_path, name=f"{data}-half", number="float16")
    assert card.width == half.width == 300
    expected = np.stack(list(vectors.values()))
    np.testing.assert_allclose(TextEncoder.open(tmp_path / card.ref).encode(list(vectors)), expected, atol=1e-6)
    np.testing.assert_allclose(TextEncoder.open(tmp_path / half.ref).encode(list(vectors)), expected, atol=5e-4)

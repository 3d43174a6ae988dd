"""Text encoders side by side are one, and refused where a part is not the one that was joined."""

import json
from hashlib import sha256
from pathlib import Path

import numpy as np
import pytest

from models.errors import BundleInvalid, Conflict, DataMissing, QueryInvalid
from models.features.card import JoinedCard
from models.features.text import TextEncoder
from tests.tiny.encoders import WIDTH, tiny_text_encoder
from training.joining import join
from training.word_vectors import import_words

NETWORK, WORDS = "tiny-text@1", "vectors@1"


@pytest.fixture
def backbones(tmp_path: Path) -> Path:
    """A network of 4 numbers or so, and the vectors of three words."""
    tiny_text_encoder(tmp_path / NETWORK)
    (tmp_path / "vectors.txt").write_text("dog 3 0\nrain 0 2\nbark 4 3\n")
    import_words(tmp_path / "vectors.txt", tmp_path, name="vectors")
    return tmp_path


@pytest.fixture
def joined(backbones: Path) -> JoinedCard:
    return join(backbones, [NETWORK, WORDS], name="both")


def test_a_text_is_its_parts_vectors_side_by_side_at_unit_length(backbones: Path, joined: JoinedCard) -> None:
    encoder = TextEncoder.open(backbones / joined.ref)
    texts = ["dog", "rain on a dog"]
    parts = [TextEncoder.open(backbones / name).encode(texts) for name in (NETWORK, WORDS)]
    found = encoder.encode(texts)
    assert found.shape == (2, WIDTH + 2)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, np.concatenate(parts, axis=1) / np.sqrt(2), atol=1e-6)
    np.testing.assert_allclose(np.linalg.norm(found, axis=1), 1, atol=1e-6)


def test_the_parts_stand_in_the_order_they_are_named(backbones: Path, joined: JoinedCard) -> None:
    other = join(backbones, [WORDS, NETWORK], name="both")
    assert other.ref != joined.ref
    swapped = TextEncoder.open(backbones / other.ref).encode(["dog"])
    np.testing.assert_allclose(
        np.roll(swapped, WIDTH, axis=1), TextEncoder.open(backbones / joined.ref).encode(["dog"])
    )


def test_its_example_is_a_text_that_every_part_knows(backbones: Path, joined: JoinedCard) -> None:
    encoder = TextEncoder.open(backbones / joined.ref)
    assert np.isfinite(encoder.encode([encoder.example])).all()
    with pytest.raises(QueryInvalid, match="none of the 3 words of vectors@1"):
        encoder.encode(["ready"])


def test_joining_again_leaves_what_is_there(backbones: Path, joined: JoinedCard) -> None:
    assert join(backbones, [NETWORK, WORDS], name="both") == joined
    card = backbones / joined.ref / "text_encoder.json"
    card.write_text(card.read_text().replace('"licence": "', '"licence": "other '))
    with pytest.raises(Conflict, match="another text encoder both@"):
        join(backbones, [NETWORK, WORDS], name="both")


@pytest.mark.parametrize(
    ("parts", "error", "said"),
    [
        ([NETWORK], QueryInvalid, "expected two or more, each once"),
        ([NETWORK, NETWORK], QueryInvalid, "expected two or more, each once"),
        ([NETWORK, "other@1"], DataMissing, "there is no text encoder other@1 in .*; found both@.*, tiny-text@1, vect"),
        ([NETWORK, "../vectors@1"], DataMissing, "there is no text encoder"),
    ],
)
def test_parts_that_cannot_be_joined_are_refused(
    backbones: Path, joined: JoinedCard, parts: list[str], error: type[Exception], said: str
) -> None:
    with pytest.raises(error, match=said):
        join(backbones, parts, name="odd")
    with pytest.raises(QueryInvalid, match="cannot name an encoder"):
        join(backbones, [NETWORK, WORDS], name="Odd name")
    with pytest.raises(QueryInvalid, match="is itself joined; expected its parts"):
        join(backbones, [NETWORK, joined.ref], name="odd")


def test_a_part_that_changed_or_went_is_refused(backbones: Path, joined: JoinedCard) -> None:
    tiny_text_encoder(backbones / NETWORK, words=("dog", "rain"))
    with pytest.raises(BundleInvalid, match=r"tiny-text@1 has sha256 .* wide; both@.* was joined of"):
        TextEncoder.open(backbones / joined.ref)
    for path in (backbones / NETWORK).iterdir():
        path.unlink()
    with pytest.raises(BundleInvalid, match=r"there is no text_encoder.json in .*tiny-text@1"):
        TextEncoder.open(backbones / joined.ref)


def test_a_list_of_parts_that_is_another_or_none_is_refused(backbones: Path, joined: JoinedCard) -> None:
    folder = backbones / joined.ref
    content = (folder / "parts.json").read_bytes()
    (folder / "parts.json").write_bytes(content + b" ")
    with pytest.raises(BundleInvalid, match=r"parts.json has sha256"):
        TextEncoder.open(folder)
    for parts, said in [
        ([], "names no parts"),
        (json.loads(content)["parts"] * 2, "a part is there twice"),
        ([each | {"width": 1} for each in json.loads(content)["parts"]], "are 2 wide; its card says"),
    ]:
        rewrite(folder, json.dumps({"parts": parts}).encode())
        with pytest.raises(BundleInvalid, match=said):
            TextEncoder.open(folder)


def rewrite(folder: Path, content: bytes) -> None:
    """Another list of parts, named by its card."""
    (folder / "parts.json").write_bytes(content)
    card = json.loads((folder / "text_encoder.json").read_text())
    (folder / "text_encoder.json").write_text(json.dumps(card | {"sha256": sha256(content).hexdigest()}))

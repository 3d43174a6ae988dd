"""Every class gets the vector of its own name, or, where asked, that which the published loaders give it."""

import csv
from pathlib import Path

import numpy as np
import pytest

from models.errors import TrainingDataInvalid
from models.types import F32
from tests.real_data import real
from training.datasets.class_lists import ClassNames, listed, written_names
from training.datasets.word_vectors import W2VOrder, assigned, read_vectors

VGGSOUND_OTHERWISE = {
    "alligators, crocodiles hissing": "crocodiles hissing",
    "bee, wasp, etc. buzzing": "bee buzzing",
    "bird chirping, tweeting": "bird chirping",
    "cattle, bovinae cowbell": "cattle cowbell",
    "child speech, kid speaking": "kid speaking",
    "donkey, ass braying": "donkey braying",
    "electric shaver, electric razor shaving": "electric razor shaving",
    "engine accelerating, revving, vroom": "engine accelerating",
    "female speech, woman speaking": "woman speaking",
    "fly, housefly buzzing": "fly buzzing",
    "heart sounds, heartbeat": "heart sounds",
    "ice cream truck, ice cream van": "ice cream truck",
    "male speech, man speaking": "man speaking",
    "motorboat, speedboat acceleration": "motorboat acceleration",
    "pigeon, dove cooing": "pigeon cooing",
    "playing marimba, xylophone": "playing xylophone",
    "playing steel guitar, slide guitar": "playing steel guitar",
    "playing violin, fiddle": "playing violin",
    "police car (siren)": "police car siren",
    "race car, auto racing": "auto racing",
    "railroad car, train wagon": "railroad car",
    "rowboat, canoe, kayak rowing": "kayak rowing",
    "subway, metro, underground": "underground",
    "vehicle horn, car horn, honking": "vehicle horn",
}
"""The names of the release that have a vector under another one."""

REAL = ["UCF", "ActivityNet", "VGGSound"]


class Texts:
    """The vectors and names of a release."""

    def __init__(self, data: str, folder: Path) -> None:
        vectors = {"UCF": "ucf", "ActivityNet": "activity", "VGGSound": "vggsound"}[data]
        self.source = real(f"gzsl_text/word_embeddings_{vectors}_normed.npy")
        self.vectors = read_vectors(self.source)
        lists = vggsound_lists(folder, self.vectors) if data == "VGGSound" else real(f"gzsl_text/avca_splits/{data}")
        self.classes = ClassNames.read(lists / "all_class.txt")
        self.written = written_names(next(lists.glob("*_w2v_class_names.csv")))

    def assigned(self, order: W2VOrder) -> F32:
        return assigned(self.vectors, self.classes, written=self.written, order=order, source=self.source)

    def given(self, label: str, order: W2VOrder) -> str:
        """Whose vector a class gets."""
        found = self.assigned(order)[self.classes.names.index(label)]
        (name,) = (name for name, vector in self.vectors.items() if np.array_equal(vector, found))
        return name


def vggsound_lists(folder: Path, vectors: dict[str, F32]) -> Path:
    names = {written: written for written in vectors} | {new: old for old, new in VGGSOUND_OTHERWISE.items()}
    (folder / "all_class.txt").write_text("\n".join(names.values()))
    with (folder / "vggsound_w2v_class_names.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerows([("original", "manual", "category"), *((old, new, "any") for new, old in names.items())])
    return folder


def by_the_published_loaders(texts: Texts) -> list[str]:
    """Whose vector each class gets: row i of the vectors sorted by written name is that of the i-th class."""
    ids = {name: row for row, name in enumerate(sorted(texts.classes.names))}
    rows = [written for written, _ in sorted(texts.vectors.items())]
    return [rows[ids[name]] for name in texts.classes.names]


@pytest.mark.parametrize("data", REAL)
def test_every_class_gets_the_vector_of_its_own_name(data: str, tmp_path: Path) -> None:
    texts = Texts(data, tmp_path)
    found = texts.assigned("corrected")
    assert found.dtype == np.float32
    for row, name in enumerate(texts.classes.names):
        np.testing.assert_array_equal(found[row], texts.vectors[texts.written[name.lower()]])


@pytest.mark.parametrize(("data", "wrong", "of"), [("UCF", 79, 101), ("VGGSound", 205, 309), ("ActivityNet", 8, 200)])
def test_the_legacy_order_is_that_of_the_published_loaders(data: str, wrong: int, of: int, tmp_path: Path) -> None:
    texts = Texts(data, tmp_path)
    found = texts.assigned("legacy")
    np.testing.assert_array_equal(found, np.stack([texts.vectors[name] for name in by_the_published_loaders(texts)]))
    assert len(found) == of
    assert (found != texts.assigned("corrected")).any(axis=1).sum() == wrong


@pytest.mark.parametrize(
    ("data", "label", "own", "other"),
    [
        ("UCF", "CuttingInKitchen", "Cut Kitchen", "Diving"),
        ("UCF", "PlayingFlute", "Playing Flute", "Playing Guitar"),
        ("UCF", "PlayingSitar", "Playing Sitar", "Playing Tabla"),
        ("UCF", "ShavingBeard", "Shaving Beard", "Shotput"),
        ("UCF", "Typing", "Typing", "Uneven Bars"),
        ("ActivityNet", "Makinganomelette", "Making an omelette", "Making a sandwich"),
    ],
)
def test_the_unseen_test_classes_that_get_anothers_vector(
    data: str, label: str, own: str, other: str, tmp_path: Path
) -> None:
    texts = Texts(data, tmp_path)
    assert texts.given(label, "corrected") == own
    assert texts.given(label, "legacy") == other


@pytest.mark.parametrize(
    ("data", "stage", "wrong"),
    [
        ("UCF", "stage_1_train", 23),
        ("UCF", "stage_1_val_unseen", 8),
        ("UCF", "stage_2_train", 31),
        ("UCF", "stage_2_test_unseen", 5),
        ("ActivityNet", "stage_1_train", 5),
        ("ActivityNet", "stage_1_val_unseen", 2),
        ("ActivityNet", "stage_2_train", 7),
        ("ActivityNet", "stage_2_test_unseen", 1),
    ],
)
def test_so_many_classes_of_a_stage_get_anothers_vector(data: str, stage: str, wrong: int, tmp_path: Path) -> None:
    texts = Texts(data, tmp_path)
    source = real(f"gzsl_text/avca_splits/{data}/{stage}.txt")
    differs = (texts.assigned("legacy") != texts.assigned("corrected")).any(axis=1)
    of_stage = texts.classes.spelt(listed(source), source=source)
    assert sum(differs[texts.classes.names.index(each)] for each in of_stage) == wrong


def vectors_file(folder: Path, held: object) -> Path:
    path = folder / "vectors.npy"
    np.save(path, np.array(held, dtype=object))
    return path


@pytest.mark.parametrize(
    ("held", "message"),
    [
        (["dog"], "does not hold a dictionary of word vectors"),
        ({}, "does not hold a dictionary of word vectors"),
        ({"dog": np.ones(3), "cat": np.ones(2)}, r"'cat' is float64 \(2,\); expected floats \(3,\)"),
        ({"dog": "woof"}, "'dog' is"),
        ({"dog": np.array([1.0, np.nan])}, "the vector of 'dog' is not finite"),
    ],
)
def test_vectors_that_are_none_are_refused(tmp_path: Path, held: object, message: str) -> None:
    with pytest.raises(TrainingDataInvalid, match=message):
        read_vectors(vectors_file(tmp_path, held))


@pytest.mark.parametrize("order", ["corrected", "legacy"])
def test_a_class_without_a_vector_is_refused(tmp_path: Path, order: W2VOrder) -> None:
    path = vectors_file(tmp_path, {"dog": np.ones(3)})
    classes = ClassNames(("CatCat", "Dog"))
    message = "no vector for the class 'CatCat', written 'Cat Cat'" if order == "corrected" else "1 vectors for 2"
    with pytest.raises(TrainingDataInvalid, match=message):
        assigned(read_vectors(path), classes, written={"catcat": "Cat Cat", "dog": "dog"}, order=order, source=path)


def test_a_class_whose_written_name_is_not_known_is_refused(tmp_path: Path) -> None:
    path = vectors_file(tmp_path, {"dog": np.ones(3)})
    with pytest.raises(TrainingDataInvalid, match="does not say how the class 'CatCat' is written"):
        assigned(read_vectors(path), ClassNames(("CatCat",)), written={}, order="corrected", source=path)

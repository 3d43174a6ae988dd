"""Lists of classes are embedded once."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier, Event
from typing import Any, cast

import numpy as np
import pytest

from models.bundle.runtime import Bundle
from models.errors import QueryInvalid
from models.types import F32
from service.encoding.classifiers import CLASS_BYTES, Classifiers
from tests.tiny.bundles import SEEN, tiny_bundle
from tests.tiny.letters import Letters


class Held(Letters):
    """The same, once it is let go; it refuses "odd"."""

    def __init__(self) -> None:
        super().__init__()
        self.let_go = Event()

    def encode(self, texts: Sequence[str]) -> F32:
        assert self.let_go.wait(10)
        features = super().encode(texts)
        if "odd" in texts:
            raise QueryInvalid("an odd text")
        return features


@pytest.fixture(scope="module")
def bundles(tmp_path_factory: pytest.TempPathFactory) -> list[Bundle]:
    folder = tmp_path_factory.mktemp("bundles")
    for number, name in enumerate(("one", "two")):
        tiny_bundle(folder / name, name=name, seed=number)
    return [Bundle.open(folder / name) for name in ("one", "two")]


def opened(letters: Letters, **limits: int) -> Classifiers:
    return Classifiers(cast(Any, letters), **limits)


def test_the_same_classes_of_the_same_bundle_are_encoded_once(bundles: list[Bundle]) -> None:
    letters = Letters()
    known = opened(letters)
    for bundle in (*bundles, *bundles):
        for classes in (["rain", "snow"], ["snow", "rain"], [SEEN[0], "rain"]):
            found = known.candidates(known.of(bundle), classes)
            assert found.names == tuple(classes)
            assert np.array_equal(found.texts.features, known.of(bundle).text_features(classes))
    told = 2 * (2 + 2 + 1)
    assert letters.encoded == told + 2 * told  # of two bundles once, and twice to compare with
    assert len(known) == 6


def test_the_least_recently_used_go_first(bundles: list[Bundle]) -> None:
    letters = Letters()
    one = opened(letters).candidates(opened(letters).of(bundles[0]), ["a"])
    size = CLASS_BYTES + one.texts.size_bytes
    known = opened(letters, limit_bytes=2 * size)
    classifier = known.of(bundles[0])
    for word in ("a", "b", "a", "c"):
        known.candidates(classifier, [word])
    before = letters.encoded
    known.candidates(classifier, ["a"])
    assert (letters.encoded, len(known)) == (before, 2)
    known.candidates(classifier, ["b"])
    assert letters.encoded == before + 1


def test_what_is_larger_than_the_room_is_not_kept(bundles: list[Bundle]) -> None:
    known = opened(Letters(), limit_bytes=1)
    assert known.candidates(known.of(bundles[0]), ["rain"]).names == ("rain",)
    assert len(known) == 0


def test_flags_change_what_counts_as_seen_and_not_what_is_kept(bundles: list[Bundle]) -> None:
    known = opened(Letters())
    found = known.candidates(known.of(bundles[0]), [SEEN[0], "rain", "snow"])
    assert found.seen_as([None, True, None]).seen.tolist() == [True, True, False]
    assert found.seen_as([False, None, False]).seen.tolist() == [False, False, False]
    assert found.seen.tolist() == [True, False, False]


def test_the_folder_of_a_bundle_makes_no_difference(tmp_path: Path) -> None:
    tiny_bundle(tmp_path / "a" / "one", name="one")
    tiny_bundle(tmp_path / "b" / "one", name="one")
    letters = Letters()
    known = opened(letters)
    for folder in ("a", "b"):
        known.candidates(known.of(Bundle.open(tmp_path / folder / "one")), ["rain"])
    assert letters.encoded == 1


def asked_by_six(letters: Held, known: Classifiers, bundle: Bundle, classes: list[str]) -> list[Any]:
    """What six threads get, or their errors, who all ask before anything is encoded."""
    classifier, ready = known.of(bundle), Barrier(7)

    def ask() -> Any:
        ready.wait(10)
        try:
            return known.candidates(classifier, classes)
        except QueryInvalid as error:
            return error

    with ThreadPoolExecutor(6) as threads:
        asking = [threads.submit(ask) for _ in range(6)]
        ready.wait(10)
        letters.let_go.set()
        return [each.result(10) for each in asking]


def test_several_who_ask_at_once_for_new_classes_have_them_encoded_once(bundles: list[Bundle]) -> None:
    letters = Held()
    known = opened(letters)
    found = asked_by_six(letters, known, bundles[0], ["rain", "snow"])
    assert all(each is found[0] for each in found)
    assert (letters.encoded, len(known)) == (2, 1)


def test_what_is_wrong_is_told_to_all_who_wait_and_asked_anew_by_the_next(bundles: list[Bundle]) -> None:
    letters = Held()
    known = opened(letters)
    assert all(isinstance(each, QueryInvalid) for each in asked_by_six(letters, known, bundles[0], ["odd"]))
    before = letters.encoded
    with pytest.raises(QueryInvalid, match="an odd text"):
        known.candidates(known.of(bundles[0]), ["odd"])
    assert (letters.encoded, len(known)) == (before + 1, 0)

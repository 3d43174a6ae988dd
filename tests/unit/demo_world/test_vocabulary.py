"""The classes of the world: new combinations of words that were all seen in others."""

from itertools import combinations, product

import pytest

from training.datasets.demo_world import events, looks, sound
from training.datasets.demo_world.vocabulary import CLASSES, SEEN, UNSEEN, Cast


def test_23_classes_are_seen_and_10_others_unseen() -> None:
    assert (len(SEEN), len(UNSEEN)) == (23, 10)
    assert CLASSES == SEEN + UNSEEN
    assert len(set(CLASSES)) == 33


def test_any_two_words_of_an_unseen_class_occur_together_in_a_seen_one() -> None:
    together = {pair for name in SEEN for pair in combinations(name.split(), 2)}
    missing = {name: set(combinations(name.split(), 2)) - together for name in UNSEEN}
    assert {name: pairs for name, pairs in missing.items() if pairs} == {}


def test_no_word_gives_another_away() -> None:
    met: dict[tuple[str, int], set[str]] = {}
    for name in SEEN:
        words = name.split()
        for word, (place, other) in product(words, enumerate(words)):
            met.setdefault((word, place), set()).add(other)
    own = {(word, place) for name in SEEN for place, word in enumerate(name.split())}
    assert min(len(others) for key, others in met.items() if key not in own) >= 2


@pytest.mark.parametrize(
    ("part", "known"),
    [
        ("source", [looks.PAINTS, sound.SOURCES]),
        ("thing", [looks.THINGS, sound.THINGS]),
        ("action", [events.ACTIONS, sound.ACTIONS]),
    ],
)
def test_every_word_can_be_seen_and_heard_and_none_is_left_over(part: str, known: list[dict[str, object]]) -> None:
    words = {getattr(Cast.of(name), part) for name in CLASSES}
    assert all(set(each) == words for each in known)


def test_a_cast_is_the_three_words_in_their_order() -> None:
    assert Cast.of("glass ball bouncing") == Cast(source="glass", thing="ball", action="bouncing")

"""Words become query vectors together, and are remembered."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import numpy as np
import pytest

from index.galleries import Galleries
from index.generations import Generation
from models.errors import QueryInvalid
from service.search.questions import Question, Questions
from tests.tiny.letters import Letters

AUDIO, VIDEO = "text->audio", "text->video"


@pytest.fixture(scope="module")
def generation(library: Path) -> Iterator[Generation]:
    galleries = Galleries.open(library)
    yield galleries.get("demo").active
    galleries.close()


def asked(questions: Questions, generation: Generation, *words: tuple[str, str]) -> dict[tuple[str, str], Question]:
    return asyncio.run(questions.of_words(generation, words))


def opened(letters: Letters) -> Questions:
    return Questions(cast(Any, letters))


def test_words_of_several_routes_are_encoded_together_and_are_what_each_is_alone(generation: Generation) -> None:
    together, alone = opened(Letters()), opened(Letters())
    words = [(AUDIO, "a bell"), (VIDEO, "a bell"), (AUDIO, "a dog")]
    found = asked(together, generation, *words, (AUDIO, "a bell"))
    assert list(found) == words
    for each in words:
        assert (found[each].route, found[each].text) == each
        assert np.allclose(found[each].vector, asked(alone, generation, each)[each].vector, atol=1e-6)
    assert together.counts.read() == {"memory": 1, "made": 3}


def test_only_words_that_are_new_are_encoded(generation: Generation) -> None:
    letters = Letters()
    questions = opened(letters)
    first = asked(questions, generation, (AUDIO, "a bell"))
    before = len(letters.calls)
    again = asked(questions, generation, (AUDIO, "a bell"), (AUDIO, "a dog"))
    assert again[AUDIO, "a bell"] is first[AUDIO, "a bell"]
    assert {text for call in letters.calls[before:] for text in call} == {"a dog"}
    assert asked(questions, generation) == {}


def test_the_least_recently_asked_are_forgotten_first(generation: Generation) -> None:
    questions = Questions(cast(Any, Letters()), limit=2)
    for text in ("a", "b", "a", "c"):
        asked(questions, generation, (AUDIO, text))
    made = questions.counts.read()["made"]
    asked(questions, generation, (AUDIO, "a"), (AUDIO, "c"))
    assert questions.counts.read()["made"] == made
    asked(questions, generation, (AUDIO, "b"))
    assert questions.counts.read()["made"] == made + 1


def test_a_route_that_reads_no_words_is_refused(generation: Generation) -> None:
    with pytest.raises(QueryInvalid, match="reads audio, found features of text"):
        asked(opened(Letters()), generation, ("audio->video", "a bell"))

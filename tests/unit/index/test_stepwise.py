"""Reindexing step by step, pages of clips and kept evaluations, on either database."""

from pathlib import Path

import pytest

from index.filters import Filter
from index.galleries import Galleries
from index.gallery import Gallery
from index.reindexing import Rules
from models.errors import Conflict, EvaluationNotFound, GenerationNotFound
from tests.unit.index.world import add


@pytest.fixture
def gallery(galleries: Galleries, tmp_path: Path) -> Gallery:
    found = galleries.create("demo", "tiny")
    for seed in range(5):
        add(found, tmp_path, seed)
    return found


def test_a_mark_finds_the_generation_that_was_begun(gallery: Gallery) -> None:
    first = gallery.stepwise("other", "a").build()
    again = gallery.stepwise("other", "a")
    assert again.build().number == first.number == 2
    assert gallery.stepwise("other", "b").build().number == 3
    assert not again.is_done
    again.switch(first, expected=1, rules=Rules())
    assert again.is_done
    assert [(each.number, each.state) for each in gallery.generations()] == [
        (1, "ready"),
        (2, "ready"),
        (3, "building"),
    ]
    assert gallery.generations()[1].report["mark"] == "a"


def test_what_is_given_up_is_never_switched_to(gallery: Gallery) -> None:
    steps = gallery.stepwise("other", "a")
    fresh = steps.build()
    gallery.give_up("a")
    with pytest.raises(Conflict, match="generation 2 is none that is finished"):
        steps.switch(fresh, expected=1, rules=Rules())
    assert gallery.active.number == 1
    assert [each.number for each in gallery.generations()] == [1]


def test_giving_up_leaves_the_generation_that_answers(gallery: Gallery) -> None:
    steps = gallery.stepwise("other", "a")
    steps.switch(steps.build(), expected=1, rules=Rules())
    gallery.give_up("a")
    gallery.give_up("nothing")
    assert [each.number for each in gallery.generations()] == [1, 2]


def test_pages_go_through_the_clips_in_their_order(gallery: Gallery) -> None:
    every = [clip.id for clip in gallery.clips()]
    first = gallery.page(limit=3)
    last = gallery.page(after=first[-1][0], limit=3)
    assert [clip.id for _, clip in [*first, *last]] == every
    assert [clip.id for _, clip in gallery.page(Filter(labels_any=("label 1",)), limit=9)] == [every[1], every[4]]
    assert gallery.page(after=2**40, limit=9) == []


def test_evaluations_are_kept(gallery: Gallery) -> None:
    kept = gallery.record_evaluation(1, protocol="p@1", request={"a": [1]}, report={"b": {"c": None}})
    assert gallery.evaluation(kept.key) == kept
    assert gallery.evaluations() == [kept]
    with pytest.raises(EvaluationNotFound):
        gallery.evaluation(kept.key + 1)


def test_a_generation_is_opened_by_its_number(gallery: Gallery) -> None:
    gallery.reindex("other")
    assert gallery.generation(2) is gallery.active
    assert gallery.generation(1).bundle.name == "tiny"
    with pytest.raises(GenerationNotFound, match="there are: 1, 2"):
        gallery.generation(3)

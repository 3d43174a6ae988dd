"""Where windows are is remembered, and nobody sees it by an answer: whatever any process changes is told at once."""

import random
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from index import searching, tables, whereabouts
from index.clips import Clip, Hit
from index.filters import Filter
from index.galleries import Galleries
from index.gallery import Gallery
from index.searching import Search
from index.wording import Wording
from models.errors import GalleryNotFound
from models.types import F32
from tests.unit.index.world import add, query

ROUTE = "text->av"
ASKED = Search(ROUTE, 100)


@pytest.fixture
def elsewhere(gallery: Gallery, tmp_path: Path, catalog: str | None) -> Iterator[Galleries]:
    """The same data folder, in what could be another process."""
    found = Galleries.open(tmp_path, catalog)
    yield found
    found.close()


@pytest.fixture
def theirs(elsewhere: Galleries) -> Gallery:
    return elsewhere.get("demo")


def vector(gallery: Gallery) -> F32:
    return gallery.active.query_vectors(ROUTE, {each: row[None] for each, row in query(0, "text").items()})


def searched(gallery: Gallery, asked: Search = ASKED) -> list[Hit]:
    return gallery.search_vectors(vector(gallery), asked)[0]


def at_once(gallery: Gallery, asked: Search = ASKED) -> list[Hit] | None:
    found = gallery.search_at_once(vector(gallery), asked)
    return None if found is None else found[0]


def told(hits: list[Hit]) -> dict[str, tuple[object, ...]]:
    return {hit.clip_id: (hit.name, hit.labels, hit.media_type, hit.window, hit.absent) for hit in hits}


def stored(gallery: Gallery) -> dict[str, tuple[object, ...]]:
    """What hits have to tell of every clip, all of which have one window; as the catalog has it."""
    return {
        each.id: (each.name, each.labels, each.media_type, each.windows[0], each.absent_of_all[0])
        for each in gallery.clips()
    }


def renamed(name: str) -> Callable[[Clip], Wording]:
    return lambda clip: Wording.of(name, clip.labels, clip.metadata)


def relabelled(label: str) -> Callable[[Clip], Wording]:
    return lambda clip: Wording.of(clip.name, [label], clip.metadata)


def test_after_any_change_by_another_process_each_hit_is_told_as_the_catalog_has_it(
    gallery: Gallery, theirs: Gallery, tmp_path: Path
) -> None:
    numbers = random.Random(0)
    deeds: dict[str, Callable[[int, str], object]] = {
        "add": lambda step, clip: add(gallery, tmp_path, 100 + step),
        "remove": lambda step, clip: gallery.remove(clip),
        "rename": lambda step, clip: gallery.reword(clip, renamed(f"name {step}")),
        "relabel": lambda step, clip: gallery.reword(clip, relabelled(f"label {step}")),
        "nothing": lambda step, clip: None,
    }
    for step in range(40):
        deed = numbers.choice(sorted(deeds))
        deeds[deed](step, numbers.choice([each.id for each in gallery.clips()]))
        soon = at_once(theirs)
        assert soon is None or told(soon) == stored(gallery), deed
        assert told(searched(theirs)) == stored(gallery), deed


@pytest.mark.parametrize("catalog", ["sqlite"], indirect=True)
def test_what_nothing_has_changed_for_is_found_at_once_and_the_same(gallery: Gallery, theirs: Gallery) -> None:
    assert at_once(theirs) is None  # as it has looked nothing up yet
    for asked in (ASKED, Search(ROUTE, 3), Search(ROUTE, 5, without=frozenset({searched(theirs)[0].window_id}))):
        assert at_once(theirs, asked) == searched(theirs, asked)
    gallery.reword(gallery.clips()[0].id, renamed("another"))
    assert at_once(theirs) is None
    assert at_once(theirs) is None
    assert searched(theirs) == at_once(theirs)


@pytest.mark.parametrize("asked", [Search(ROUTE, 5, among=Filter(labels_any=("thing",))), Search(ROUTE, 5, by="clip")])
def test_what_may_take_more_is_not_done_at_once(gallery: Gallery, asked: Search) -> None:
    searched(gallery, asked)
    assert at_once(gallery, asked) is None


def test_neither_is_much_work_nor_a_catalog_on_a_server(
    gallery: Gallery, catalog: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    searched(gallery)
    assert (at_once(gallery) is None) == (catalog is not None)
    many = np.repeat(vector(gallery), 1 + searching.FEW // ASKED.k, axis=0)
    gallery.search_vectors(many, ASKED)
    assert gallery.search_at_once(many, ASKED) is None
    monkeypatch.setattr(tables, "LIGHT", 8 * gallery.active.table(ROUTE).embedding.dim - 1)
    assert at_once(gallery) is None


def test_no_more_places_are_kept_than_there_is_room_for(gallery: Gallery, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(whereabouts, "KEPT", 3)
    clips = [each.id for each in gallery.clips()]
    for first in range(7):
        these = Filter(clip_ids=tuple(clips[first : first + 2]))
        assert told(searched(gallery, Search(ROUTE, 2, among=these))).keys() == set(clips[first : first + 2])
        assert len(gallery._active._whereabouts._known.places) <= 3


@pytest.mark.parametrize("catalog", ["postgresql"], indirect=True)
def test_nothing_is_compared_in_vain_where_the_catalog_is_on_a_server(
    gallery: Gallery, monkeypatch: pytest.MonkeyPatch
) -> None:
    searched(gallery)
    monkeypatch.delattr(tables.VectorTable, "search")
    assert at_once(gallery) is None


@pytest.mark.parametrize("catalog", ["sqlite"], indirect=True)
def test_a_look_that_fails_is_left_to_who_may_wait_and_the_next_one_works(gallery: Gallery) -> None:
    wanted = searched(gallery)
    assert at_once(gallery) == wanted
    kept = gallery._stores.database._kept
    assert kept is not None
    kept.close()
    assert at_once(gallery) is None
    assert at_once(gallery) == wanted


def test_what_is_more_than_there_is_room_for_is_not_kept(gallery: Gallery, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(whereabouts, "KEPT", 3)
    assert len(searched(gallery)) == 8
    assert not gallery._active._whereabouts._known.places


@pytest.mark.parametrize("catalog", ["sqlite"], indirect=True)
def test_a_gallery_that_another_process_deleted_is_not_found_at_once(
    galleries: Galleries, gallery: Gallery, theirs: Gallery
) -> None:
    searched(theirs)
    assert at_once(theirs) is not None
    galleries.delete("demo")
    assert at_once(theirs) is None
    with pytest.raises(GalleryNotFound):
        searched(theirs)

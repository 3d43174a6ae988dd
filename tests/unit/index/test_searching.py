"""What of a gallery is searched, by what, and what counts as a hit."""

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from index.clips import Hit
from index.filters import Condition, Filter
from index.galleries import Galleries
from index.gallery import Gallery
from index.searching import Search
from models.errors import InvalidInput, QueryInvalid, RouteMissing, SenseMissing, WindowNotFound
from models.types import F32, Modality
from tests.unit.index.world import add, clip_features, library, query

QUERY: dict[Modality, F32] = query(0, "text")
ROUTE = "text->av"


@pytest.fixture(scope="module")
def galleries(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Galleries]:
    found = library(tmp_path_factory.mktemp("library"))
    yield found
    found.close()


@pytest.fixture(scope="module")
def gallery(galleries: Galleries, tmp_path_factory: pytest.TempPathFactory) -> Gallery:
    """Twelve clips of three labels, of 1, 2, 3 or 40 windows, with a number as metadata; the last one is deaf."""
    folder, found = tmp_path_factory.mktemp("clips"), galleries.create("demo", "tiny")
    for number, windows in enumerate([1, 2, 3, 40] * 3):
        path = folder / f"{number}.mp4"
        path.write_bytes(f"clip {number}".encode())
        found.add(
            path,
            name=path.name,
            labels=[f"label {number % 3}", "thing"],
            features=clip_features(
                1000 * number, senses=("video",) if number == 11 else ("audio", "video"), windows=windows
            ),
            metadata={"number": number},
        )
    return found


def everything(gallery: Gallery, route: str = ROUTE) -> list[Hit]:
    return gallery.search(route, QUERY, k=1000)


def name_filter(numbers: range) -> Filter:
    conditions = Condition(("number",), "ge", numbers.start), Condition(("number",), "lt", numbers.stop)
    return Filter(metadata=conditions)


FILTERS: dict[str, tuple[Filter, Callable[[Hit], bool]]] = {
    "one label": (Filter(labels_any=("label 1",)), lambda hit: "label 1" in hit.labels),
    "any label": (Filter(labels_any=("label 1", "label 2")), lambda hit: "label 0" not in hit.labels),
    "all labels": (Filter(labels_all=("thing", "label 0")), lambda hit: "label 0" in hit.labels),
    "a range": (name_filter(range(2, 6)), lambda hit: hit.name in {"2.mp4", "3.mp4", "4.mp4", "5.mp4"}),
    "nothing": (Filter(labels_any=("no such label",)), lambda hit: False),
    "no clip": (Filter(clip_ids=()), lambda hit: False),
    "everything": (Filter(labels_any=("thing",)), lambda hit: True),
    "a time to come": (Filter(added_from=4e9), lambda hit: False),
}


@pytest.mark.parametrize("which", FILTERS)
@pytest.mark.parametrize("k", [1, 7, 1000])
def test_filtered_hits_are_the_best_of_those_that_pass(gallery: Gallery, which: str, k: int) -> None:
    among, passes = FILTERS[which]
    expected = [hit for hit in everything(gallery) if passes(hit)][:k]
    found = gallery.search(ROUTE, QUERY, k=k, among=among)
    assert [hit.window_id for hit in found] == [hit.window_id for hit in expected]
    assert [hit.score for hit in found] == pytest.approx([hit.score for hit in expected], abs=1e-5)


def test_a_filter_names_clips_by_their_ids(gallery: Gallery) -> None:
    wanted = [clip.id for clip in gallery.clips()[2:4]]
    found = gallery.search(ROUTE, QUERY, k=1000, among=Filter(clip_ids=(*wanted, "unknown")))
    assert {hit.clip_id for hit in found} == set(wanted)
    assert len(found) == 3 + 40


def bests(hits: list[Hit]) -> list[Hit]:
    """The first of each clip, in the order they come: a loop."""
    found: list[Hit] = []
    for hit in hits:
        if hit.clip_id not in {each.clip_id for each in found}:
            found.append(hit)
    return found


@pytest.mark.parametrize("k", [1, 2, 5, 11, 12, 1000])
@pytest.mark.parametrize("seed", range(4))
def test_a_search_by_clip_has_each_clip_once_by_its_best_window(gallery: Gallery, k: int, seed: int) -> None:
    asking = query(seed, "text")
    expected = bests(gallery.search("text->video", asking, k=1000))
    found = gallery.search("text->video", asking, k=k, by="clip")
    assert [hit.window_id for hit in found] == [hit.window_id for hit in expected][:k]
    assert len(found) == min(k, 12)


def test_a_search_by_clip_is_filtered_too(gallery: Gallery) -> None:
    among = Filter(labels_any=("label 0",))
    found = gallery.search(ROUTE, QUERY, k=10, among=among, by="clip")
    assert [hit.name for hit in found] == [hit.name for hit in bests(everything(gallery)) if "label 0" in hit.labels]


def test_hits_are_best_first_and_ties_in_the_order_of_their_windows(galleries: Galleries, tmp_path: Path) -> None:
    twins = galleries.create("twins", "tiny")
    for name in ("a", "b", "c"):
        path = tmp_path / f"{name}.mp4"
        path.write_bytes(name.encode())
        twins.add(path, name=path.name, labels=[], features=clip_features(7))
    assert [hit.name for hit in twins.search(ROUTE, QUERY, k=3)] == ["a.mp4", "b.mp4", "c.mp4"]
    assert [hit.name for hit in twins.search(ROUTE, QUERY, k=2, by="clip")] == ["a.mp4", "b.mp4"]


def window_of(gallery: Gallery, name: str) -> int:
    return next(hit.window_id for hit in everything(gallery, "text->video") if hit.name == name)


@pytest.mark.parametrize("k", [1, 6, 1000])
def test_a_window_finds_what_its_features_find_but_not_itself(gallery: Gallery, k: int) -> None:
    window = window_of(gallery, "0.mp4")
    sound = clip_features(0).windows[0].features["audio"]
    expected = [hit for hit in gallery.search("audio->video", {"audio": sound}, k=1000) if hit.window_id != window]
    found = gallery.search_window(window, Search("audio->video", k))
    assert [hit.window_id for hit in found] == [hit.window_id for hit in expected][:k]
    assert len(found) == min(k, len(expected))


def test_a_window_is_searched_among_a_filter_and_by_clip(gallery: Gallery) -> None:
    window = window_of(gallery, "0.mp4")
    asked = Search("audio->video", 3, Filter(labels_any=("label 0",)), "clip")
    found = gallery.search_window(window, asked)
    assert len(found) == 3 == len({hit.clip_id for hit in found})
    assert {hit.name for hit in found} == {"3.mp4", "6.mp4", "9.mp4"}


def test_a_window_of_a_clip_is_like_other_windows_of_it(gallery: Gallery) -> None:
    window = window_of(gallery, "3.mp4")
    found = gallery.search_window(window, Search("audio->video", 1000))
    assert window not in {hit.window_id for hit in found}
    assert sum(hit.name == "3.mp4" for hit in found) == 39


def test_a_window_that_there_is_not_is_refused(gallery: Gallery) -> None:
    with pytest.raises(WindowNotFound, match="no window 987654"):
        gallery.search_window(987654, Search("audio->video", 3))


def test_a_window_of_another_gallery_is_refused(galleries: Galleries, gallery: Gallery, tmp_path: Path) -> None:
    other = galleries.create("elsewhere", "tiny")
    add(other, tmp_path, 77)
    with pytest.raises(WindowNotFound):
        gallery.search_window(other.search(ROUTE, QUERY, k=1)[0].window_id, Search("audio->video", 3))


def test_a_window_without_the_sense_that_a_route_asks_with_is_refused(gallery: Gallery) -> None:
    deaf = window_of(gallery, "11.mp4")
    assert len(gallery.search_window(deaf, Search("video->audio", 3))) == 3
    with pytest.raises(SenseMissing, match=f"{deaf} lacks what 'audio->video' asks with"):
        gallery.search_window(deaf, Search("audio->video", 3))
    with pytest.raises(SenseMissing):
        gallery.search_window(deaf, Search("text->video", 3))


def test_a_batch_of_vectors_finds_what_each_of_them_finds(gallery: Gallery) -> None:
    vectors = np.random.default_rng(3).standard_normal((5, 6), np.float32)
    for by in ("window", "clip"):
        asked = Search(ROUTE, 9, Filter(labels_any=("label 1", "label 2")), "clip" if by == "clip" else "window")
        together = gallery.search_vectors(vectors, asked)
        alone = [gallery.search_vectors(vectors[i : i + 1], asked)[0] for i in range(5)]
        assert [[hit.window_id for hit in hits] for hits in together] == [
            [hit.window_id for hit in hits] for hits in alone
        ]


def test_the_vector_that_a_query_becomes_finds_the_same(gallery: Gallery) -> None:
    vector = gallery.active.query_vectors(ROUTE, {"text": QUERY["text"][None]})
    assert gallery.search_vectors(vector, Search(ROUTE, 20)) == [gallery.search(ROUTE, QUERY, k=20)]


@pytest.mark.parametrize("vectors", [np.zeros((1, 5), np.float32), np.full((1, 6), np.nan, np.float32)])
def test_vectors_that_do_not_fit_are_refused(gallery: Gallery, vectors: F32) -> None:
    with pytest.raises(InvalidInput):
        gallery.search_vectors(vectors, Search(ROUTE, 3))


@pytest.mark.parametrize("k", [0, -1, 1001])
def test_a_k_out_of_its_range_is_refused(k: int) -> None:
    with pytest.raises(QueryInvalid, match=f"1 to 1000, found {k}"):
        Search(ROUTE, k)


def test_a_route_that_there_is_not_is_refused_naming_those_there_are(gallery: Gallery) -> None:
    vectors = np.zeros((1, 6), np.float32)
    with pytest.raises(RouteMissing, match="text->audio"):
        gallery.search_vectors(vectors, Search("smell->audio", 3))
    with pytest.raises(RouteMissing):
        gallery.search_window(window_of(gallery, "0.mp4"), Search("av->text", 3))

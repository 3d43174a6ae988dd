"""Which sigmoid makes probabilities of a route's scores."""

from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from index import sigmoids
from index.galleries import Galleries
from index.gallery import Gallery
from index.metadata import Json
from index.reindexing import Rules
from index.searching import Search
from models.bundle.store import load_manifest, save
from models.hubness import RouteBias
from models.probability import RouteSigmoid
from models.types import F32, Modality
from tests.unit.index.world import add, library, query

ROUTE, OTHER = "text->video", "text->audio"
ANY = Rules(tolerance=None)
BIAS = RouteBias(alpha=0.5, neighbours=2)


def fitted(slope: float) -> RouteSigmoid:
    return RouteSigmoid(slope=slope, intercept=0.0, queries=3, pairs=30, base_rate=0.1, fitted_on="a test")


def evaluate(
    gallery: Gallery,
    slope: float,
    *,
    route: str = ROUTE,
    generation: int | None = None,
    bias: RouteBias | None = None,
    is_of_all: bool = True,
) -> None:
    """Keep what an evaluation could have found."""
    probability: dict[str, Json] = {
        "sigmoid": fitted(slope).model_dump(),
        "bias": (bias or RouteBias()).model_dump(),
        "is_of_all": is_of_all,
        "reliability": [],
    }
    report: Mapping[str, Json] = {"retrieval": {route: {"by_sample": 0.5, "probability": probability}}}
    number = generation or gallery.active.number
    gallery.record_evaluation(number, protocol="gallery@1", request={}, report=report)


def chosen(gallery: Gallery, route: str = ROUTE) -> tuple[float, str] | None:
    """The slope that the gallery has after a search, and where it is from."""
    gallery.search_vectors(gallery.active.query_vectors(route, _row()), Search(route, 3))
    found = gallery.sigmoid(route, gallery.active)
    return None if found is None else (found.sigmoid.slope, found.source)


def _row() -> dict[Modality, F32]:
    return {each: row[None] for each, row in query(0, "text").items()}


@pytest.fixture
def there(tmp_path: Path, gallery: Gallery, catalog: str | None) -> Iterator[Gallery]:
    """The same gallery, in what could be another process."""
    galleries = Galleries.open(tmp_path, catalog)
    yield galleries.get("demo")
    galleries.close()


def test_without_an_evaluation_or_a_bundle_that_was_fitted_there_is_none(gallery: Gallery) -> None:
    assert chosen(gallery) is None


def test_the_newest_evaluation_of_each_route_counts(gallery: Gallery) -> None:
    evaluate(gallery, 1.0)
    evaluate(gallery, 2.0)
    evaluate(gallery, 3.0, route=OTHER)
    assert chosen(gallery) == (2.0, "evaluation 2")
    assert chosen(gallery, OTHER) == (3.0, "evaluation 3")


def test_an_evaluation_of_this_process_counts_from_the_next_search_on(gallery: Gallery) -> None:
    assert chosen(gallery) is None
    evaluate(gallery, 1.0)
    assert chosen(gallery) == (1.0, "evaluation 1")


def test_an_evaluation_of_another_process_is_noticed_when_some_seconds_are_over(
    gallery: Gallery, there: Gallery, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sigmoids, "FRESH_S", 1000.0)
    assert chosen(there) is None
    evaluate(gallery, 1.0)
    assert chosen(there) is None
    monkeypatch.setattr(sigmoids, "FRESH_S", 0.0)
    assert chosen(there) == (1.0, "evaluation 1")
    evaluate(gallery, 2.0, route=OTHER)
    assert chosen(there) == (1.0, "evaluation 1")
    assert chosen(there, OTHER) == (2.0, "evaluation 2")


def test_what_a_deleted_evaluation_was_fitted_on_counts_no_more_and_its_id_is_not_given_again(
    gallery: Gallery, there: Gallery, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sigmoids, "FRESH_S", 0.0)
    evaluate(gallery, 1.0)
    evaluate(gallery, 2.0)
    assert chosen(gallery) == chosen(there) == (2.0, "evaluation 2")
    gallery.remove_evaluation(2)
    assert chosen(gallery) == chosen(there) == (1.0, "evaluation 1")
    evaluate(gallery, 3.0)
    assert chosen(gallery) == chosen(there) == (3.0, "evaluation 3")
    for key in (1, 3):
        gallery.remove_evaluation(key)
    assert chosen(gallery) is chosen(there) is None


def test_evaluations_of_another_generation_or_bias_or_of_some_clips_only_do_not_count(gallery: Gallery) -> None:
    evaluate(gallery, 1.0)
    evaluate(gallery, 2.0, bias=BIAS)
    evaluate(gallery, 3.0, is_of_all=False)
    evaluate(gallery, 4.0, generation=7)
    assert chosen(gallery) == (1.0, "evaluation 1")
    gallery.reindex("tiny", rules=ANY, biases={ROUTE: BIAS})
    assert chosen(gallery) is None
    evaluate(gallery, 5.0)
    assert chosen(gallery) is None
    evaluate(gallery, 6.0, bias=BIAS)
    assert chosen(gallery) == (6.0, "evaluation 6")
    gallery.roll_back()
    assert chosen(gallery) == (1.0, "evaluation 1")


@pytest.mark.parametrize(
    "report",
    [
        {},
        {"retrieval": None},
        {"retrieval": {ROUTE: {"by_sample": 0.5}}},
        {"retrieval": {ROUTE: {"probability": None}}},
        {"retrieval": {ROUTE: {"probability": {"sigmoid": {"slope": -1}, "is_of_all": True}}}},
        {"retrieval": {ROUTE: 3}},
    ],
)
def test_reports_that_fitted_nothing_or_cannot_be_read_are_passed_over(
    gallery: Gallery, report: dict[str, Json]
) -> None:
    evaluate(gallery, 1.0)
    gallery.record_evaluation(gallery.active.number, protocol="gallery@1", request={}, report=report)
    assert chosen(gallery) == (1.0, "evaluation 1")


def test_what_the_bundle_was_fitted_on_counts_until_something_is_evaluated(tmp_path: Path) -> None:
    galleries = library(tmp_path)
    folder = tmp_path / "bundles" / "tiny"
    made = load_manifest(folder)
    graphs = {name: (folder / head.file).read_bytes() for name, head in made.heads.items()}
    known = made.model_copy(update={"name": "known", "probabilities": {ROUTE: fitted(9.0), OTHER: fitted(8.0)}})
    save(folder.with_name("known"), known, graphs, "")
    gallery = galleries.create("demo", "known")
    for seed in range(4):
        add(gallery, tmp_path, seed)
    assert chosen(gallery) == (9.0, "bundle known")
    evaluate(gallery, 1.0)
    assert (chosen(gallery), chosen(gallery, OTHER)) == ((1.0, "evaluation 1"), (8.0, "bundle known"))
    gallery.reindex("known", rules=ANY, biases={ROUTE: BIAS})
    assert (chosen(gallery), chosen(gallery, OTHER)) == (None, (8.0, "bundle known"))
    galleries.close()

"""Live searches compared with exact ones: the recall that is told is the true one."""

from dataclasses import replace
from pathlib import Path
from time import monotonic, sleep

import numpy as np
import pytest
from starlette.testclient import TestClient

from index.generations import Generation
from index.probing import is_approximate, recall
from index.vectors.building import build
from index.vectors.exact import ExactIndex
from index.vectors.faiss_store import FaissIndex
from index.vectors.kinds import IndexOptions
from index.vectors.part import Part
from index.vectors.structure import IvfPq
from models.types import F32
from service.app import create_app
from service.observing.probe import Probe
from service.resources import Resources
from service.settings import Settings
from tests.tiny.tables import own_tables
from tests.unit.service.asking import OWN, SEARCH
from tests.unit.service.exposed import samples, value
from tests.unit.service.waiting import until_true

ROUTE = "text->video"
ROWS = 4000


@pytest.fixture
def generation(own_library: Path) -> Generation:
    with Resources.open(Settings(data=own_library)) as resources:
        return resources.galleries.get("demo").active


def _filled(generation: Generation, *, nprobe: int | None) -> FaissIndex:
    """A table of the generation with many vectors, that looks at few of its lists; None: at all that there is."""
    table = own_tables(generation)[generation.table(ROUTE).embedding.space]
    vectors = np.random.default_rng(0).standard_normal((ROWS, table.embedding.dim), np.float32)
    built = build(
        np.arange(ROWS), vectors, metric=table.embedding.metric, options=IndexOptions(kind="ivfpq", recall=0.3)
    ).index
    assert isinstance(built, FaissIndex)
    sealed = built.parts[0]
    assert isinstance(sealed.structure, IvfPq)
    if nprobe is not None:
        worse = replace(sealed.structure, parameters={**sealed.structure.parameters, "nprobe": nprobe, "candidates": 1})
        sealed = replace(sealed, structure=worse)
    table.index = FaissIndex(built.dim, built.metric, sealed=sealed if nprobe is not None else _flat(sealed))
    return table.index


def _flat(part: Part) -> Part:
    return replace(part, structure=None)


def _queries(dim: int, count: int = 30) -> F32:
    return np.random.default_rng(1).standard_normal((count, dim), np.float32)


def _oracle(index: FaissIndex, query: F32) -> float:
    exact = ExactIndex(index.dim, index.metric)
    exact.add(index.ids(), index.vectors(index.ids()))
    wanted = set(exact.search(query, 10).ids[0].tolist())
    return len(wanted & set(index.search(query, 10).ids[0].tolist())) / 10


def test_the_recall_of_a_bad_index_is_that_of_an_oracle(generation: Generation) -> None:
    index = _filled(generation, nprobe=1)
    table = generation.table(ROUTE)
    assert is_approximate(table)
    found = [recall(table, ROUTE, each[None], at=10) for each in _queries(index.dim)]
    assert found == [_oracle(index, each[None]) for each in _queries(index.dim)]
    assert np.mean([each for each in found if each is not None]) < 0.9


def test_a_table_that_looks_at_every_vector_is_exact_and_never_compared(generation: Generation) -> None:
    index = _filled(generation, nprobe=None)
    table = generation.table(ROUTE)
    assert not is_approximate(table)
    assert {recall(table, ROUTE, each[None], at=10) for each in _queries(index.dim)} == {1.0}
    probe = Probe(0.5)
    probe.offer("demo", generation, route=ROUTE, queries=_queries(index.dim))
    probe.close()
    assert (probe.compared, probe.readings()) == (0, ())


def _offered(probe: Probe, generation: Generation, queries: F32) -> None:
    """Each of them once, when the one before has been compared."""
    for each in queries:
        until_true(lambda: probe._is_free)
        compared = probe.compared
        probe.offer("demo", generation, route=ROUTE, queries=each[None])
        until_true(lambda compared=compared: probe.compared > compared)  # type: ignore[misc]


def test_the_probe_tells_the_mean_over_what_it_compared(generation: Generation) -> None:
    index = _filled(generation, nprobe=1)
    queries, probe = _queries(index.dim, 12), Probe(1.0)
    _offered(probe, generation, queries)
    probe.close()
    (reading,) = probe.readings()
    assert (reading.gallery, reading.route, reading.samples) == ("demo", ROUTE, 12)
    assert reading.recall == pytest.approx(np.mean([_oracle(index, each[None]) for each in queries]))


def test_what_is_offered_while_it_rests_is_passed_over(generation: Generation) -> None:
    index = _filled(generation, nprobe=1)
    queries, probe = _queries(index.dim, 1), Probe(1e-6)
    probe.offer("demo", generation, route=ROUTE, queries=queries)
    until_true(lambda: probe.compared == 1)
    for _ in range(200):
        probe.offer("demo", generation, route=ROUTE, queries=queries)
        sleep(0.001)
    probe.close()
    assert probe.compared == 1


def test_comparisons_fade_and_another_generation_begins_anew(
    generation: Generation, monkeypatch: pytest.MonkeyPatch
) -> None:
    index = _filled(generation, nprobe=1)
    queries, probe = _queries(index.dim, 3), Probe(1.0)
    _offered(probe, generation, queries[:2])
    _offered(probe, replace(generation, number=7), queries[2:])
    probe.close()
    (reading,) = probe.readings()
    assert (reading.generation, reading.samples) == (7, 1)
    monkeypatch.setattr("service.observing.probe.FADES_S", 0.0)
    assert probe.readings() == ()


def test_the_probe_that_is_off_compares_nothing(generation: Generation) -> None:
    index = _filled(generation, nprobe=1)
    probe = Probe(0.0)
    probe.offer("demo", generation, route=ROUTE, queries=_queries(index.dim))
    probe.close()
    assert probe.readings() == ()


def test_live_searches_are_compared_and_told(own_library: Path) -> None:
    app = create_app(Settings(data=own_library, job_workers=0, probe_share=1.0))
    with TestClient(app, OWN) as client:
        _filled(app.state.resources.galleries.get("demo").active, nprobe=1)
        until_s = monotonic() + 20
        while not (found := app.state.resources.probe.readings()) and monotonic() < until_s:
            client.get(SEARCH, params={"text": "bell", "to": "video"})
        told = samples(client)
        told_of = [each["recall"] for each in client.get("/v1/status").json()["galleries"][0]["routes"]]
    assert (found[0].gallery, found[0].route) == ("demo", ROUTE)
    assert value(told, "sightsound_recall_samples", gallery="demo", route=ROUTE) >= 1
    assert 0 <= value(told, "sightsound_recall_at_10", gallery="demo", route=ROUTE) <= 1
    assert [each for each in told_of if each is not None and each["samples"]]


def test_searches_among_some_windows_are_not_compared(own_library: Path) -> None:
    app = create_app(Settings(data=own_library, job_workers=0, probe_share=1.0))
    with TestClient(app, OWN) as client:
        _filled(app.state.resources.galleries.get("demo").active, nprobe=1)
        for _ in range(5):
            client.get(SEARCH, params={"text": "bell", "label": "bell"})
        app.state.resources.probe.close()
        assert app.state.resources.probe.compared == 0

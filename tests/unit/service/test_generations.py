"""Generations listed, gone back to, and made by bundles over other backbones."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from service.app import create_app
from service.jobs.job_schemas import ReindexRequest
from service.settings import Settings
from tests.unit.service.asking import DEMO, OWN, SEARCH, refused
from tests.unit.service.worlds import with_new_ears

BELL = {"text": "bell", "to": "av"}
GENERATIONS, ROLLBACK, REINDEX = (f"{DEMO}/{each}" for each in ("generations", "rollback", "reindex"))


@pytest.fixture
def own(own_library: Path) -> Iterator[TestClient]:
    """A service that keeps one generation before the active one."""
    with TestClient(create_app(Settings(data=own_library, job_workers=0, kept_generations=1)), OWN) as client:
        yield client


def test_generations_say_how_they_were_made_and_which_is_active(own: TestClient) -> None:
    own.post(REINDEX, json={"bundle": "other", "tolerance": 0.5})
    first, second = own.get(GENERATIONS).json()["generations"]
    assert (first["number"], first["bundle"], first["state"], first["active"]) == (1, "tiny", "ready", False)
    assert (second["number"], second["bundle"], second["active"]) == (2, "other", True)
    assert second["report"]["tolerance"] == 0.5
    assert second["report"]["comparison"]["windows"] == 6
    assert set(second["report"]["tables"]) == {"audio", "video", "av"}


def test_a_rollback_answers_as_before_and_only_so_many_generations_are_kept(own: TestClient) -> None:
    before = own.get(SEARCH, params={"text": "bell"}).json()
    own.post(REINDEX, json={"bundle": "other"})
    back = own.post(ROLLBACK).json()
    assert (back["generation"], back["bundle"], back["windows"]) == (1, "tiny", 6)
    assert own.get(SEARCH, params={"text": "bell"}).json()["hits"] == before["hits"]
    assert own.post(ROLLBACK, json={"to": 2}).json()["bundle"] == "other"
    own.post(REINDEX)
    assert [each["number"] for each in own.get(GENERATIONS).json()["generations"]] == [2, 3]
    refused(own.post(ROLLBACK, json={"to": 1}), 404, "generation-not-found", "no generation 1", "2, 3")


@pytest.mark.parametrize("to", [0, 2**31, "first"])
def test_a_number_that_is_none_is_refused(client: TestClient, to: object) -> None:
    refused(client.post(ROLLBACK, json={"to": to}), 422, "query-invalid", "to: found")


def test_there_is_nothing_before_the_first_generation(client: TestClient) -> None:
    refused(client.post(ROLLBACK), 404, "generation-not-found", "before 1")


def test_a_bundle_over_other_backbones_reads_the_clips_again(own_library: Path) -> None:
    with_new_ears(own_library)
    with TestClient(create_app(Settings(data=own_library, job_workers=0)), OWN) as client:
        before = client.get(SEARCH, params={"text": "bell", "to": "audio"}).json()
        made = client.post(REINDEX, json={"bundle": "new-ears"}).json()
        after = client.get(SEARCH, params={"text": "bell", "to": "audio"}).json()
    assert (made["bundle"], made["generation"], made["windows"]) == ("new-ears", 2, 6)
    assert [hit["clip"]["id"] for hit in after["hits"]] == [hit["clip"]["id"] for hit in before["hits"]]


def test_a_tolerance_that_is_none_is_refused(client: TestClient) -> None:
    for tolerance in (-0.1, 1.1, "any"):
        refused(client.post(REINDEX, json={"tolerance": tolerance}), 422, "query-invalid", "tolerance: found")


def test_force_overrides_the_tolerance() -> None:
    assert ReindexRequest(tolerance=0.1).rules(3).tolerance == 0.1
    assert ReindexRequest(tolerance=0.1, force=True).rules(3).tolerance is None
    assert ReindexRequest().rules(3).kept == 3


def test_routes_are_corrected_by_a_reindexing_and_stay_so(own: TestClient) -> None:
    before = own.get(SEARCH, params=BELL).json()["hits"]
    own.post(REINDEX, json={"biases": {"text->av": {"alpha": 0.75, "neighbours": 2}}, "force": True})
    assert own.get(SEARCH, params=BELL).json()["hits"] != before
    own.post(REINDEX, json={"bundle": "other", "force": True})
    found = [each["biases"] for each in own.get(GENERATIONS).json()["generations"]]
    assert found == [{"text->av": {"alpha": 0.75, "neighbours": 2, "seen": 0.0}}] * 2
    own.post(REINDEX, json={"bundle": "tiny", "force": True, "biases": {}})
    assert own.get(SEARCH, params=BELL).json()["hits"] == before


@pytest.mark.parametrize("biases", [{"text->av": {"alpha": -1}}, {"text->av": "best"}, {"text->av": {"beta": 1}}])
def test_a_bias_that_is_none_is_refused(own: TestClient, biases: object) -> None:
    refused(own.post(REINDEX, json={"biases": biases}), 422, "query-invalid", "biases.text->av")


def test_a_route_that_is_not_there_cannot_be_corrected(own: TestClient) -> None:
    answer = own.post(REINDEX, json={"biases": {"av->text": "chosen"}})
    refused(answer, 422, "route-missing", "no route 'av->text' to clips that could be corrected")

"""Answers to searches are written past their models, and are what these would have written."""

import json
from typing import Any

import pytest
from starlette.testclient import TestClient

from service.schemas import Frozen
from service.search.answers import BatchAnswer, SearchAnswer
from tests.unit.service.asking import SEARCH


def in_order(written: bytes | str) -> Any:
    """The content of a document, its names with it in their order."""
    return json.loads(written, object_pairs_hook=lambda pairs: ("object", pairs))


@pytest.mark.parametrize(
    ("method", "address", "asked", "shape"),
    [
        ("GET", f"{SEARCH}?text=bird&k=3", None, SearchAnswer),
        ("GET", f"{SEARCH}?text=bird&explain=true&by=clip", None, SearchAnswer),
        ("GET", f"{SEARCH}?text=bird&by=clip&moments=3", None, SearchAnswer),
        ("GET", f"{SEARCH}?text=bird&label=nothing", None, SearchAnswer),
        ("POST", SEARCH, {"text": "bird", "explain": True}, SearchAnswer),
        ("POST", SEARCH, {"queries": [{"text": "bird"}, {"text": "dog", "weight": -0.5}]}, SearchAnswer),
        ("POST", f"{SEARCH}/batch", {"queries": [{"text": "bird"}, {"text": "dog"}]}, BatchAnswer),
        ("POST", f"{SEARCH}/batch", {"queries": [{"text": "bird"}], "explain": True}, BatchAnswer),
    ],
)
def test_an_answer_has_every_field_of_its_model_in_its_order(
    client: TestClient, method: str, address: str, asked: Any, shape: type[Frozen]
) -> None:
    answer = client.request(method, address, json=asked)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/json"), answer.text
    modelled = shape.model_validate_json(answer.content).model_dump_json()
    assert in_order(answer.content) == in_order(modelled)

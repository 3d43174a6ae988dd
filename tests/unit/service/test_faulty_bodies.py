"""Bodies of JSON in which everything is wrong: told in few words, at the first of them."""

from typing import Any

import pytest
from starlette.testclient import TestClient

from service.http.problems import MOST_FAULTS
from service.schemas import MOST_NAMES
from tests.unit.service.asking import DEMO, SEARCH, refused

MANY = 5_000
WRONG: list[Any] = [{}] * MANY
NAMES = {f"name {number}": 0 for number in range(MANY)}
URL = "https://example.org/clip.mp4"


def _where(**condition: Any) -> dict[str, Any]:
    return {"text": "a", "where": [{"path": ["a"], "is": "in", "value": [1], **condition}]}


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", SEARCH, {"text": "a", "where": WRONG}),
        ("POST", SEARCH, {"text": "a", "where": _where()["where"] * MANY}),
        ("POST", SEARCH, _where(path=WRONG)),
        ("POST", SEARCH, _where(value=WRONG)),
        ("POST", SEARCH, {"text": "a", "label": WRONG}),
        ("POST", SEARCH, {"text": "a", "among": ["a"] * 10_001}),
        ("POST", SEARCH, {"route": "text->video", "vector": WRONG}),
        ("POST", SEARCH, {"features": NAMES}),
        ("POST", SEARCH, {"features": {"text": WRONG}}),
        ("POST", SEARCH, {"queries": WRONG}),
        ("POST", SEARCH, {"like": WRONG}),
        ("POST", SEARCH, {"text": "a", **NAMES}),
        ("POST", f"{SEARCH}/batch", {"queries": WRONG}),
        ("POST", f"{SEARCH}/batch", {"queries": [{"queries": WRONG[:1000]}] * 10}),
        ("POST", f"{DEMO}/jobs/ingest", {"items": WRONG}),
        ("POST", f"{DEMO}/jobs/ingest", {"items": [{"url": URL, "labels": WRONG[:90]}] * 200}),
        ("POST", f"{DEMO}/jobs/ingest", {"items": [{"url": URL}], "labels": WRONG}),
        ("POST", f"{DEMO}/evaluations", {"routes": WRONG}),
        ("POST", f"{DEMO}/evaluations", {"only": {"where": WRONG}}),
        ("POST", f"{DEMO}/reindex", {"biases": NAMES}),
        ("POST", f"{DEMO}/clips/delete", {"ids": WRONG}),
        ("PATCH", f"{DEMO}/clips/a", {"labels": WRONG}),
        ("PUT", "/v1/vocabularies/a", {"classes": WRONG}),
        ("POST", "/v1/classify", {"gallery": "demo", "clip": "a", "classes": WRONG}),
        ("POST", "/v1/classify/batch", {"gallery": "demo", "items": WRONG}),
        ("POST", "/v1/keys", {"name": "a", "scopes": WRONG}),
        ("POST", "/v1/keys", {"name": "a", "galleries": WRONG}),
        ("POST", "/v1/galleries", NAMES),
    ],
)
def test_a_body_full_of_faults_is_refused_at_the_first(client: TestClient, method: str, path: str, body: Any) -> None:
    answer = client.request(method, path, json=body)
    refused(answer, 422, "query-invalid")
    assert 1 <= len(answer.json()["faults"]) < 10 < MOST_FAULTS
    assert len(answer.content) < 5_000


def test_an_object_of_too_many_names_is_told_how_many_it_has(client: TestClient) -> None:
    refused(client.post(SEARCH, json=NAMES), 422, "query-invalid", f"at most {MOST_NAMES} names", str(MANY))


@pytest.mark.parametrize("field", ["where", "queries"])
def test_a_field_of_json_in_a_form_is_refused_at_its_first_fault(client: TestClient, field: str) -> None:
    form = {"from": "video", field: "[" + ",".join(["{}"] * MANY) + "]"}
    answer = client.post(SEARCH, data=form, files={"file": ("clip", b"no clip")})
    refused(answer, 422, "query-invalid", f"{field}")
    assert len(answer.content) < 1_000

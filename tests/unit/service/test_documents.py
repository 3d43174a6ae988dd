"""Nothing of the API is undocumented."""

import re
from typing import Any

import pytest
from starlette.testclient import TestClient

import models.errors
from service.http.explanations import ADVICE, kinds
from service.http.problems import HTTP_TITLES, status_of
from service.settings import Settings
from tests.documents import DOCS, rows

ERRORS = sorted(kinds(models.errors.SightsoundError), key=lambda kind: kind.__name__)
STATUS = {kind("").code: status_of(kind) for kind in ERRORS} | {
    code: status for code, (status, _) in HTTP_TITLES.items()
}


@pytest.fixture
def description(client: TestClient) -> Any:
    """The OpenAPI document."""
    return client.get("/openapi.json").json()


@pytest.mark.parametrize("code", sorted(STATUS))
def test_every_refusal_has_one_row_with_its_status(code: str) -> None:
    assert [row.split(" | ")[1] for row in rows(code)] == [str(STATUS[code])]


def test_no_other_refusal_is_documented() -> None:
    named = re.findall(r"^\| `([a-z-]+)` \| \d+ \|", (DOCS / "errors.md").read_text(), re.MULTILINE)
    assert set(named) == STATUS.keys()


def test_every_kind_of_problem_is_explained_at_its_address(client: TestClient) -> None:
    assert STATUS.keys() == ADVICE.keys()
    for code in STATUS:
        found = client.get(f"/problems/{code}").json()
        assert found["type"] == f"/problems/{code}"
        assert found["advice"].endswith(".")


def test_every_route_is_documented(description: Any) -> None:
    asked = {f"{method.upper()} {path}" for path, methods in description["paths"].items() for method in methods}
    table = (DOCS / "http-api.md").read_text()
    assert set(re.findall(r"^\| `((?:GET|POST|PUT|PATCH|DELETE) [^`]+)`", table, re.MULTILINE)) == asked


def test_every_parameter_is_documented(description: Any) -> None:
    bodies = [body["properties"] for name, body in description["components"]["schemas"].items() if "Body_" in name]
    named = {name for body in bodies for name in body} | {"text", "to", "k"}
    assert {name for name in named if not any(rows(name))} == set()


def test_the_settings_that_are_documented_are_those_there_are() -> None:
    named = re.findall(r"^\| `(\w+)` \|", (DOCS / "settings.md").read_text(), re.MULTILINE)
    assert sorted(named) == sorted(Settings.model_fields)


def test_the_description_is_openapi_3_1_and_knows_problems(description: Any) -> None:
    assert description["openapi"].startswith("3.1")
    for methods in description["paths"].values():
        for operation in methods.values():
            assert "application/problem+json" in operation["responses"]["default"]["content"]

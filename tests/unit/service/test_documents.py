"""Nothing of the API is undocumented."""

import re
from pathlib import Path

import pytest
from starlette.testclient import TestClient

import models.errors
from service.http.explanations import ADVICE, kinds
from service.http.problems import HTTP_TITLES, status_of
from service.settings import Settings

DOCUMENT = (Path(__file__).parents[3] / "docs" / "http-api.md").read_text()
ERRORS = sorted(kinds(models.errors.SightsoundError), key=lambda kind: kind.__name__)


@pytest.mark.parametrize("kind", ERRORS)
def test_every_error_is_documented_with_its_status(kind: type[models.errors.SightsoundError]) -> None:
    assert f"| `{kind('').code}` | {status_of(kind)} |" in DOCUMENT


def test_every_refusal_of_http_is_documented_with_its_status() -> None:
    for code, (status, _) in HTTP_TITLES.items():
        assert f"| `{code}` | {status} |" in DOCUMENT


def test_every_kind_of_problem_is_explained_at_its_address(client: TestClient) -> None:
    codes = {kind("").code for kind in ERRORS} | HTTP_TITLES.keys()
    assert codes == ADVICE.keys()
    for code in codes:
        found = client.get(f"/problems/{code}").json()
        assert found["type"] == f"/problems/{code}"
        assert found["advice"].endswith(".")


def test_every_route_is_documented(client: TestClient) -> None:
    paths = client.get("/openapi.json").json()["paths"]
    asked = {f"{method.upper()} {path}" for path, methods in paths.items() for method in methods}
    assert {
        line for line in re.findall(r"^\| `((?:GET|POST|PUT|PATCH|DELETE) [^`]+)`", DOCUMENT, re.MULTILINE)
    } == asked


def test_every_parameter_is_documented(client: TestClient) -> None:
    description = client.get("/openapi.json").json()
    bodies = [body["properties"] for name, body in description["components"]["schemas"].items() if "Body_" in name]
    for name in {name for body in bodies for name in body} | {"text", "to", "k"}:
        assert f"| `{name}` |" in DOCUMENT


def test_every_setting_is_documented() -> None:
    for name in Settings.model_fields:
        assert re.search(rf"^\| `{name}` \|", DOCUMENT, re.MULTILINE), name


def test_the_description_is_openapi_3_1_and_knows_problems(client: TestClient) -> None:
    description = client.get("/openapi.json").json()
    assert description["openapi"].startswith("3.1")
    for methods in description["paths"].values():
        for operation in methods.values():
            assert "application/problem+json" in operation["responses"]["default"]["content"]

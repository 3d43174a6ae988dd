"""What does not hold of a request is told in plain words: where, what was found, what was expected, what is near."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, Literal

import pytest
from pydantic import AwareDatetime, BaseModel, Field, ValidationError
from starlette.testclient import TestClient

from models.faults import EXPECTED, said
from service.http.invalid import PEERS
from service.schemas import Body
from tests.unit.service.asking import DEMO, SEARCH, refused

ODD: tuple[Any, ...] = (
    *(None, "", "x" * 20_000, "abc", "\0", -1, 0, 10**30, 1.5, float("inf"), True, [], [[]], [{}], {}, {"a": 1}),
    *(["a"] * 20_000, [1] * 70_000, "2020-01-01", "2020-13-01T00:00:00Z", "2020-01-01T00:00:00", 1e300, object()),
)
OF_CHECKS = {"value_error", "unknown_names"}
PYDANTIC = re.compile(r"input|should|valid|permitted|validation|dictionary|boolean|integer|string", re.I)


class Sample(BaseModel):
    """A value of each kind that has a fault of its own."""

    whole: Annotated[int, Field(ge=1, lt=10)] = 1
    number: Annotated[float, Field(gt=0, le=1, allow_inf_nan=False)] = 1
    flag: bool = True
    words: Annotated[str, Field(min_length=1, max_length=3)] = "a"
    name: Annotated[str, Field(pattern="^a$")] = "a"
    choice: Literal["one", "two"] = "one"
    several: Annotated[tuple[int, ...], Field(min_length=1, max_length=2, fail_fast=True)] = (1,)
    at: AwareDatetime | None = None
    either: tuple[int, ...] | str = ""


@pytest.mark.parametrize(
    ("given", "line"),
    [
        ({"whole": "a"}, "whole: found 'a', expected a whole number"),
        ({"whole": 1.5}, "whole: found 1.5, expected a whole number"),
        ({"whole": None}, "whole: found null, expected a whole number"),
        ({"whole": 0}, "whole: found 0, expected at least 1"),
        ({"whole": 10}, "whole: found 10, expected less than 10"),
        ({"number": "a"}, "number: found 'a', expected a number"),
        ({"number": float("nan")}, "number: found nan, expected a number that is finite"),
        ({"number": 0}, "number: found 0, expected more than 0.0"),
        ({"number": 2}, "number: found 2, expected at most 1.0"),
        ({"flag": "maybe"}, "flag: found 'maybe', expected true or false"),
        ({"words": ""}, "words: found '', expected at least 1 character"),
        ({"words": "abcd"}, "words: found 4 characters, expected at most 3 characters"),
        ({"words": True}, "words: found true, expected text"),
        ({"name": "b"}, "name: found 'b', expected text of the form ^a$"),
        ({"choice": "three"}, "choice: found 'three', expected 'one' or 'two'"),
        ({"several": []}, "several: found [], expected at least 1 value"),
        ({"several": [1, 2, 3]}, "several: found 3 values, expected at most 2 values"),
        ({"several": ["a"]}, "several.0: found 'a', expected a whole number"),
        ({"several": 1}, "several: found 1, expected a list"),
        ({"at": "2020-01-01"}, "at: found '2020-01-01', expected a time with its offset, such as 2026-01-31T12:00:00Z"),
        ({"either": 1}, "either: found 1, expected a list or text"),
        ({"whole": 0, "flag": 3}, "whole: found 0, expected at least 1; flag: found 3, expected true or false"),
        ([], "found [], expected an object of names and values"),
    ],
)
def test_each_kind_of_fault_has_words(given: Any, line: str) -> None:
    with pytest.raises(ValidationError) as caught:
        Sample.model_validate(given)
    assert said(caught.value) == line


def test_no_fault_that_any_body_can_have_is_told_in_the_words_of_a_library() -> None:
    kinds = {each["type"]: said(error) for error in _errors() for each in error.errors()}
    assert kinds.keys() - EXPECTED.keys() == OF_CHECKS
    assert len(kinds) > 20
    told = [said(error).rpartition("expected ")[2] for error in _errors()]
    assert [each for each in told if PYDANTIC.search(each)] == []


def _errors() -> Iterator[ValidationError]:
    for body in {each for each in _below(Body) if each.__module__.startswith("service.")}:
        for name, field in body.model_fields.items():
            for value in ODD:
                try:
                    body.model_validate({field.alias or name: value})
                except ValidationError as error:
                    yield error


def _below(body: type[Body]) -> Iterator[type[Body]]:
    for each in body.__subclasses__():
        yield each
        yield from _below(each)


@pytest.mark.parametrize(("name", "near"), [("limit", "k"), ("top_k", "k"), ("q", "text"), ("txt", "text")])
def test_an_unknown_name_is_refused_alike_wherever_it_is_with_the_one_that_was_meant(
    client: TestClient, clip: Path, name: str, near: str
) -> None:
    files = {"file": (clip.name, clip.read_bytes())}
    for answer, kind in (
        (client.get(SEARCH, params={name: "3"}), "query parameter"),
        (client.post(SEARCH, json={"text": "bell", name: 3}), "name"),
        *([(client.post(SEARCH, data={name: "3"}, files=files), "form field")] if near == "k" else []),
    ):
        refused(answer, 422, "query-invalid", f"{name}: found an unknown {kind}, expected one of ")
        (fault,) = answer.json()["faults"]
        assert fault["expected"].endswith(f"; did you mean {near}?")
        assert f" {near}," in fault["expected"]


def test_what_others_call_it_is_no_name_of_ours() -> None:
    ours = {field.alias or name for body in _below(Body) for name, field in body.model_fields.items()}
    assert {"k", "text", "where"} <= ours
    assert ours & PEERS.keys() <= {"limit", "cursor", "query"}


def test_unknown_names_are_told_where_they_are(client: TestClient) -> None:
    answer = client.post(SEARCH, json={"queries": [{"text": "a"}, {"txt": "b", "wait": 1}]})
    assert [each["parameter"] for each in answer.json()["faults"]] == ["queries.1.txt", "queries.1.wait"]
    answer = client.get(SEARCH, params={"text": "bell", "where": '[{"path": ["a"], "odd": 1}]'})
    refused(answer, 422, "query-invalid", "where.0: found", "names of is, path, value")


def test_a_file_that_is_text_or_missing_is_asked_for_as_a_file(client: TestClient) -> None:
    text = client.post(SEARCH, files={"file": (None, "knock.mp4"), "from": (None, "audio")})
    refused(text, 422, "query-invalid", "file: found text, expected a file, which curl sends by an @")
    refused(
        client.post(SEARCH, files={"from": (None, "audio")}),
        422,
        "query-invalid",
        "file: found nothing, expected a file",
    )
    refused(
        client.post(SEARCH, files={"from": ("a", b"audio")}),
        422,
        "query-invalid",
        "from: found a file, expected 'audio'",
    )


def test_a_list_of_what_does_not_hold_is_not_too_short_besides(client: TestClient) -> None:
    answer = client.post("/v1/keys", json={"name": "a", "scopes": ["read"]})
    assert [each["parameter"] for each in answer.json()["faults"]] == ["scopes.0"]
    answer = client.post(SEARCH, json={"queries": [{"txt": "a"}]})
    assert [each["parameter"] for each in answer.json()["faults"]] == ["queries.0.txt"]


def test_what_is_no_json_or_has_no_boundary_is_no_request(client: TestClient) -> None:
    headers = {"content-type": "application/json"}
    refused(client.post(SEARCH, content=b'{"text"', headers=headers), 400, "bad-request", "at byte 6, expected JSON")
    headers = {"content-type": "multipart/form-data"}
    refused(client.post(f"{DEMO}/clips", content=b"a", headers=headers), 400, "bad-request", "found no boundary")

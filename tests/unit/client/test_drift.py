"""The clients and the service say the same of what can be asked and of what is answered."""

from typing import Any

import pytest

from service.app import create_app
from service.settings import Settings
from sightsound.answers import Problem
from sightsound.client.call import Call
from tests.documents import DOCS
from tests.tiny.bundles import tiny_library
from tests.unit.client.description import Description, bare, differences
from tests.unit.client.examples import EXAMPLES, calls, methods

NOT_CALLED = {
    "GET /livez": "for whoever starts the process anew; `readiness` tells more",
    "GET /metrics": "for Prometheus",
    "GET /problems/{code}": "for people, who follow the `type` of a problem",
    "GET /v1/session": "for the page, which leads nobody to what they may not",
    "POST /v1/session": "for browsers; programs send their key with each request",
    "DELETE /v1/session": "for browsers",
    "GET /v1/jobs/{job_id}/events": "`jobs.watch` looks again instead, which outlives connections",
}
"""Operations that clients have no call for, and why."""
NOT_SAID = {
    "header last-event-id": "of events, which are not called",
    "body protocol": "of evaluations: there is one",
    "header idempotency-key": "every change has one, which the client makes",
}
"""What the service takes and no example says, and why."""
KEYED = "POST /v1/keys", "DELETE /v1/keys/{name}"


@pytest.fixture(scope="module")
def described(tmp_path_factory: pytest.TempPathFactory) -> Description:
    app = create_app(Settings(data=tiny_library(tmp_path_factory.mktemp("library"), clips_per_label=1)))
    return Description(app.openapi())


def said(call: Call[Any]) -> set[str]:
    """What a call tells the service, as `Description.taken` has it."""
    body = [*(call.json or ()), *(call.form or ()), *([call.files.field] if call.files else ())]
    headers = (each for each in call.headers or () if each != "Content-Type")
    return (
        {f"query {each}" for each in call.query or ()}
        | {f"body {each}" for each in body}
        | {f"header {each.lower()}" for each in headers}
    )


def all_calls() -> list[Call[Any]]:
    return [call for name in EXAMPLES for call in calls(name)]


def test_every_call_has_an_example() -> None:
    assert methods() == EXAMPLES.keys()


def test_every_method_is_documented() -> None:
    section = (DOCS / "python.md").read_text()
    named = {each.removeprefix("jobs.") for each in methods()} | {"watch", "wait"}
    assert {each for each in named if f"`{each}`" not in section} == set()


def test_every_operation_can_be_asked_for(described: Description) -> None:
    asked = {described.operation(call.method, call.address) for call in all_calls()}
    assert asked == described.operations.keys() - NOT_CALLED.keys()


@pytest.mark.parametrize("name", sorted(EXAMPLES))
def test_what_a_call_says_is_what_its_operation_takes(name: str, described: Description) -> None:
    for call in calls(name):
        assert said(call) <= described.taken(described.operation(call.method, call.address))


def test_all_that_an_operation_takes_can_be_said(described: Description) -> None:
    found: dict[str, set[str]] = {}
    for call in all_calls():
        found.setdefault(described.operation(call.method, call.address), set()).update(said(call))
    missing = {name: described.taken(name) - told - NOT_SAID.keys() for name, told in found.items()}
    assert {name: each for name, each in missing.items() if each} == {}


@pytest.mark.parametrize("name", sorted(EXAMPLES))
def test_what_a_call_reads_is_what_its_operation_answers(name: str, described: Description) -> None:
    for call in calls(name):
        answers = list(described.answered(described.operation(call.method, call.address)))
        assert (call.kind is None) == (not answers)
        if call.kind is not None:
            ours = call.kind.model_json_schema(mode="serialization")
            read = bare(ours, ours.get("$defs", {}))
            found = [differences(read, bare(each, described.components)) for each in answers]
            assert [told for each in found for told in each] == []


def test_refusals_are_read_as_they_are_sent(described: Description) -> None:
    ours = Problem.model_json_schema(mode="serialization")
    theirs = bare(described.components["Problem"], described.components)
    assert list(differences(bare(ours, ours["$defs"]), theirs)) == []


@pytest.mark.parametrize("name", sorted(EXAMPLES))
def test_whatever_changes_something_has_its_key_unless_it_is_about_keys(name: str, described: Description) -> None:
    for call in calls(name):
        operation = described.operation(call.method, call.address)
        takes = "header idempotency-key" in described.taken(operation)
        changes = call.method != "GET" and "/search" not in operation and "/classify" not in operation
        assert (call.once is not None) == (changes and operation not in KEYED)
        assert takes or call.once is None
        assert call.may_repeat or call.once is None


def test_a_field_that_one_of_both_lacks_is_told(described: Description) -> None:
    job = described.components["Job"]
    whole = bare(job, described.components)
    fields = {name: each for name, each in job["properties"].items() if name != "failure"}
    assert list(differences(bare({**job, "properties": fields}, described.components), whole)) != []
    optional = {**job, "required": [each for each in job["required"] if each != "failure"]}
    assert list(differences(whole, bare(optional, described.components))) == [
        ": the client needs ['failure'], which the service may leave out"
    ]
    surer = {**fields, "failure": {"type": "string"}}
    assert [
        each.split(":")[0] for each in differences(bare({**job, "properties": surer}, described.components), whole)
    ] == [
        ".fields.failure.anyOf",
        ".fields.failure.type",
    ]

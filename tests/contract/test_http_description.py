"""The OpenAPI document: valid, and of use to who makes a client from it."""

import re
from collections.abc import Iterator
from typing import Any

import jsonschema_rs
import pytest
import schemathesis

from service.app import create_app
from service.callers.scopes import SCOPES
from service.settings import Settings
from tests.tiny.bundles import tiny_library

NAMES = """
activate_generation add_bundle add_clip cancel_job change_clip classify classify_batch compare_evaluations
create_gallery create_key delete_gallery drop_generation explain_problem export_gallery get_bundle get_bundle_archive
get_clip get_clip_media get_clip_preview get_clip_thumbnail get_clip_waveform get_clip_waveform_picture get_evaluation
get_evaluation_map get_gallery get_generation get_job get_liveness get_metrics get_readiness get_session
get_statistics get_status get_vocabulary import_gallery list_audit list_bundles list_clips list_evaluations
list_galleries list_generations list_jobs list_keys list_vocabularies plot_evaluation put_vocabulary reindex_gallery
remove_bundle remove_clip remove_clips remove_evaluation remove_vocabulary retry_job revoke_key roll_back_gallery
search search_batch search_by_words sign_in sign_out start_compaction start_evaluation start_ingest start_reindexing
start_upload verify_gallery watch_job
"""
"""What generated clients call the operations: a name that is here once stays, or programs break."""


@pytest.fixture(scope="module")
def document(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    app = create_app(Settings(data=tiny_library(tmp_path_factory.mktemp("library"), clips_per_label=1), job_workers=0))
    app.state.resources.__enter__().__exit__(None, None, None)
    return app.openapi()


def operations(document: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every operation by its method and path."""
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield f"{method.upper()} {path}", operation


def nodes(found: Any) -> Iterator[dict[str, Any]]:
    """Every object within a document."""
    if isinstance(found, dict):
        yield found
    for each in found.values() if isinstance(found, dict) else found if isinstance(found, list) else ():
        yield from nodes(each)


def test_it_is_valid_openapi_3_1(document: dict[str, Any]) -> None:
    assert document["openapi"].startswith("3.1")
    schemathesis.openapi.from_dict(document).validate()
    for name, schema in document["components"]["schemas"].items():
        assert jsonschema_rs.meta.is_valid({**schema, "$schema": "https://json-schema.org/draft/2020-12/schema"}), name


def test_every_reference_leads_somewhere_within_it(document: dict[str, Any]) -> None:
    for node in nodes(document):
        if isinstance(there := node.get("$ref"), str):
            found: Any = document
            assert there.startswith("#/components/"), there
            for part in there.removeprefix("#/").split("/"):
                found = found[part]


def test_every_operation_has_a_name_that_people_would_choose_and_that_stays(document: dict[str, Any]) -> None:
    names = [operation["operationId"] for _, operation in operations(document)]
    assert sorted(names) == NAMES.split()


def test_every_operation_says_what_it_does(document: dict[str, Any]) -> None:
    summaries = [operation["summary"] for _, operation in operations(document)]
    assert len(set(summaries)) == len(summaries)
    for each in summaries:
        assert re.match(r"[A-Z].*[^.\s]$", each), each
        assert "\n" not in each


def test_every_tag_is_described_and_every_description_used(document: dict[str, Any]) -> None:
    used = [tuple(operation["tags"]) for _, operation in operations(document)]
    assert {name for (name,) in used} == {each["name"] for each in document["tags"]}
    assert all(each["description"].endswith(".") for each in document["tags"])


def test_every_operation_says_which_scope_it_asks_for(document: dict[str, Any]) -> None:
    ((name, scheme),) = document["components"]["securitySchemes"].items()
    assert (scheme["type"], scheme["scheme"]) == ("http", "bearer")
    for route, operation in operations(document):
        scope = SCOPES[route]
        assert operation["security"] == ([] if scope is None else [{}, {name: [scope]}]), route


def test_every_operation_says_how_it_refuses(document: dict[str, Any]) -> None:
    for route, operation in operations(document):
        named = document["components"]["responses"]
        found = {
            status: named[each["$ref"].rsplit("/", 1)[1]] if "$ref" in each else each
            for status, each in operation["responses"].items()
            if status[0] not in "23"
        }
        assert {"422", "default"} <= found.keys(), route
        assert all(each["content"].keys() == {"application/problem+json"} for each in found.values()), route
        assert ({"401", "403", "429"} <= found.keys()) == (SCOPES[route] is not None), route
        assert ({"400", "413", "415"} <= found.keys()) == ("requestBody" in operation), route


def test_a_file_that_is_sent_is_bytes_to_who_makes_a_client(document: dict[str, Any]) -> None:
    sent = {name: each["properties"] for name, each in document["components"]["schemas"].items() if "Body_" in name}
    files = [
        fields.get("file") or fields["files"]["items"] for fields in sent.values() if {"file", "files"} & {*fields}
    ]
    assert len(files) == len(sent)
    assert all(each["format"] == "binary" for each in files)


def test_only_what_changes_something_takes_a_key_to_be_done_once(document: dict[str, Any]) -> None:
    for route, operation in operations(document):
        takes = {each["name"] for each in operation.get("parameters", ()) if each["in"] == "header"}
        assert "idempotency-key" not in takes or not route.startswith("GET "), route


def test_every_parameter_of_a_path_is_described_and_every_other_says_what_it_is(document: dict[str, Any]) -> None:
    for route, operation in operations(document):
        found = operation.get("parameters", [])
        assert {each["name"] for each in found if each["in"] == "path"} == set(re.findall(r"{(\w+)}", route))
        for each in found:
            assert each["in"] == "path" or each.get("description"), (route, each["name"])


def test_what_is_used_most_has_examples_that_fit(document: dict[str, Any]) -> None:
    with_examples = set()
    for _, operation in operations(document):
        body = operation.get("requestBody", {}).get("content", {}).get("application/json", {})
        for title, example in body.get("examples", {}).items():
            with_examples.add(operation["operationId"])
            schema = {**body["schema"], "components": document["components"]}
            assert jsonschema_rs.Draft202012Validator(schema).is_valid(example["value"]), title
    assert {"search", "classify", "create_key", "reindex_gallery"} <= with_examples


def test_the_main_answers_have_examples_that_fit(document: dict[str, Any]) -> None:
    with_examples = set()
    for _, operation in operations(document):
        for answer in operation["responses"].values():
            body = answer.get("content", {}).get("application/json", {})
            if "example" in body:
                with_examples.add(operation["operationId"])
                schema = {**body["schema"], "components": document["components"]}
                jsonschema_rs.Draft202012Validator(schema).validate(body["example"])
    assert with_examples >= {"search_by_words", "search", "classify", "get_gallery", "get_job", "get_evaluation"}


def test_a_list_says_what_its_entries_are(document: dict[str, Any]) -> None:
    lists = [each for each in nodes(document["components"]["schemas"]) if each.get("type") == "array"]
    assert len(lists) > 50
    assert [each for each in lists if "items" not in each] == []


def test_the_server_is_the_one_that_it_comes_from(document: dict[str, Any]) -> None:
    assert [each["url"] for each in document["servers"]] == ["/"]

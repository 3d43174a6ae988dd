"""What the OpenAPI document says beyond what FastAPI finds in the routes: names, tags, examples, refusals."""

from collections.abc import Iterator, Mapping
from typing import Any

from fastapi import FastAPI
from fastapi.routing import APIRoute
from pydantic.json_schema import models_json_schema

from service.access.description import SCHEMES, asked_of_keys
from service.answered import ANSWERS
from service.callers.scopes import READING
from service.http.problem_schemas import Problem
from service.readiness import Unready
from service.refusable import PROBLEM, refusals, responses

TAGS: Mapping[str, str] = {
    "search": "Finding windows of clips by words, by clips, by vectors, and by several of these.",
    "classify": "What clips show.",
    "clips": "What galleries hold: files with sound, pictures or both.",
    "galleries": "Named sets of clips, and their generations: each a gallery as embedded by one bundle.",
    "jobs": "Durable work with progress.",
    "evaluations": "How well a gallery is searched and classified.",
    "bundles": "Trained methods that galleries can be embedded with.",
    "vocabularies": "Named lists of classes that clips are classified by.",
    "keys": "Who may ask, and what was done that concerns everybody.",
    "observing": "How the service does.",
    "health": "Whether it lives, and whether it can answer.",
    "problems": "What each kind of refusal means.",
}
SERVERS = [{"url": "/", "description": "The service that this description comes from."}]

INFO = {
    "description": "Every refusal is a problem document (RFC 9457); what an operation does not know is refused.",
    "license": {"name": "Apache License 2.0", "identifier": "Apache-2.0"},
}

JSON = "application/json"
UNREADY: dict[str, Any] = {
    "description": "Some part does not work, or the service is about to end.",
    "content": {PROBLEM: {"schema": {"$ref": "#/components/schemas/Unready"}}},
}
UNCHANGED: dict[str, Any] = {"description": "Nothing has changed: If-None-Match has its ETag."}
FILE: dict[str, Any] = {"description": "The file", "content": {"*/*": {}}}
RANGE: dict[str, Any] = {"description": "The bytes that Range asked for", "content": {"*/*": {}}}
TAGGED: Mapping[str, dict[str, Any]] = {"304": UNCHANGED}
MADE = {**TAGGED, "206": RANGE}
ALSO: Mapping[str, Mapping[str, dict[str, Any]]] = {
    "get_readiness": {"503": UNREADY},
    "get_gallery": TAGGED,
    "get_generation": TAGGED,
    "get_vocabulary": TAGGED,
    "get_job": TAGGED,
    "get_clip": TAGGED,
    "get_clip_media": {**MADE, "200": FILE},
    "get_clip_preview": {**MADE, "200": FILE},
    "get_clip_thumbnail": MADE,
    "get_clip_waveform": MADE,
    "get_clip_waveform_picture": MADE,
    "get_bundle_archive": {"206": RANGE},
    "export_gallery": {"206": RANGE},
    "watch_job": {"204": {"description": "Nothing more comes."}},
}
"""What answers, by operation, beside what its route says."""

EXAMPLES: Mapping[str, Mapping[str, Any]] = {
    "search": {
        "words": {"text": "metal bell", "to": "audio", "k": 3},
        "a window that was found": {"window": 1, "from": "audio", "to": "video", "by": "clip"},
        "several": {"to": "video", "queries": [{"text": "metal bell"}, {"text": "drum", "weight": -0.25}]},
    },
    "search_batch": {"words": {"route": "text->video", "queries": [{"text": "bell"}, {"text": "a dog"}]}},
    "classify": {"a stored clip": {"gallery": "demo", "window": 1, "classes": ["a bell", "a siren"]}},
    "create_key": {"for one gallery": {"name": "kiosk", "scopes": ["search"], "galleries": ["demo"]}},
    "reindex_gallery": {"with another bundle": {"bundle": "demo-avgzslnet", "tolerance": 0.02}},
    "start_evaluation": {"one route": {"routes": ["audio->video"]}},
}
"""Bodies in JSON, by operation."""
WORDS: Mapping[str, str] = {"text": "glass ball bouncing"}
"""Query parameters of a search by words."""


def operation_id(route: APIRoute) -> str:
    """What client generators call it, which is the name of the function that answers: no version changes it."""
    return route.name


def describe(app: FastAPI) -> None:
    """Have the application's description say it."""
    plain = app.openapi

    def described() -> dict[str, Any]:
        found = plain()
        if "servers" not in found:
            found["info"] |= INFO
            found["servers"] = SERVERS
            found["tags"] = [{"name": name, "description": text} for name, text in TAGS.items()]
            found["components"]["schemas"] |= _problems()
            found["components"]["responses"] = responses()
            found["components"]["securitySchemes"] = SCHEMES
            for route, operation in _operations(found):
                _complete(route, operation)
            for schema in _nodes(found):
                _simplify(schema)
        return found

    app.openapi = described  # type: ignore[method-assign]


def _operations(found: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every operation by its method and path."""
    for path, methods in found["paths"].items():
        for method, operation in methods.items():
            yield f"{method.upper()} {path}", operation


def _problems() -> dict[str, Any]:
    """The schemas of what refuses."""
    _, schemas = models_json_schema(
        [(Problem, "serialization"), (Unready, "serialization")], ref_template="#/components/schemas/{model}"
    )
    defined: dict[str, Any] = schemas["$defs"]
    return defined


def _complete(route: str, operation: dict[str, Any]) -> None:
    name = operation["operationId"]
    _say(operation)
    operation["security"] = asked_of_keys(route)
    if route.startswith(READING):  # the dependency of a router is one of all its routes
        _without(operation, "idempotency-key")
    operation["responses"] |= ALSO.get(name, {})
    operation["responses"] = refusals(route, operation)
    if name in EXAMPLES:
        body = operation["requestBody"]["content"][JSON]
        body["examples"] = {title: {"value": value} for title, value in EXAMPLES[name].items()}
    if name in ANSWERS:
        _answered(operation)["content"][JSON]["example"] = ANSWERS[name]
    if name == "search_by_words":
        for each in operation["parameters"]:
            if each["name"] in WORDS:
                each["example"] = WORDS[each["name"]]


def _answered(operation: Mapping[str, Any]) -> dict[str, Any]:
    """The answer of an operation where nothing is amiss."""
    return next(each for status, each in operation["responses"].items() if status in ("200", "202"))


def _without(operation: dict[str, Any], name: str) -> None:
    operation["parameters"] = [each for each in operation.get("parameters", ()) if each["name"] != name]


def _nodes(found: Any) -> Iterator[dict[str, Any]]:
    """Every object within a document."""
    if isinstance(found, dict):
        yield found
    for each in found.values() if isinstance(found, dict) else found if isinstance(found, list) else ():
        yield from _nodes(each)


def _simplify(schema: dict[str, Any]) -> None:
    """Say it as client generators read it.

    A file is binary, so many of one kind are an array of these, and a property needs no title beside its name.
    """
    if schema.get("contentMediaType") == "application/octet-stream":
        schema["format"] = "binary"
    if each := _alike(schema.get("prefixItems")):
        del schema["prefixItems"]
        schema["items"] = each
    properties = schema.get("properties")
    for name, each in properties.items() if isinstance(properties, dict) else ():
        if each.get("title") == name.replace("_", " ").title():
            del each["title"]


def _alike(items: object) -> dict[str, Any] | None:
    """What each entry of a list of so many is, where they are all the same."""
    return items[0] if isinstance(items, list) and items and all(each == items[0] for each in items) else None


def _say(operation: dict[str, Any]) -> None:
    """A summary in words, which is the first sentence of what is said, instead of a function's name in capitals."""
    first, _, rest = operation.pop("description").partition("\n")
    operation["summary"] = first.strip().removesuffix(".")
    if rest.strip():
        operation["description"] = rest.strip()

"""What the service says of its operations: what they take and what they answer, as OpenAPI has it."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

Schema = Mapping[str, Any]
FORM, JSON = "multipart/form-data", "application/json"
READ = ("title", "description", "default", "examples", "format", "pattern", "additionalProperties", "required")
BOUNDS = re.compile("(exclusive)?(min|max).*|multipleOf", re.IGNORECASE)


class Description:
    """An OpenAPI document, by operations such as `GET /v1/jobs/{job_id}`."""

    def __init__(self, document: Schema) -> None:
        self.components: Schema = document["components"]["schemas"]
        self.operations: Mapping[str, Schema] = {
            f"{method.upper()} {path}": operation
            for path, methods in document["paths"].items()
            for method, operation in methods.items()
        }

    def operation(self, method: str, address: str) -> str:
        """The name of that which answers at an address: the one with the fewest braces."""
        fits = [each for each in self.operations if re.fullmatch(_pattern(each), f"{method} {address}")]
        return min(fits, key=lambda each: each.count("{"), default=f"{method} {address}: none")

    def taken(self, name: str) -> set[str]:
        """Every parameter, condition, field of a form and key of a body, as `query k`, `header If-Match`, `body k`."""
        operation = self.operations[name]
        found = {
            f"{each['in']} {each['name'].lower()}" for each in operation.get("parameters", ()) if each["in"] != "path"
        }
        bodies = operation.get("requestBody", {}).get("content", {})
        return found | {f"body {key}" for each in bodies.values() for key in self._keys(each["schema"])}

    def answered(self, name: str) -> Iterator[Schema]:
        """The schema of each of its answers in JSON that is no refusal."""
        for status, response in self.operations[name]["responses"].items():
            if status.startswith("2") and (schema := response.get("content", {}).get(JSON, {}).get("schema")):
                yield schema

    def _keys(self, schema: Schema) -> Iterator[str]:
        schema = self.components[schema["$ref"].rsplit("/", 1)[1]] if "$ref" in schema else schema
        for each in schema.get("anyOf", ()):
            yield from self._keys(each)
        yield from schema.get("properties", {})


def bare(schema: Any, parts: Schema) -> Any:
    """A schema written out, without references and without what only people read or what only checks requests.

    Which fields are always there stays.
    """
    if isinstance(schema, list):
        return [bare(each, parts) for each in schema]
    if not isinstance(schema, Mapping):
        return schema
    if "$ref" in schema:
        return bare(parts[schema["$ref"].rsplit("/", 1)[1]], parts)
    kept = {key: value for key, value in schema.items() if key not in READ and not BOUNDS.fullmatch(key)}
    if "properties" in kept:
        fields = {key: bare(value, parts) for key, value in schema["properties"].items()}
        return {"fields": fields, "required": sorted(schema.get("required", ()))}
    if "prefixItems" in kept:  # of so many of one kind, which the service calls a list of these
        first, *others = kept.pop("prefixItems")
        assert all(each == first for each in others)
        kept["items"] = first
    if schema.get("additionalProperties"):
        kept["additionalProperties"] = schema["additionalProperties"]
    return {key: bare(value, parts) for key, value in kept.items()}


def differences(ours: Any, theirs: Any, *, at: str = "") -> Iterator[str]:
    """Where two bare schemas say different things, and what; the client may get along without what is always sent."""
    if isinstance(ours, Mapping) and isinstance(theirs, Mapping):
        if needed := sorted(set(ours.get("required", ())) - set(theirs.get("required", ()))):
            yield f"{at}: the client needs {needed}, which the service may leave out"
        for key in sorted((ours.keys() | theirs.keys()) - {"required"}):
            yield from differences(ours.get(key, "nothing"), theirs.get(key, "nothing"), at=f"{at}.{key}")
    elif isinstance(ours, list) and isinstance(theirs, list) and len(ours) == len(theirs):
        for place, (one, other) in enumerate(zip(ours, theirs, strict=True)):
            yield from differences(one, other, at=f"{at}[{place}]")
    elif ours != theirs:
        yield f"{at}: the client says {ours}, the service {theirs}"


def _pattern(operation: str) -> str:
    return re.sub(r"\\{[^}]*\\}", "[^/]+", re.escape(operation))

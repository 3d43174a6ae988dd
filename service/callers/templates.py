"""Which row of the table of scopes a request meets, told before anything of it is read."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

from starlette.types import Scope as Connection

from service.callers.scopes import ALSO_AUDITED, READING, Scope

ANYTHING_BELOW = "{path:path}"


@dataclass(frozen=True, slots=True)
class Row:
    """A route, by method and template, and what it asks of a key; None: nothing."""

    route: str
    scope: Scope | None

    @property
    def is_audited(self) -> bool:
        """Whether it is written down that it was asked for, and by whom."""
        is_admins = self.scope == "admin" and self.route.partition(" ")[0] not in READING
        return is_admins or self.route in ALSO_AUDITED

    @property
    def is_of_gallery(self) -> bool:
        """Whether its address names a gallery."""
        return "/{gallery}" in self.route


@dataclass(frozen=True, slots=True)
class Met:
    """The row that a request meets, and the gallery that its address names, if any."""

    row: Row
    gallery: str | None


def template_of(scope: Connection) -> str | None:
    """The template of a request's address: what the door found, or for a route of no table its own path.

    The `path` of a route whose router is within another lacks what that one puts before it.
    """
    found = scope.get("state", {}).get("template") or getattr(scope.get("route"), "path", None)
    return None if found is None else str(found)


class Templates:
    """Routes by the parts of their templates: a literal part before one that stands for anything but a slash."""

    def __init__(self, scopes: Mapping[str, Scope | None]) -> None:
        self._rows: dict[tuple[str, int], list[tuple[tuple[str, ...], Row]]] = defaultdict(list)
        self._below: list[tuple[str, str, Row]] = []
        for route, scope in scopes.items():
            method, _, template = route.partition(" ")
            if template.endswith(ANYTHING_BELOW):
                self._below.append((method, template.removesuffix(ANYTHING_BELOW), Row(route, scope)))
                continue
            parts = tuple(template.split("/"))
            self._rows[method, len(parts)].append((parts, Row(route, scope)))
        for rows in self._rows.values():
            rows.sort(key=lambda row: [part.startswith("{") for part in row[0]])

    def met(self, method: str, path: str) -> Met | None:
        """The row of a request, None where there is none; a HEAD is as its GET."""
        method = "GET" if method == "HEAD" else method
        found = path.split("/")
        for parts, row in self._rows.get((method, len(found)), ()):
            if all(part == own or (part and own[:1] == "{") for part, own in zip(found, parts, strict=True)):
                return Met(row, found[parts.index("{gallery}")] if row.is_of_gallery else None)
        for own, start, row in self._below:
            if method == own and path.startswith(start):
                return Met(row, None)
        return None

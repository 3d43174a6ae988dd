"""Which row of the table of scopes a request meets, told before anything of it is read."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from starlette.types import Scope as Connection

from service.callers.scopes import ALSO_AUDITED, READING, Scope

ANYTHING_BELOW = "{path:path}"
GALLERY = "{gallery}"


@dataclass(frozen=True, slots=True)
class Row:
    """A route, by method and template, and what it asks of a key; None: nothing.

    `is_audited`: whether it is written down that it was asked for, and by whom. `gallery_at`: which part of its
    address names a gallery.
    """

    method: str
    template: str
    scope: Scope | None
    is_audited: bool
    gallery_at: int | None

    @classmethod
    def of(cls, route: str, scope: Scope | None) -> "Row":
        """As the table has it."""
        method, _, template = route.partition(" ")
        parts, is_admins = template.split("/"), scope == "admin" and method not in READING
        return cls(
            method,
            template,
            scope,
            is_audited=is_admins or route in ALSO_AUDITED,
            gallery_at=parts.index(GALLERY) if GALLERY in parts else None,
        )


@dataclass(frozen=True, slots=True)
class Met:
    """The row that a request meets, and the gallery that its address names, if any."""

    row: Row
    gallery: str | None


@dataclass(slots=True)
class _Place:
    """What may follow the first parts of an address, and the rows that end here, by method."""

    named: dict[str, "_Place"] = field(default_factory=dict)
    any: "_Place | None" = None
    rows: dict[str, Row] = field(default_factory=dict)

    def put(self, parts: Sequence[str], row: Row) -> None:
        if not parts:
            self.rows[row.method] = row
        elif parts[0].startswith("{"):
            self.any = self.any or _Place()
            self.any.put(parts[1:], row)
        else:
            self.named.setdefault(parts[0], _Place()).put(parts[1:], row)

    def find(self, method: str, parts: Sequence[str], at: int) -> Row | None:
        """The row of the parts from there on; what a template names goes before what stands for any."""
        if at == len(parts):
            return self.rows.get(method)
        part = parts[at]
        place = self.named.get(part)
        if place is not None and (found := place.find(method, parts, at + 1)) is not None:
            return found
        return self.any.find(method, parts, at + 1) if self.any is not None and part else None


def template_of(scope: Connection) -> str | None:
    """The template of a request's address: what the door found, or for a route of no table its own path.

    The `path` of a route whose router is within another lacks what that one puts before it.
    """
    found = scope.get("state", {}).get("template") or getattr(scope.get("route"), "path", None)
    return None if found is None else str(found)


class Templates:
    """Routes by the parts of their templates: a literal part before one that stands for anything but a slash."""

    def __init__(self, scopes: Mapping[str, Scope | None]) -> None:
        self._first, self._below = _Place(), list[tuple[str, Row]]()
        for row in (Row.of(route, scope) for route, scope in scopes.items()):
            if row.template.endswith(ANYTHING_BELOW):
                self._below.append((row.template.removesuffix(ANYTHING_BELOW), row))
            else:
                self._first.put(row.template.split("/"), row)

    def met(self, method: str, path: str) -> Met | None:
        """The row of a request, None where there is none; a HEAD is as its GET."""
        method = "GET" if method == "HEAD" else method
        parts = path.split("/")
        if (row := self._first.find(method, parts, 0)) is not None:
            return Met(row, None if row.gallery_at is None else parts[row.gallery_at])
        return next(
            (Met(row, None) for start, row in self._below if row.method == method and path.startswith(start)), None
        )

"""What narrows a search over HTTP: what a hit is, and which clips may be found."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any

from fastapi import Form, Query
from pydantic import AwareDatetime, Field, TypeAdapter, ValidationError

from index.filters import Condition, Filter, Operator, Plain
from index.searching import Counted
from models.errors import QueryInvalid
from service.schemas import Frozen

BY: dict[str, Any] = {"description": "What a hit is: a window, or a clip by its best window."}
LABEL: dict[str, Any] = {"description": "Only clips with one of these labels, repeated for each."}
WHERE: dict[str, Any] = {"description": "Only clips whose metadata meets these conditions, a JSON list."}
FROM: dict[str, Any] = {"description": "Only clips added since; RFC 3339, or seconds since the epoch."}
TO: dict[str, Any] = {"description": "Only clips added before."}
AMONG: dict[str, Any] = {"description": "Only the clips of these ids, repeated for each."}
EXAMPLE = '[{"path": ["year"], "is": "lt", "value": 2000}]'


class ConditionBody(Frozen):
    """What must hold of the value under a path of the metadata: see index.filters.Condition."""

    path: tuple[str, ...]
    is_: Annotated[Operator, Field(alias="is")]
    value: Plain | tuple[Plain, ...]


class ClipsBody(Frozen):
    """Which clips are meant, as a part of a JSON body: all of them where it says nothing."""

    label: Annotated[tuple[str, ...], Field(**LABEL)] = ()
    where: Annotated[tuple[ConditionBody, ...], Field(**WHERE)] = ()
    added_from: Annotated[AwareDatetime | None, Field(**FROM)] = None
    added_to: Annotated[AwareDatetime | None, Field(**TO)] = None
    among: Annotated[tuple[str, ...] | None, Field(**AMONG)] = None

    def filter(self) -> Filter | None:
        """The same, checked, None for all; raises QueryInvalid."""
        found = Filter(
            labels_any=self.label,
            metadata=tuple(Condition(each.path, each.is_, each.value) for each in self.where),
            added_from=_seconds(self.added_from),
            added_to=_seconds(self.added_to),
            clip_ids=self.among,
        )
        return None if found == Filter() else found


class FilterBody(ClipsBody):
    """All that narrows a search, as a part of a JSON body."""

    by: Annotated[Counted, Field(**BY)] = "window"

    def narrowing(self) -> "Narrowing":
        """The same, checked; raises QueryInvalid."""
        return Narrowing(self.by, self.filter())


@dataclass(frozen=True, slots=True)
class Narrowing:
    """What a hit is, and which clips may be found; None for all."""

    by: Counted = "window"
    among: Filter | None = None


EVERYTHING = Narrowing()
CONDITIONS = TypeAdapter(tuple[ConditionBody, ...])


def by_query(
    by: Annotated[Counted, Query(**BY)] = "window",
    label: Annotated[tuple[str, ...], Query(**LABEL)] = (),
    where: Annotated[str, Query(**WHERE)] = "[]",
    added_from: Annotated[AwareDatetime | None, Query(**FROM)] = None,
    added_to: Annotated[AwareDatetime | None, Query(**TO)] = None,
    among: Annotated[tuple[str, ...], Query(**AMONG)] = (),
) -> Narrowing:
    """As the parameters of an address say; raises QueryInvalid."""
    return _narrowing(by, label, where, (added_from, added_to), among)


def by_form(
    by: Annotated[Counted, Form(**BY)] = "window",
    label: Annotated[tuple[str, ...], Form(**LABEL)] = (),
    where: Annotated[str, Form(**WHERE)] = "[]",
    added_from: Annotated[AwareDatetime | None, Form(**FROM)] = None,
    added_to: Annotated[AwareDatetime | None, Form(**TO)] = None,
    among: Annotated[tuple[str, ...], Form(**AMONG)] = (),
) -> Narrowing:
    """As the fields of a form say; raises QueryInvalid."""
    return _narrowing(by, label, where, (added_from, added_to), among)


def _narrowing(
    by: Counted,
    label: tuple[str, ...],
    where: str,
    added: tuple[datetime | None, datetime | None],
    among: tuple[str, ...],
) -> Narrowing:
    """An address cannot ask for no clips at all: no ids are all."""
    conditions = _conditions(where)
    return FilterBody(
        by=by, label=label, where=conditions, added_from=added[0], added_to=added[1], among=among or None
    ).narrowing()


def _conditions(text: str) -> tuple[ConditionBody, ...]:
    try:
        return CONDITIONS.validate_json(text)
    except ValidationError as error:
        fault = error.errors(include_url=False, include_input=False)[0]["msg"]
        raise QueryInvalid(f"where: found {text[:80]!r} ({fault}), expected a JSON list such as {EXAMPLE}") from error


def _seconds(moment: datetime | None) -> float | None:
    return None if moment is None else moment.timestamp()

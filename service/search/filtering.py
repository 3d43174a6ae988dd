"""What narrows a search over HTTP: what a hit is, which clips may be found, how many of them and from where on."""

from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any

from fastapi import Depends, Form, Query
from pydantic import AwareDatetime, Field, TypeAdapter, ValidationError

from index.filters import MOST_CLIPS, MOST_CONDITIONS, MOST_VALUES, Condition, Filter, Operator, Plain
from index.metadata import DEEPEST
from index.searching import MOST_HITS, Counted
from models.errors import QueryInvalid
from models.faults import said
from service.schemas import Body

BY: dict[str, Any] = {"description": "What a hit is: a window, or a clip by its best window."}
LABEL: dict[str, Any] = {"description": "Only clips with one of these labels, repeated for each."}
WHERE: dict[str, Any] = {"description": "Only clips whose metadata meets these conditions, a JSON list."}
FROM: dict[str, Any] = {"description": "Only clips added since; RFC 3339, or seconds since the epoch."}
TO: dict[str, Any] = {"description": "Only clips added before."}
MIN_DURATION: dict[str, Any] = {"ge": 0, "le": 1e9, "description": "Only clips that last so many seconds or more."}
MAX_DURATION: dict[str, Any] = {"ge": 0, "le": 1e9, "description": "Only clips that last so many seconds or less."}
AMONG: dict[str, Any] = {"description": "Only the clips of these ids, repeated for each."}
K: dict[str, Any] = {"ge": 1, "le": 100, "description": "How many to answer with, at most."}
OFFSET: dict[str, Any] = {"ge": 0, "lt": MOST_HITS, "description": "How many of the best to pass over."}
MOMENTS: dict[str, Any] = {
    "ge": 0,
    "le": 10,
    "description": "How many further moments of each clip to tell beside its best window, where a hit is a clip.",
}
PAGES: dict[str, Any] = {"description": "Whether to answer with a cursor, which the next hits are asked by."}
EXPLAIN: dict[str, Any] = {"description": "Whether to say of each hit why it was found."}
MIN_SCORE: dict[str, Any] = {"ge": -1e30, "le": 1e30, "description": "Only hits of this score or a higher one."}
MIN_PROBABILITY: dict[str, Any] = {
    "ge": 0,
    "le": 1,
    "description": "Only hits of this probability or a higher one, given that the gallery has what is asked for; "
    "hits of a query that nothing matches are kept out by min_score.",
}
EXAMPLE = '[{"path": ["year"], "is": "lt", "value": 2000}]'


class ConditionBody(Body):
    """What must hold of the value under a path of the metadata: see index.filters.Condition."""

    path: Annotated[tuple[str, ...], Field(max_length=DEEPEST, fail_fast=True)]
    is_: Annotated[Operator, Field(alias="is")]
    value: Plain | Annotated[tuple[Plain, ...], Field(max_length=MOST_VALUES, fail_fast=True)]


class ClipsBody(Body):
    """Which clips are meant, as a part of a JSON body: all of them where it says nothing."""

    label: Annotated[tuple[str, ...], Field(max_length=MOST_VALUES, fail_fast=True, **LABEL)] = ()
    where: Annotated[tuple[ConditionBody, ...], Field(max_length=MOST_CONDITIONS, fail_fast=True, **WHERE)] = ()
    added_from: Annotated[AwareDatetime | None, Field(**FROM)] = None
    added_to: Annotated[AwareDatetime | None, Field(**TO)] = None
    min_duration_s: Annotated[float | None, Field(**MIN_DURATION)] = None
    max_duration_s: Annotated[float | None, Field(**MAX_DURATION)] = None
    among: Annotated[tuple[str, ...] | None, Field(max_length=MOST_CLIPS, fail_fast=True, **AMONG)] = None

    def filter(self) -> Filter | None:
        """The same, checked, None for all; raises QueryInvalid."""
        found = Filter(
            labels_any=self.label,
            metadata=tuple(Condition(each.path, each.is_, each.value) for each in self.where),
            added_from=_seconds(self.added_from),
            added_to=_seconds(self.added_to),
            min_duration_s=self.min_duration_s,
            max_duration_s=self.max_duration_s,
            clip_ids=self.among,
        )
        return None if found == Filter() else found


class FilterBody(ClipsBody):
    """All that narrows a search, as a part of a JSON body."""

    by: Annotated[Counted, Field(**BY)] = "window"
    k: Annotated[int, Field(**K)] = 10
    min_score: Annotated[float | None, Field(**MIN_SCORE)] = None
    min_probability: Annotated[float | None, Field(**MIN_PROBABILITY)] = None
    explain: Annotated[bool, Field(**EXPLAIN)] = False

    def narrowing(self) -> "Narrowing":
        """The same, checked; raises QueryInvalid."""
        least = Least(self.min_score, self.min_probability)
        return Narrowing(self.by, self.filter(), self.k, least=least, explain=self.explain)


@dataclass(frozen=True, slots=True)
class Least:
    """How good a hit has to be: of this score or a higher one, and of this probability; None for any."""

    score: float | None = None
    probability: float | None = None


ANY = Least()


@dataclass(frozen=True, slots=True)
class Narrowing:
    """What a search is asked beside its query; raises QueryInvalid for hits beyond the first 1000, moments of windows.

    Args:
        by: what a hit is.
        among: which clips may be found; None for all.
        k: how many hits at most, after the `offset` best.
        least: how good they have to be.
        explain: whether each hit is told with the reason why it was found.
        pages: whether a cursor is told, by which the search goes on.
        moments: how many further ones are told of each clip, where a hit is one.
    """

    by: Counted = "window"
    among: Filter | None = None
    k: int = 10
    offset: int = 0
    least: Least = ANY
    explain: bool = False
    pages: bool = False
    moments: int = 0

    def __post_init__(self) -> None:
        if self.end > MOST_HITS:
            raise QueryInvalid(
                f"only the first {MOST_HITS} hits of a search are told: offset and k are {self.end} together"
            )
        if self.moments and self.by != "clip":
            raise QueryInvalid("moments: a hit that is a window has no others beside it; ask by clip")

    @property
    def end(self) -> int:
        """The place after the last hit that is asked for."""
        return self.offset + self.k

    @property
    def depth(self) -> int:
        """How many hits to look for: one more, which shows whether any are left."""
        return min(self.end + 1, MOST_HITS)


CONDITIONS = TypeAdapter(Annotated[tuple[ConditionBody, ...], Field(max_length=MOST_CONDITIONS, fail_fast=True)])


Clips = Callable[..., Coroutine[Any, Any, Filter | None]]


def _clips_in(place: Callable[..., Any]) -> Clips:
    async def clips(
        label: Annotated[tuple[str, ...], place(**LABEL)] = (),
        where: Annotated[str, place(**WHERE)] = "[]",
        added_from: Annotated[AwareDatetime | None, place(**FROM)] = None,
        added_to: Annotated[AwareDatetime | None, place(**TO)] = None,
        min_duration_s: Annotated[float | None, place(**MIN_DURATION)] = None,
        max_duration_s: Annotated[float | None, place(**MAX_DURATION)] = None,
        among: Annotated[tuple[str, ...], place(**AMONG)] = (),
    ) -> Filter | None:
        """Which clips are meant, None for all; no ids are all, as nobody asks for no clips. Raises QueryInvalid."""
        met = _conditions(where)
        said = ClipsBody(
            label=label,
            where=met,
            added_from=added_from,
            added_to=added_to,
            min_duration_s=min_duration_s,
            max_duration_s=max_duration_s,
            among=among or None,
        )
        return said.filter()

    return clips


def _narrowing_in(place: Callable[..., Any], clips: Clips) -> Callable[..., Coroutine[Any, Any, Narrowing]]:
    async def narrowing(
        meant: Annotated[Filter | None, Depends(clips)],
        by: Annotated[Counted, place(**BY)] = "window",
        k: Annotated[int, place(**K)] = 10,
        offset: Annotated[int, place(**OFFSET)] = 0,
        min_score: Annotated[float | None, place(**MIN_SCORE)] = None,
        min_probability: Annotated[float | None, place(**MIN_PROBABILITY)] = None,
        explain: Annotated[bool, place(**EXPLAIN)] = False,
        pages: Annotated[bool, place(**PAGES)] = False,
        moments: Annotated[int, place(**MOMENTS)] = 0,
    ) -> Narrowing:
        """What narrows a search; raises QueryInvalid."""
        least = Least(min_score, min_probability)
        return Narrowing(by, meant, k, offset=offset, least=least, explain=explain, pages=pages, moments=moments)

    return narrowing


def _conditions(text: str) -> tuple[ConditionBody, ...]:
    try:
        return CONDITIONS.validate_json(text)
    except ValidationError as error:
        raise QueryInvalid(f"{said(error, of='where')}; a JSON list is such as {EXAMPLE}") from error


def _seconds(moment: datetime | None) -> float | None:
    return None if moment is None else moment.timestamp()


clips_by_query = _clips_in(Query)
by_query, by_form = _narrowing_in(Query, clips_by_query), _narrowing_in(Form, _clips_in(Form))
"""What narrows a search, as the parameters of an address or the fields of a form say."""

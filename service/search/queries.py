"""The shapes of queries that come as JSON: one, several that weigh, examples, many at once."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Annotated

from fastapi import Form
from pydantic import (
    AfterValidator,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    TypeAdapter,
    ValidationError,
    model_validator,
)

from models.bundle.manifest import Channel
from models.errors import QueryInvalid
from models.faults import said
from models.types import Modality
from service.schemas import Body, Text, WindowNumber, few_names
from service.search.filtering import MOMENTS, OFFSET, PAGES, FilterBody, Narrowing

MOST_QUERIES, MOST_TOGETHER, LARGEST, WIDEST = 100, 32, 1e15, 65_536
"""Numbers are at most 1e15 in size, so that the squares of their differences stay within float32."""
LIGHTEST, HEAVIEST = 1e-6, 1e6
LESS = 0.5
"""What all that is not liked weighs together; all that is liked weighs 1, and so does the query."""
LONGEST = 2**22
"""Of a cursor: 97 queries of 1024 numbers each, beside 10,000 ids of clips, have some 800,000 characters."""
OTHER: dict[Channel, Channel] = {"audio": "video", "video": "audio", "av": "av"}
CHANNELS: Mapping[frozenset[Modality], str] = {
    frozenset({"text"}): "text",
    frozenset({"audio"}): "audio",
    frozenset({"video"}): "video",
    frozenset({"audio", "video"}): "av",
}
"""What a route is asked with, by what the features of a query are of."""


def _weighs(weight: float) -> float:
    if LIGHTEST <= abs(weight) <= HEAVIEST:
        return weight
    raise ValueError(f"expected a number from {LIGHTEST:g} to {HEAVIEST:g} in size, below 0 for less like this")


Vector = Annotated[
    tuple[Annotated[float, Field(ge=-LARGEST, le=LARGEST)], ...], Field(min_length=1, max_length=WIDEST, fail_fast=True)
]
ClipId = Annotated[str, StringConstraints(min_length=1, max_length=64)]
CursorText = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]+$", max_length=LONGEST)]
RouteName = Annotated[str, Field(min_length=1, max_length=64)]
Weight = Annotated[float, AfterValidator(_weighs)]
Example = ClipId | Annotated[WindowNumber, Field(strict=True)]
"""A clip by its id, or a window by its number."""
Examples = Annotated[tuple[Example, ...], Field(min_length=1, max_length=MOST_TOGETHER, fail_fast=True)]
QUERIES, WEIGHT = "Further queries, a JSON list.", "How much the clip counts beside further queries."
FURTHER = '[{"text": "bell", "weight": 0.5}]'


class OneBody(Body):
    """One query: words, features as the backbones make them, a vector of the route's space, a stored window or clip."""

    text: Text | None = None
    features: Annotated[dict[Modality, Vector], Field(min_length=1), BeforeValidator(few_names)] | None = None
    vector: Vector | None = None
    window: WindowNumber | None = None
    clip: ClipId | None = None

    @property
    def ones(self) -> dict[str, object]:
        """What it says, by name."""
        told = {name: getattr(self, name) for name in OneBody.model_fields}
        return {name: value for name, value in told.items() if value is not None}


class WeightedBody(OneBody):
    """A query that counts so much among others of one search, below 0 against them; by its own route or theirs."""

    weight: Weight = 1.0
    route: RouteName | None = None

    @model_validator(mode="after")
    def _is_one(self) -> "WeightedBody":
        if len(self.ones) != 1:
            raise ValueError("expected exactly one of text, features, vector, window and clip")
        return self


class QueryBody(OneBody):
    """One query, or several that weigh, and examples of what is liked or not."""

    queries: (
        Annotated[tuple[WeightedBody, ...], Field(min_length=1, max_length=MOST_TOGETHER, fail_fast=True)] | None
    ) = None
    like: Examples | None = None
    unlike: Examples | None = None

    @model_validator(mode="after")
    def _is_one(self) -> "QueryBody":
        told = len(self.ones) + (self.queries is not None)
        if told > 1 or (told == 0 and self.like is None and not self._goes_on):
            raise ValueError("expected exactly one of text, features, vector, window, clip and queries, or like")
        return self

    @property
    def _goes_on(self) -> bool:
        """Whether it is no query by itself, but goes on with one."""
        return False

    def parts(self) -> tuple[WeightedBody, ...]:
        """What it is made of: Rocchio's query plus the mean of what is liked, minus half that of what is not."""
        alone = (WeightedBody.model_validate(self.ones),) if self.ones else ()
        liked, unliked = self.like or (), self.unlike or ()
        return (
            *alone,
            *(self.queries or ()),
            *(_example(each, 1 / len(liked)) for each in liked),
            *(_example(each, -LESS / len(unliked)) for each in unliked),
        )


class RoutedBody(Body):
    """By which route queries are searched for: named, or by what to ask with and what to compare with."""

    model_config = ConfigDict(serialize_by_alias=True)

    route: RouteName | None = None
    from_: Annotated[Channel | None, Field(alias="from")] = None
    to: Channel | None = None

    @model_validator(mode="after")
    def _is_said_once(self) -> "RoutedBody":
        if self.route is not None and (self.from_, self.to) != (None, None):
            raise ValueError("expected route, or from and to")
        return self

    def route_of(self, query: WeightedBody) -> str:
        """The route of one query; raises QueryInvalid where what it is does not say."""
        return query.route or self.route or f"{self._asks(query)}->{self._found}"

    @property
    def _found(self) -> Channel:
        return self.to or (OTHER[self.from_] if self.from_ else "video")

    @property
    def source(self) -> Channel:
        """What clips are asked with."""
        return self.from_ or OTHER[self._found]

    @property
    def route_of_clip(self) -> str:
        """The route of a clip that is uploaded."""
        return self.route or f"{self.source}->{self._found}"

    def _asks(self, query: WeightedBody) -> str:
        if query.text is not None:
            return "text"
        if query.vector is not None:
            raise QueryInvalid("a vector does not say what it was made of: expected a route with it")
        if query.features is None:
            return self.source
        if (found := CHANNELS.get(frozenset(query.features))) is None:
            raise QueryInvalid(f"no route is asked with {', '.join(sorted(query.features))} together")
        return found


BESIDE_A_CURSOR = frozenset({"cursor", "k", "explain", "moments"})


class SearchRequest(QueryBody, RoutedBody, FilterBody):
    """A search: the query, its route, and what narrows it; or the cursor of one, which says all that itself."""

    offset: Annotated[int, Field(**OFFSET)] = 0
    pages: Annotated[bool, Field(**PAGES)] = False
    moments: Annotated[int, Field(**MOMENTS)] = 0
    cursor: CursorText | None = None

    @model_validator(mode="after")
    def _says_nothing_beside_a_cursor(self) -> "SearchRequest":
        if self._goes_on and (odd := self.model_fields_set - BESIDE_A_CURSOR):
            raise ValueError(
                f"expected nothing beside a cursor but k, explain and moments, found {', '.join(sorted(odd))}"
            )
        return self

    def narrowing(self) -> Narrowing:
        """As any, and from where on; raises QueryInvalid."""
        return replace(super().narrowing(), offset=self.offset, pages=self.pages, moments=self.moments)

    @property
    def _goes_on(self) -> bool:
        return self.cursor is not None


class BatchRequest(RoutedBody, FilterBody):
    """Queries that are searched for alike, each for itself."""

    queries: Annotated[tuple[QueryBody, ...], Field(min_length=1, max_length=MOST_QUERIES, fail_fast=True)]


FURTHER_QUERIES = TypeAdapter(Annotated[tuple[WeightedBody, ...], Field(max_length=MOST_TOGETHER, fail_fast=True)])


@dataclass(frozen=True, slots=True)
class Weighs:
    """What an uploaded clip weighs among further queries of the same search."""

    clip: float = 1.0
    further: tuple[WeightedBody, ...] = ()


async def by_weight(
    weight: Annotated[Weight, Form(description=WEIGHT)] = 1.0,
    queries: Annotated[str, Form(description=QUERIES)] = "[]",
) -> Weighs:
    """As the fields of a form say; raises QueryInvalid."""
    try:
        return Weighs(weight, FURTHER_QUERIES.validate_json(queries))
    except ValidationError as error:
        raise QueryInvalid(f"{said(error, of='queries')}; a JSON list is such as {FURTHER}") from error


def _example(of: Example, weight: float) -> WeightedBody:
    return WeightedBody(clip=of, weight=weight) if isinstance(of, str) else WeightedBody(window=of, weight=weight)

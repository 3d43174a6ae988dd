"""The shapes of queries that come as JSON, many at once."""

from typing import Annotated

from pydantic import Field, model_validator

from models.types import Modality
from service.filtering import FilterBody
from service.schemas import Frozen, Number, Text

MOST_QUERIES, LARGEST, WIDEST = 100, 1e15, 65_536
"""Numbers are at most 1e15 in size, so that the squares of their differences stay within float32."""
Vector = Annotated[tuple[Annotated[float, Field(ge=-LARGEST, le=LARGEST)], ...], Field(min_length=1, max_length=WIDEST)]


class QueryBody(Frozen):
    """One query: words, features as the backbones make them, a vector of the route's space, or a stored window."""

    text: Text | None = None
    features: dict[Modality, Vector] | None = None
    vector: Vector | None = None
    window: Number | None = None

    @model_validator(mode="after")
    def _is_one(self) -> "QueryBody":
        if len(self.model_fields_set) != 1 or None in (getattr(self, each) for each in self.model_fields_set):
            raise ValueError("expected exactly one of text, features, vector and window")
        return self


class BatchRequest(FilterBody):
    """Queries of one route that are searched for alike."""

    route: Annotated[str, Field(min_length=1, max_length=64)]
    queries: Annotated[tuple[QueryBody, ...], Field(min_length=1, max_length=MOST_QUERIES)]
    k: Annotated[int, Field(ge=1, le=100)] = 10

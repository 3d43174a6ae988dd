"""What the shapes of all rooms are made of; each has its own beside it, and sightsound/*answers.py the clients'."""

from collections.abc import Iterable
from functools import cache
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    model_validator,
)
from pydantic_core import PydanticCustomError

from models.types import Absence, Sense

Document = dict[str, Any]
"""What JSON calls an object: how jobs' requests, plans and results are kept."""
UNREADABLE = "\ufffd"  # what bytes that are not UTF-8 become
LONGEST_TEXT, MOST_NAMES = 500, 100


class Frozen(BaseModel):
    """A value that checks itself on construction and refuses keys it does not know."""

    model_config = ConfigDict(frozen=True, extra="forbid")


def few_names(given: object) -> object:
    """What comes for an object, unless it has more names than any: each could be a fault to be told."""
    if isinstance(given, dict) and len(given) > MOST_NAMES:
        raise ValueError(f"expected an object of at most {MOST_NAMES} names, this one has {len(given)}")
    return given


class Body(Frozen):
    """What comes as JSON, as a whole or a part of it."""

    @model_validator(mode="before")
    @classmethod
    def _has_known_names(cls, given: object) -> object:
        """What comes; names that are not known are refused together, beside those that are."""
        few_names(given)
        if isinstance(given, dict) and (odd := [each for each in given if each not in _names(cls)]):
            raise _unknown(odd, _names(cls))
        return given


@cache
def _names(body: type[Body]) -> frozenset[str]:
    return frozenset(field.alias or name for name, field in body.model_fields.items())


def _unknown(odd: Iterable[str], known: Iterable[str]) -> PydanticCustomError:
    names = sorted(known)
    return PydanticCustomError(
        "unknown_names", "expected names of {names}", {"odd": [*odd], "known": names, "names": ", ".join(names)}
    )


def _readable(text: str) -> str:
    """The text, if there is something in it to see."""
    if any(each.isprintable() and not each.isspace() and each != UNREADABLE for each in text):
        return text
    raise ValueError("expected at least 1 character that can be seen, in UTF-8")


Text = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=LONGEST_TEXT), AfterValidator(_readable)
]
Number = Annotated[int, Field(ge=1, le=2**31 - 1)]
"""Of a generation or an evaluation, as the catalog counts them."""
WindowNumber = Annotated[int, Field(ge=1, le=2**53 - 1)]
"""Of a window: up to the largest number that all readers of JSON tell from the next."""
Cursor = Annotated[str, StringConstraints(pattern=r"^[0-9]{1,16}$")]
HOW_MANY = {"ge": 1, "le": 100, "description": "How many to answer with, at most."}


class Clip(Frozen):
    """A file with sound, pictures or both, and where to fetch it."""

    id: str
    name: str
    labels: tuple[str, ...]
    media: str
    media_type: str
    duration_s: float


class Window(Frozen):
    """A stretch of a clip, `[start_s, end_s)` in seconds."""

    start_s: float
    end_s: float


class ClipWindow(Window):
    """A window of a clip, and of each sense that it lacks, why."""

    absent: dict[Sense, Absence]

"""The shapes of generations, and of what switches between them."""

from typing import Literal

from pydantic import AwareDatetime, JsonValue

from models.hubness import RouteBias
from service.schemas import Body, Frozen, Number


class RollbackRequest(Body):
    """Which generation to answer with again, the last one before by default; nothing where not `expected` is active."""

    to: Number | None = None
    expected: Number | None = None


class Generation(Frozen):
    """A gallery as embedded by one bundle."""

    gallery: str
    generation: int
    bundle: str
    windows: int
    took_ms: float


class GenerationDetail(Frozen):
    """A generation that is kept, or being built; `report` says how it was built and verified, `biases` are by route."""

    number: int
    bundle: str
    state: Literal["building", "ready"]
    active: bool
    made_at: AwareDatetime
    biases: dict[str, RouteBias]
    report: dict[str, JsonValue]


class GenerationList(Frozen):
    """The generations of a gallery, the oldest first."""

    generations: tuple[GenerationDetail, ...]


class ActivateRequest(Body):
    """Which generation the caller takes for the active one: another one is a conflict."""

    expected: Number

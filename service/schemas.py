"""The shapes of requests and answers; sightsound/answers.py has their twins for clients."""

import re
from typing import Annotated, Literal

from fastapi import Form, Query
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints

from models.bundle.manifest import Channel
from models.types import Sense

NUMBER = re.compile(r"-?\d{1,9}(\.\d{1,9})?")


class Frozen(BaseModel):
    """A value that checks itself on construction and refuses keys it does not know."""

    model_config = ConfigDict(frozen=True, extra="forbid")


def _calibration(value: str) -> str:
    if value in ("on", "off") or NUMBER.fullmatch(value):
        return value
    raise ValueError("expected on, off or a number")


Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=500)]
Calibration = Annotated[str, AfterValidator(_calibration)]
ClassNames = Annotated[tuple[Annotated[str, StringConstraints(max_length=20_000)], ...], Field(max_length=1000)]
HOW_MANY = {"ge": 1, "le": 100, "description": "How many to answer with, at most."}
KQuery = Annotated[int, Query(**HOW_MANY)]
KForm = Annotated[int, Form(**HOW_MANY)]


class Fault(Frozen):
    """One parameter that does not hold."""

    parameter: str
    found: str
    expected: str


class Problem(Frozen):
    """Why a request was refused (RFC 9457); `faults` lists the parameters where those are to blame."""

    type: str = Field(description="An address that explains this kind of problem.")
    title: str
    status: int
    detail: str
    instance: str
    faults: tuple[Fault, ...] | None = None


class ProblemKind(Frozen):
    """A kind of problem, explained."""

    type: str
    title: str
    status: int
    advice: str


class Clip(Frozen):
    """A file with sound, pictures or both, and where to fetch it."""

    id: str
    name: str
    labels: tuple[str, ...]
    media: str
    media_type: str


class Window(Frozen):
    """A stretch of a clip, `[start_s, end_s)` in seconds."""

    start_s: float
    end_s: float


class ClipDetail(Clip):
    """A clip with all that is known of it; its `windows` are what is found."""

    duration_s: float
    size_bytes: int
    sha256: str
    senses: tuple[Sense, ...]
    windows: tuple[Window, ...]


class Hit(Frozen):
    """A window of a clip and how near it is to the query; higher is nearer."""

    score: float
    clip: Clip
    window: Window


class SearchAnswer(Frozen):
    """What was found, best first."""

    gallery: str
    route: str
    bundle: str
    took_ms: float
    hits: tuple[Hit, ...]


class RankedClass(Frozen):
    """A class, its calibrated score, and the part that each modality has in it."""

    name: str
    score: float
    seen: bool
    parts: dict[Sense, float]


class ClassifyAnswer(Frozen):
    """What a clip shows, best first."""

    gallery: str
    route: str
    bundle: str
    took_ms: float
    channel: Channel
    decided_by: Sense | None
    beta: float
    classes: tuple[RankedClass, ...]


class GallerySummary(Frozen):
    """What a gallery holds and can answer."""

    name: str
    clips: int
    windows: int
    bundle: str
    generation: int
    routes: tuple[str, ...]
    labels: dict[str, int]


class GalleryList(Frozen):
    """All galleries."""

    galleries: tuple[GallerySummary, ...]


class ReindexRequest(Frozen):
    """Which bundle to embed a gallery with; its own by default."""

    bundle: str | None = None


class Generation(Frozen):
    """A gallery as embedded by one bundle."""

    gallery: str
    generation: int
    bundle: str
    windows: int
    took_ms: float


class BundleSummary(Frozen):
    """A trained method that galleries can be embedded with."""

    name: str
    method: str
    routes: tuple[str, ...]
    trained_on: str
    evaluation: dict[str, float]


class BundleList(Frozen):
    """All bundles."""

    bundles: tuple[BundleSummary, ...]


class Health(Frozen):
    """That the service lives, or is ready."""

    status: Literal["alive", "ready"]

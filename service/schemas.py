"""The shapes of requests and answers; sightsound/*answers.py have their twins for clients."""

import re
from typing import Annotated, Literal

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, JsonValue, StringConstraints

from index.reindexing import Rules
from index.verification import TOLERANCE
from models.bundle.manifest import Channel
from models.hubness import RouteBias
from models.types import Absence, Sense

NUMBER = re.compile(r"-?\d{1,9}(\.\d{1,9})?")
UNREADABLE = "\ufffd"  # what bytes that are not UTF-8 become
MOST_CLASSES, LONGEST_TEXT = 1000, 500


class Frozen(BaseModel):
    """A value that checks itself on construction and refuses keys it does not know."""

    model_config = ConfigDict(frozen=True, extra="forbid")


def _calibration(value: str) -> str:
    if value in ("on", "off") or NUMBER.fullmatch(value):
        return value
    raise ValueError("expected on, off or a number")


def _readable(text: str) -> str:
    """The text, if there is something in it to see."""
    if any(each.isprintable() and not each.isspace() and each != UNREADABLE for each in text):
        return text
    raise ValueError("expected at least 1 character that can be seen, in UTF-8")


def _class_names(given: tuple[str, ...]) -> tuple[str, ...]:
    """Class names one by one, from fields that may each have several, separated by commas."""
    names = tuple(name for each in given for name in each.split(","))
    if len(names) > MOST_CLASSES or any(len(name) > LONGEST_TEXT for name in names):
        longest = max(map(len, names))
        raise ValueError(
            f"expected at most {MOST_CLASSES} names of {LONGEST_TEXT} characters, these are {len(names)} of {longest}"
        )
    return names


Text = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=LONGEST_TEXT), AfterValidator(_readable)
]
Calibration = Annotated[str, AfterValidator(_calibration)]
ClassNames = Annotated[tuple[str, ...], AfterValidator(_class_names)]
Number = Annotated[int, Field(ge=1, le=2**31 - 1)]
"""Of a generation, a window or an evaluation, as the catalog counts them."""
Cursor = Annotated[str, StringConstraints(pattern=r"^[0-9]{1,10}$")]
HOW_MANY = {"ge": 1, "le": 100, "description": "How many to answer with, at most."}


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


class ClipWindow(Window):
    """A window of a clip, and of each sense that it lacks, why."""

    absent: dict[Sense, Absence]


class ClipDetail(Clip):
    """A clip with all that is known of it; its `windows` are what is found, `absent` what all of them lack, and why."""

    duration_s: float
    size_bytes: int
    sha256: str
    senses: tuple[Sense, ...]
    absent: dict[Sense, Absence]
    windows: tuple[ClipWindow, ...]
    metadata: dict[str, JsonValue]
    added_at: AwareDatetime


class Waveform(Frozen):
    """The shape of a clip's sound: the lowest and highest sample, in [-1, 1], of each `step_s` of its `duration_s`."""

    step_s: float
    duration_s: float
    peaks: tuple[tuple[float, float], ...]


class ClipPage(Frozen):
    """Some clips in the order they were added; `next` is the cursor of those after them, null after the last."""

    clips: tuple[ClipDetail, ...]
    next: str | None


class GallerySummary(Frozen):
    """What a gallery holds and can answer."""

    name: str
    clips: int
    windows: int
    bundle: str
    generation: int
    routes: tuple[str, ...]
    channels: tuple[Channel, ...]
    labels: dict[str, int]


class GalleryList(Frozen):
    """All galleries."""

    galleries: tuple[GallerySummary, ...]


class ReindexRequest(Frozen):
    """Which bundle to embed a gallery with, its own by default, and how much worse it may find; `force`: by any.

    `biases` are by route, "chosen" for what the gallery's own labels choose; by default those that there are.
    Where another generation than `expected` is active, nothing is done.
    """

    bundle: Annotated[str, Field(min_length=1)] | None = None
    tolerance: Annotated[float, Field(ge=0, le=1)] = TOLERANCE
    force: bool = False
    biases: Annotated[dict[str, RouteBias | Literal["chosen"]] | None, Field(max_length=100)] = None
    expected: Number | None = None

    def rules(self, kept: int) -> Rules:
        """What the new generation must keep to, where so many are kept."""
        return Rules(tolerance=None if self.force else self.tolerance, kept=kept)


class RollbackRequest(Frozen):
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

"""What the service answers, as the client hands it on; docs/http-api.md says what each field means."""

from typing import Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, JsonValue

Sense = Literal["audio", "video"]
Absence = Literal["missing", "silent", "damaged"]
Channel = Literal["audio", "video", "av"]


class Answer(BaseModel):
    """A frozen part of an answer; fields that a newer service adds are passed over."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class Fault(Answer):
    """One parameter that does not hold."""

    parameter: str
    found: str
    expected: str


class Problem(Answer):
    """Why a request was refused (RFC 9457)."""

    type: str
    title: str
    status: int
    detail: str
    instance: str
    faults: tuple[Fault, ...] | None = None


class Clip(Answer):
    """A file with sound, pictures or both, and where to fetch it."""

    id: str
    name: str
    labels: tuple[str, ...]
    media: str
    media_type: str


class Window(Answer):
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


class Waveform(Answer):
    """The shape of a clip's sound: the lowest and highest sample, in [-1, 1], of each `step_s` of its `duration_s`."""

    step_s: float
    duration_s: float
    peaks: tuple[tuple[float, float], ...]


class ClipPage(Answer):
    """Some clips in the order they were added; `next` is the cursor of those after them, null after the last."""

    clips: tuple[ClipDetail, ...]
    next: str | None


class Hit(Answer):
    """A window of a clip and how near it is to the query; higher is nearer."""

    score: float
    clip: Clip
    window: ClipWindow
    window_id: int


class SearchAnswer(Answer):
    """What was found, best first."""

    gallery: str
    route: str
    bundle: str
    took_ms: float
    hits: tuple[Hit, ...]


class BatchAnswer(Answer):
    """What was found for each query of a batch, in their order; best first."""

    gallery: str
    route: str
    bundle: str
    took_ms: float
    answers: tuple[tuple[Hit, ...], ...]


class RankedClass(Answer):
    """A class, its calibrated score, and the part that each modality has in it."""

    name: str
    score: float
    seen: bool
    parts: dict[Sense, float]


class ClassifyAnswer(Answer):
    """What a clip shows, best first."""

    gallery: str
    route: str
    bundle: str
    took_ms: float
    channel: Channel
    decided_by: Sense | None
    beta: float
    classes: tuple[RankedClass, ...]


class GallerySummary(Answer):
    """What a gallery holds and can answer."""

    name: str
    clips: int
    windows: int
    bundle: str
    generation: int
    routes: tuple[str, ...]
    channels: tuple[Channel, ...]
    labels: dict[str, int]


class GalleryList(Answer):
    """All galleries."""

    galleries: tuple[GallerySummary, ...]


class Generation(Answer):
    """A gallery as embedded by one bundle."""

    gallery: str
    generation: int
    bundle: str
    windows: int
    took_ms: float


class RouteBias(Answer):
    """What a route takes off the scores of clips that are near to every query, and of those of seen classes."""

    alpha: float = 0.0
    neighbours: int = 10
    seen: float = 0.0


class GenerationDetail(Answer):
    """A generation that is kept, or being built; `report` says how it was built and verified, `biases` are by route."""

    number: int
    bundle: str
    state: Literal["building", "ready"]
    active: bool
    made_at: AwareDatetime
    biases: dict[str, RouteBias]
    report: dict[str, JsonValue]


class GenerationList(Answer):
    """The generations of a gallery, the oldest first."""

    generations: tuple[GenerationDetail, ...]


class BundleSummary(Answer):
    """A trained method that galleries can be embedded with."""

    name: str
    method: str
    routes: tuple[str, ...]
    trained_on: str
    evaluation: dict[str, float]


class BundleList(Answer):
    """All bundles."""

    bundles: tuple[BundleSummary, ...]

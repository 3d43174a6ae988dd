"""What the service answers about galleries and their generations; docs/galleries.md says what each field means."""

from typing import Literal

from pydantic import AwareDatetime, JsonValue

from sightsound.answers import Answer, Channel, Sense, Tagged


class GallerySummary(Tagged):
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


class Finding(Answer):
    """Something that is not as it should be: in which part of the data folder, where, what is there and what should."""

    what: str
    where: str
    found: str
    expected: str


class Verification(Answer):
    """All that is not as it should be; nothing where the gallery is whole."""

    findings: tuple[Finding, ...]


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


class GenerationDetail(Tagged):
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


class FeatureStatistics(Answer):
    """The stored features of one sense by one backbone: how many windows have them, of what width."""

    sense: Sense
    backbone_sha256: str
    width: int
    windows: int


class GenerationStatistics(Answer):
    """A generation of a gallery."""

    number: int
    bundle: str
    state: str
    made_at: AwareDatetime


class GalleryStatistics(Answer):
    """How much a gallery holds; `media_bytes` are those of its clips, which other galleries may have too."""

    name: str
    bundle: str
    generation: int
    clips: int
    windows: int
    media_bytes: int
    features: tuple[FeatureStatistics, ...]
    labels: dict[str, int]
    generations: tuple[GenerationStatistics, ...]

"""What the service answers about itself; docs/observability.md says what each field means."""

from collections.abc import Mapping
from typing import Literal

from pydantic import AwareDatetime

from sightsound.answers import Answer
from sightsound.choices import Kind, State


class LatencyNow(Answer):
    """Of the latest so many, at most 1024: durations that half, nine in ten and all but one in a hundred stay below."""

    count: int
    p50_ms: float
    p90_ms: float
    p99_ms: float


class RecallNow(Answer):
    """The mean recall at 10 of live searches against exact ones, of the last hour; 1 of none where it is exact."""

    value: float
    samples: int
    age_s: float | None


class RouteNow(Answer):
    """The vectors that a route searches, and how well; `built_recall` is what was measured when they were indexed."""

    route: str
    kind: str
    vectors: int
    size_bytes: int
    built_recall: float | None
    recall: RecallNow | None


class GalleryNow(Answer):
    """A gallery in numbers."""

    name: str
    bundle: str
    generation: int
    clips: int
    windows: int
    routes: tuple[RouteNow, ...]


class LaneNow(Answer):
    """Whose turn it is: how many are answered and wait, of how many that may, and how many were since the start."""

    running: int
    at_once: int
    waiting: int
    most_waiting: int
    taken: int
    refused: int


class CacheNow(Answer):
    """How often it was asked, by where what was asked for was found."""

    found: Mapping[str, int]


class RoomNow(Answer):
    """Bytes in use; of a limit, where there is one."""

    taken_bytes: int
    limit_bytes: int


class DeviceNow(Answer):
    """The setting `device`, and the cores of this process."""

    name: str
    cores: int


class Status(Answer):
    """How the service does."""

    version: str
    started_at: AwareDatetime
    uptime_s: float
    in_progress: int
    galleries: tuple[GalleryNow, ...]
    jobs: Mapping[Kind, Mapping[State, int]]
    lanes: Mapping[str, LaneNow]
    batches: Mapping[int, int]
    stages: Mapping[str, LatencyNow]
    routes: Mapping[str, LatencyNow]
    errors: Mapping[str, int]
    decodes: Mapping[str, int]
    caches: Mapping[str, CacheNow]
    spool: RoomNow
    known_features: RoomNow
    data_free_bytes: int
    device: DeviceNow


class Part(Answer):
    """A part of the service as it was tried: what it took, and of one that failed, why."""

    name: str
    gallery: str | None = None
    state: Literal["ok", "failed"]
    took_ms: float
    detail: str | None = None


class Readiness(Answer):
    """That the service can answer, and its parts as they were tried, for those who may administer."""

    status: Literal["ready"] = "ready"
    parts: tuple[Part, ...] | None = None

"""The shape of what `/v1/status` answers."""

from collections.abc import Mapping

from pydantic import AwareDatetime

from service.jobs.job_schemas import Kind, State
from service.schemas import Frozen


class LatencyNow(Frozen):
    """Of the latest so many, at most 1024: durations that half, nine in ten and all but one in a hundred stay below."""

    count: int
    p50_ms: float
    p90_ms: float
    p99_ms: float


class RecallNow(Frozen):
    """The mean recall at 10 of live searches against exact ones, of the last hour; 1 of none where it is exact."""

    value: float
    samples: int
    age_s: float | None


class RouteNow(Frozen):
    """The vectors that a route searches, and how well; `built_recall` is what was measured when they were indexed."""

    route: str
    kind: str
    vectors: int
    size_bytes: int
    built_recall: float | None
    recall: RecallNow | None


class GalleryNow(Frozen):
    """A gallery in numbers."""

    name: str
    bundle: str
    generation: int
    clips: int
    windows: int
    routes: tuple[RouteNow, ...]


class LaneNow(Frozen):
    """Whose turn it is: how many are answered and wait, of how many that may, and how many were since the start."""

    running: int
    at_once: int
    waiting: int
    most_waiting: int
    taken: int
    refused: int


class CacheNow(Frozen):
    """How often it was asked, by where what was asked for was found."""

    found: Mapping[str, int]


class RoomNow(Frozen):
    """Bytes in use; of a limit, where there is one."""

    taken_bytes: int
    limit_bytes: int


class DeviceNow(Frozen):
    """The setting `device`, and the cores of this process."""

    name: str
    cores: int


class Status(Frozen):
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

"""Which clips are taken, and what reading and showing them may cost."""

from dataclasses import replace
from math import ceil
from typing import Annotated, Self

from pydantic import AfterValidator, Field, PositiveFloat, PositiveInt, model_validator

from models.errors import SettingsInvalid
from models.media.limits import CODECS, CONTAINERS, Limits, check_known
from service.settings.topic import Names, Topic, Workers

PREVIEW_THREADS = 4
"""Two decode, two encode."""


def _known_containers(names: tuple[str, ...]) -> tuple[str, ...]:
    check_known("containers", names, known=tuple(CONTAINERS))
    return names


def _known_codecs(names: tuple[str, ...]) -> tuple[str, ...]:
    check_known("codecs", names, known=CODECS)
    return names


class ClipSettings(Topic):
    """Which clips are taken, and what reading and showing them may cost."""

    upload_limit_bytes: PositiveInt = 100 * 2**20
    """The largest request body."""
    upload_wall_s: PositiveFloat = 600.0
    """How long a request's body may take to come."""
    spool_limit_bytes: PositiveInt = 2 * 2**30
    """What all uploads together may take while they wait."""
    clip_limit_s: PositiveFloat = 300.0
    """The longest uploaded clip, in seconds."""
    clip_limit_pixels: PositiveInt = 3840 * 2160
    """The largest picture of an uploaded clip."""
    clip_limit_still_pixels: PositiveInt = 8192 * 8192
    """The largest uploaded image."""
    clip_limit_total_pixels: PositiveInt = 40 * 10**9
    """The pixels of all pictures of an uploaded clip together."""
    clip_limit_frame_rate: PositiveFloat = 1000.0
    """The most pictures a second."""
    clip_limit_sample_rate: PositiveInt = 192_000
    """The most samples of sound a second."""
    clip_limit_channels: PositiveInt = 24
    """The most channels of sound."""
    clip_limit_streams: Annotated[int, Field(gt=0, le=1000)] = 64
    """The most streams of every kind."""
    clip_containers: Annotated[Names, AfterValidator(_known_containers)] = tuple(CONTAINERS)
    """The containers that are accepted, separated by commas."""
    clip_codecs: Annotated[Names, AfterValidator(_known_codecs)] = CODECS
    """The codecs that are accepted, separated by commas."""
    decode_workers: Workers = 2
    """How many clips are decoded at once."""
    decode_wall_s: PositiveFloat = 60.0
    """How long decoding one clip may take, by the clock and of processors."""
    decode_memory_bytes: PositiveInt = 2**30
    """The memory that decoding one clip may take."""
    preview_workers: Workers = 1
    """How many previews are made at once."""
    derived_limit_bytes: PositiveInt = 2 * 2**30
    """The room for thumbnails, waveforms and previews; the least recently used go."""

    @property
    def limits(self) -> Limits:
        """What decoding one clip may take."""
        return Limits(
            size_bytes=self.upload_limit_bytes,
            duration_s=self.clip_limit_s,
            pixels=self.clip_limit_pixels,
            still_pixels=self.clip_limit_still_pixels,
            total_pixels=self.clip_limit_total_pixels,
            frame_rate=self.clip_limit_frame_rate,
            sample_rate=self.clip_limit_sample_rate,
            channels=self.clip_limit_channels,
            streams=self.clip_limit_streams,
            containers=self.clip_containers,
            codecs=self.clip_codecs,
            wall_s=self.decode_wall_s,
            cpu_s=ceil(self.decode_wall_s),
            memory_bytes=self.decode_memory_bytes,
        )

    @property
    def preview_limits(self) -> Limits:
        """What making one preview may take: as long as the longest clip plays, all its threads at work."""
        wall_s = max(self.clip_limit_s, self.decode_wall_s)
        return replace(self.limits, wall_s=wall_s, cpu_s=ceil(PREVIEW_THREADS * wall_s))

    @model_validator(mode="after")
    def _uploads_fit_the_spool(self) -> Self:
        if self.spool_limit_bytes < self.upload_limit_bytes:
            raise SettingsInvalid(
                f"spool_limit_bytes is {self.spool_limit_bytes}, expected room for one upload, which may have "
                f"{self.upload_limit_bytes} bytes (upload_limit_bytes)"
            )
        return self

"""What a gallery holds and finds: clips, hits, stored features."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePath

from index.metadata import Json
from models.bundle.manifest import Channel
from models.types import F32, I64, Sense, Window

MEDIA_TYPES = {
    ".3gp": "video/3gpp",
    ".aac": "audio/aac",
    ".aif": "audio/aiff",
    ".aiff": "audio/aiff",
    ".avi": "video/x-msvideo",
    ".flac": "audio/flac",
    ".flv": "video/x-flv",
    ".m4a": "audio/mp4",
    ".m4v": "video/mp4",
    ".mkv": "video/x-matroska",
    ".mov": "video/quicktime",
    ".mp3": "audio/mpeg",
    ".mp4": "video/mp4",
    ".mpeg": "video/mpeg",
    ".mpg": "video/mpeg",
    ".oga": "audio/ogg",
    ".ogg": "audio/ogg",
    ".ogv": "video/ogg",
    ".opus": "audio/ogg",
    ".ts": "video/mp2t",
    ".wav": "audio/wav",
    ".webm": "video/webm",
    ".wma": "audio/x-ms-wma",
    ".wmv": "video/x-ms-wmv",
}


def media_type(name: str) -> str:
    """The media type of a file by its name; plain bytes when it is not one of media."""
    return MEDIA_TYPES.get(PurePath(name).suffix.lower(), "application/octet-stream")


@dataclass(frozen=True, slots=True)
class Clip:
    """A file in a gallery. `id` is the first half of its `sha256`: the same bytes are the same clip.

    `metadata` is free JSON, `added_at` the seconds since the epoch when it came.
    """

    id: str
    name: str
    labels: tuple[str, ...]
    media_type: str
    size_bytes: int
    sha256: str
    duration_s: float
    windows: tuple[Window, ...]
    senses: frozenset[Sense]
    metadata: Mapping[str, Json]
    added_at: float


@dataclass(frozen=True, slots=True)
class Hit:
    """A window of a clip that was found, with its score: higher is better, comparable within one answer."""

    clip_id: str
    name: str
    labels: tuple[str, ...]
    window: Window
    window_id: int
    score: float
    media_type: str


@dataclass(frozen=True, slots=True)
class GallerySummary:
    """A gallery in numbers.

    `labels` counts clips by label, `routes` are those that can be searched, `channels` what clips can be classified by.
    """

    name: str
    bundle: str
    generation: int
    clips: int
    windows: int
    labels: Mapping[str, int]
    routes: tuple[str, ...]
    channels: tuple[Channel, ...]


@dataclass(frozen=True, slots=True)
class StoredFeatures:
    """What is stored of the windows that have all the senses asked for, in the order they were added.

    Args:
        windows: [n] their ids.
        clip_ids: [n] the clip of each window.
        labels: [n] its labels.
        features: [n, width] for each sense, float32 of the float16 that is stored.
    """

    windows: I64
    clip_ids: tuple[str, ...]
    labels: tuple[tuple[str, ...], ...]
    features: Mapping[Sense, F32]

    def only(self, rows: Sequence[int]) -> "StoredFeatures":
        """Of these rows, in their order."""
        return StoredFeatures(
            windows=self.windows[list(rows)],
            clip_ids=tuple(self.clip_ids[row] for row in rows),
            labels=tuple(self.labels[row] for row in rows),
            features={sense: each[list(rows)] for sense, each in self.features.items()},
        )

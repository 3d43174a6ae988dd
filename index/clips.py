"""What a gallery holds and finds: clips, hits, stored features."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import NamedTuple

from index.metadata import Json
from models.bundle.manifest import Channel
from models.types import F32, I64, Absence, Sense, Window

TELLING: tuple[Absence, ...] = ("damaged", "silent", "missing")
Absent = Mapping[Sense, Absence]
"""Of each sense that a window lacks, why."""


def noted(absent: Iterable[Absent]) -> tuple[Absent, ...]:
    """What each window lacks, as `Clip.absent` says it."""
    found = tuple(dict(each) for each in absent)
    return found if any(found) else ()


@dataclass(frozen=True, slots=True)
class Clip:
    """A file in a gallery. `id` is the first half of its `sha256`: the same bytes are the same clip.

    `metadata` is free JSON, `added_at` the seconds since the epoch when it came. `absent` says of every window what it
    lacks and why, as far as that is known; it is empty where no window lacks anything.
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
    absent: tuple[Absent, ...] = ()

    @property
    def absent_of_all(self) -> tuple[Absent, ...]:
        """What each of its windows lacks."""
        return self.absent or tuple({} for _ in self.windows)

    @property
    def lacks(self) -> Absent:
        """What all its windows lack, and why: of differing reasons damage says most, and then silence."""
        found: dict[Sense, list[Absence]] = {}
        for each in self.absent:
            for sense, why in each.items():
                found.setdefault(sense, []).append(why)
        whole = {sense: reasons for sense, reasons in found.items() if len(reasons) == len(self.windows)}
        return {sense: min(reasons, key=TELLING.index) for sense, reasons in sorted(whole.items())}


class Hit(NamedTuple):  # which is made in a quarter of a frozen dataclass's time
    """A window of a clip that was found, what it lacks, and its score: higher is better, comparable in one answer."""

    clip_id: str
    name: str
    labels: tuple[str, ...]
    window: Window
    window_id: int
    score: float
    media_type: str
    duration_s: float
    absent: Absent = MappingProxyType({})


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

"""The shapes of clips, and of what changes them."""

from typing import Annotated

from pydantic import AwareDatetime, Field, JsonValue

from models.types import Absence, Sense
from service.schemas import Body, Clip, ClipWindow, Frozen, Text

MOST_AT_ONCE = 1000


class ClipDetail(Clip):
    """A clip with all that is known of it; its `windows` are what is found, `absent` what all of them lack, and why."""

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


class ClipPatch(Body):
    """What to say anew of a clip, as a JSON merge patch: what is not in it stays, a null takes away."""

    name: Text = "unchanged"
    labels: Annotated[tuple[Text, ...] | None, Field(max_length=MOST_AT_ONCE, fail_fast=True)] = None
    metadata: dict[str, JsonValue] | None = None


class ClipsToRemove(Body):
    """Clips that are to go, all at once."""

    ids: Annotated[
        tuple[Annotated[str, Field(max_length=64)], ...], Field(min_length=1, max_length=MOST_AT_ONCE, fail_fast=True)
    ]


class ClipsRemoved(Frozen):
    """Which of them are gone now, and which were not there."""

    removed: tuple[str, ...]
    missing: tuple[str, ...]

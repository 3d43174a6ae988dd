"""What the service answers about clips, and its refusals; docs/galleries.md says what each field means.

What it answers about other things is in the files beside this one.
"""

from typing import Any, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, JsonValue

Sense = Literal["audio", "video"]
Modality = Literal["audio", "video", "text"]
Absence = Literal["missing", "silent", "damaged"]
Channel = Literal["audio", "video", "av"]


class Answer(BaseModel):
    """A frozen part of an answer; fields that a newer service adds are passed over."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class Tagged(Answer):
    """An answer that is asked for by itself, as it is at one moment, which its `etag` names.

    To be sent as `if_match` by who changes the thing only as they have seen it. Two that say the same are the same.
    """

    _etag: str | None = None

    @property
    def etag(self) -> str | None:
        """None where it came as a part of another answer."""
        return self._etag

    def __eq__(self, other: Any) -> bool:
        return type(self) is type(other) and self.__dict__ == other.__dict__


class Kept(Tagged):
    """A thing that was put somewhere; `is_new` where it was not there before."""

    _is_new: bool | None = None

    @property
    def is_new(self) -> bool | None:
        """None where nobody has just put it there."""
        return self._is_new


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
    duration_s: float


class Window(Answer):
    """A stretch of a clip, `[start_s, end_s)` in seconds."""

    start_s: float
    end_s: float


class ClipWindow(Window):
    """A window of a clip, and of each sense that it lacks, why."""

    absent: dict[Sense, Absence]


class ClipDetail(Clip, Kept):
    """A clip with all that is known of it; its `windows` are what is found, `absent` what all of them lack, and why."""

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


class ClipsRemoved(Answer):
    """Which clips are gone now, and which were not there."""

    removed: tuple[str, ...]
    missing: tuple[str, ...]

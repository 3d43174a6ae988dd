"""What an archive says of a gallery, of its clips and of their features, in one form only."""

import json
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal, TypeVar

import numpy as np
from pydantic import AfterValidator, ConfigDict, Field, ValidationError, model_validator

from index.adding import ID_DIGITS
from index.catalog.features import HALF
from index.clips import Clip, noted
from index.corrections import NONE, Corrections
from index.metadata import Json, checked
from index.wording import LONGEST
from models.bundle.manifest import BUNDLE_NAME, Frozen
from models.errors import ArchiveInvalid, InvalidInput
from models.media.names import MEDIA_TYPES
from models.types import Absence, Bool, Sense, Window

FORMAT: Literal[1] = 1
HEAD, CLIPS, SUMS = "gallery.json", "clips.jsonl", "SHA256SUMS"
LARGEST_HEAD_BYTES = 64 * 1024
LONGEST_LINE_BYTES = 4 * 1024 * 1024
"""Of one clip: 50,000 windows."""
WIDEST = 65_536
MOST_KINDS = 64
EXACT = 2**63
SERVED = frozenset([*MEDIA_TYPES.values(), "application/octet-stream"])
"""The media types that a clip may have: others, such as a page, would be shown as what they say they are."""

Media = Literal["included", "left out"]
Told = TypeVar("Told", bound=Frozen)


def _words(text: str) -> str:
    if not text.isprintable() or text != text.strip():
        raise ValueError("expected printable characters without spaces around them")
    return text


def _json(metadata: dict[str, Any]) -> dict[str, Any]:
    try:
        return checked(metadata)
    except InvalidInput as error:
        raise ValueError(str(error)) from error


Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
Words = Annotated[str, Field(min_length=1, max_length=LONGEST), AfterValidator(_words)]
Count = Annotated[int, Field(ge=0)]
Moment = Annotated[float, Field(allow_inf_nan=False)]
Seconds = Annotated[float, Field(ge=0, allow_inf_nan=False)]


class Strict(Frozen):
    """A value in which a number is no text and a text no number."""

    model_config = ConfigDict(strict=True)


class BundleRef(Strict):
    """The bundle that embeds the gallery."""

    name: str = Field(pattern=BUNDLE_NAME)
    sha256: Sha256


class FeatureKind(Strict):
    """The features of one sense by one backbone, `count` rows of `width` float16, little-endian."""

    sense: Sense
    backbone_sha256: Sha256
    width: int = Field(gt=0, le=WIDEST)
    count: int = Field(gt=0)

    @property
    def member(self) -> str:
        """The name of the member that holds them."""
        return f"features/{self.sense}-{self.backbone_sha256}.f16"

    @property
    def row_bytes(self) -> int:
        """Of one window."""
        return 2 * self.width


class Head(Strict):
    """`gallery.json`: whose archive this is, and what must be in it."""

    format: Literal[1] = FORMAT
    gallery: str = Field(pattern=BUNDLE_NAME)
    bundle: BundleRef
    biases: Corrections = Field(default=NONE, exclude_if=lambda biases: biases == NONE)
    clips: Count
    windows: Count
    features: tuple[FeatureKind, ...] = Field(max_length=MOST_KINDS)
    media: Media

    @model_validator(mode="after")
    def _features_are_in_order(self) -> "Head":
        names = [each.member for each in self.features]
        if names != sorted(set(names)):
            raise ValueError("features must be those of different senses or backbones, in order of both")
        return self


class WindowLine(Strict):
    """A window, the features it has, as places in the head's list, and what it lacks and why, as far as is known."""

    start_s: Seconds
    end_s: Seconds
    features: tuple[Count, ...] = Field(max_length=MOST_KINDS)
    absent: dict[Sense, Absence] = Field(default={}, exclude_if=lambda absent: not absent)

    @model_validator(mode="after")
    def _is_a_window(self) -> "WindowLine":
        Window(self.start_s, self.end_s)
        if list(self.features) != sorted(set(self.features)):
            raise ValueError("the places of a window's features must ascend")
        return self


class ClipLine(Strict):
    """A line of `clips.jsonl`: everything that the catalog has of a clip but its id there."""

    id: str
    name: Words
    labels: tuple[Words, ...]
    media_type: str
    size_bytes: Count
    sha256: Sha256
    duration_s: Seconds
    windows: tuple[WindowLine, ...]
    metadata: Annotated[dict[str, Any], AfterValidator(_json)]
    added_at: Moment

    @model_validator(mode="after")
    def _holds_together(self) -> "ClipLine":
        if self.id != self.sha256[:ID_DIGITS]:
            raise ValueError(f"id: expected {self.sha256[:ID_DIGITS]}, the first digits of the sha256")
        if len(set(self.labels)) < len(self.labels):
            raise ValueError("labels: the same one is there twice")
        if self.media_type not in SERVED:
            raise ValueError(f"media_type: {self.media_type[:80]!r} is none that a clip has")
        return self

    @classmethod
    def of(cls, clip: Clip, windows: Sequence[tuple[int, ...]]) -> "ClipLine":
        """A clip, with the places of the features of each of its windows."""
        return cls(
            id=clip.id,
            name=clip.name,
            labels=clip.labels,
            media_type=clip.media_type,
            size_bytes=clip.size_bytes,
            sha256=clip.sha256,
            duration_s=clip.duration_s,
            windows=tuple(
                WindowLine(start_s=window.start_s, end_s=window.end_s, features=places, absent=dict(absent))
                for window, places, absent in zip(clip.windows, windows, clip.absent_of_all, strict=True)
            ),
            metadata={key: _same_everywhere(value) for key, value in clip.metadata.items()},
            added_at=clip.added_at,
        )

    def clip(self, kinds: Sequence[FeatureKind]) -> Clip:
        """The clip that this is of."""
        return Clip(
            id=self.id,
            name=self.name,
            labels=self.labels,
            media_type=self.media_type,
            size_bytes=self.size_bytes,
            sha256=self.sha256,
            duration_s=self.duration_s,
            windows=tuple(Window(each.start_s, each.end_s) for each in self.windows),
            senses=frozenset(kinds[place].sense for each in self.windows for place in each.features),
            metadata=self.metadata,
            added_at=self.added_at,
            absent=noted(each.absent for each in self.windows),
        )


def rendered(told: Frozen) -> bytes:
    """The one way to write it: keys in order, no spaces, one line."""
    written = json.dumps(told.model_dump(), ensure_ascii=False, allow_nan=False, sort_keys=True, separators=(",", ":"))
    return written.encode() + b"\n"


def parsed(kind: type[Told], line: bytes, *, where: str) -> Told:
    """What a line says; raises ArchiveInvalid, naming where, for anything that `rendered` would not have written."""
    try:
        told = kind.model_validate_json(line)
        canonical = rendered(told)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        place = ".".join(map(str, first["loc"]))
        raise ArchiveInvalid(f"{where}: {place + ': ' if place else ''}{first['msg']}") from error
    except (ValueError, RecursionError) as error:
        raise ArchiveInvalid(f"{where}: {error}") from error
    if canonical != line:
        raise ArchiveInvalid(f"{where}: not written as an export writes it")
    return told


def sums(digests: Mapping[str, str]) -> bytes:
    """`SHA256SUMS` as `sha256sum --check` reads it; media are not in it, as their names are their sums."""
    return "".join(f"{digest}  {name}\n" for name, digest in digests.items()).encode()


def media_member(sha256: str) -> str:
    """The name of the member that holds these bytes."""
    return f"media/{sha256}"


def finite_rows(block: bytes, width: int) -> Bool:
    """[b] which of the features [b, width] in a block hold neither NaN nor infinity."""
    finite: Bool = np.isfinite(np.frombuffer(block, HALF).reshape(-1, width))
    return np.asarray(finite.all(axis=1))


def _same_everywhere(value: Json) -> Json:
    """Metadata as both databases give it back: PostgreSQL has one kind of number, and no zero below zero."""
    if isinstance(value, dict):
        return {key: _same_everywhere(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_same_everywhere(each) for each in value]
    if isinstance(value, bool) or not isinstance(value, int | float):
        return value
    return _same_number(value)


def _same_number(value: int | float) -> int | float:
    if abs(value) >= EXACT and value != -EXACT:
        return float(value)
    if isinstance(value, float) and abs(value) >= 1e16:
        return int(value)
    return value + 0.0 if value == 0 and isinstance(value, float) else value

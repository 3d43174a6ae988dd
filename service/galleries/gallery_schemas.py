"""The shapes of what galleries and their clips are made, changed and counted by."""

from typing import Annotated

from pydantic import AwareDatetime, Field, JsonValue

from models.types import Sense
from service.schemas import Frozen, Number, Text

MOST_AT_ONCE = 1000


class GalleryRequest(Frozen):
    """A new gallery, and the bundle that embeds it."""

    name: Annotated[str, Field(min_length=1, max_length=64)]
    bundle: Annotated[str, Field(min_length=1, max_length=64)]


class FeatureStatistics(Frozen):
    """The stored features of one sense by one backbone: how many windows have them, of what width."""

    sense: Sense
    backbone_sha256: str
    width: int
    windows: int


class GenerationStatistics(Frozen):
    """A generation of a gallery."""

    number: int
    bundle: str
    state: str
    made_at: AwareDatetime


class GalleryStatistics(Frozen):
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


class ClipPatch(Frozen):
    """What to say anew of a clip, as a JSON merge patch: what is not in it stays, a null takes away."""

    name: Text = "unchanged"
    labels: Annotated[tuple[Text, ...] | None, Field(max_length=MOST_AT_ONCE, fail_fast=True)] = None
    metadata: dict[str, JsonValue] | None = None


class ClipsToRemove(Frozen):
    """Clips that are to go, all at once."""

    ids: Annotated[
        tuple[Annotated[str, Field(max_length=64)], ...], Field(min_length=1, max_length=MOST_AT_ONCE, fail_fast=True)
    ]


class ClipsRemoved(Frozen):
    """Which of them are gone now, and which were not there."""

    removed: tuple[str, ...]
    missing: tuple[str, ...]


class ActivateRequest(Frozen):
    """Which generation the caller takes for the active one: another one is a conflict."""

    expected: Number

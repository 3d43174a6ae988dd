"""The shapes of what galleries and their clips are made, changed and counted by."""

from typing import Annotated

from pydantic import Field

from models.bundle.manifest import Channel
from service.schemas import Body, Frozen


class GalleryRequest(Body):
    """A new gallery, and the bundle that embeds it."""

    name: Annotated[str, Field(min_length=1, max_length=64)]
    bundle: Annotated[str, Field(min_length=1, max_length=64)]


class GallerySummary(Frozen):
    """What a gallery holds and can answer."""

    name: str
    clips: int
    windows: int
    bundle: str
    generation: int
    routes: tuple[str, ...]
    channels: tuple[Channel, ...]
    labels: dict[str, int]


class Finding(Frozen):
    """Something that is not as it should be: in which part of the data folder, where, what is there and what should."""

    what: str
    where: str
    found: str
    expected: str


class Verification(Frozen):
    """All that is not as it should be; nothing where the gallery is whole."""

    findings: tuple[Finding, ...]


class GalleryList(Frozen):
    """All galleries."""

    galleries: tuple[GallerySummary, ...]

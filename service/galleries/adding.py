"""Clips that come over HTTP, put into a gallery."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from fastapi import Depends, Form, UploadFile
from pydantic import JsonValue, TypeAdapter, ValidationError

from index.clips import Clip
from models.errors import QueryInvalid
from service.encoding.knowing import known
from service.incoming.uploads import file_name, received_clip
from service.resources import Resources
from service.schemas import Text

METADATA = TypeAdapter(dict[str, JsonValue])


@dataclass(frozen=True, slots=True)
class Arrival:
    """An uploaded clip, and what is said of it."""

    path: Path
    name: str
    labels: tuple[str, ...]
    metadata: Mapping[str, JsonValue]


@dataclass(frozen=True, slots=True)
class Added:
    """A clip that is in the gallery, and whether it came just now."""

    clip: Clip
    is_new: bool


def arrival(
    path: Annotated[Path, Depends(received_clip)],
    file: UploadFile,
    labels: Annotated[tuple[Text, ...], Form(description="What it shows, repeated for each.")] = (),
    metadata: Annotated[str, Form(description="A JSON object of what else is to be known of it.")] = "{}",
) -> Arrival:
    """As a form says; raises QueryInvalid."""
    try:
        return Arrival(path, file_name(file), labels, METADATA.validate_json(metadata))
    except ValidationError as error:
        raise QueryInvalid(f"metadata: found {metadata[:80]!r}, expected a JSON object") from error


def add(resources: Resources, gallery: str, arrived: Arrival) -> Added:
    """The clip, which is found from now on; the same bytes are the same clip.

    Raises:
        GalleryNotFound, MediaInvalid, TooLarge, DecodeOverrun.
        InvalidInput: a long name or label, or odd metadata.
    """
    there = resources.galleries.get(gallery)
    if (found := known(there, arrived.path)) is not None:
        return Added(found, is_new=False)
    active = there.active
    features = resources.encoders.extractor(active.bundle.manifest).extract(arrived.path)
    clip = there.add(
        arrived.path,
        name=arrived.name,
        labels=arrived.labels,
        features=features,
        metadata=arrived.metadata,
        generation=active,
        extractor=resources.encoders.extracting,
    )
    return Added(clip, is_new=True)

"""Galleries in numbers, from the catalog alone: no vector is read or made."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from index.catalog import clips, galleries, walking
from index.catalog.galleries import GenerationRow
from index.moments import moment
from index.stores import Stores
from models.types import Sense


@dataclass(frozen=True, slots=True)
class FeatureStatistics:
    """The stored features of one sense by one backbone: how many windows have them, of what width."""

    sense: Sense
    backbone_sha256: str
    width: int
    windows: int


@dataclass(frozen=True, slots=True)
class GenerationStatistics:
    """A generation of a gallery."""

    number: int
    bundle: str
    state: str
    made_at: datetime


@dataclass(frozen=True, slots=True)
class GalleryStatistics:
    """A gallery: how much it holds, by what it is embedded now, and the generations it has.

    `media_bytes` are those of its clips, which other galleries may have too; `labels` counts clips by label.
    """

    name: str
    bundle: str
    generation: int
    clips: int
    windows: int
    media_bytes: int
    features: tuple[FeatureStatistics, ...]
    labels: Mapping[str, int]
    generations: tuple[GenerationStatistics, ...]


def statistics(stores: Stores, name: str) -> GalleryStatistics:
    """The gallery of that name; raises GalleryNotFound, naming those there are."""
    with stores.database.reading() as connection:
        row = galleries.get(connection, name)
        return GalleryStatistics(
            name=name,
            bundle=row.bundle.name,
            generation=row.generation,
            clips=clips.count(connection, row.key),
            windows=clips.window_count(connection, row.key),
            media_bytes=walking.media_bytes(connection, row.key),
            features=tuple(
                FeatureStatistics(*each.source, each.longest // 2, each.count)
                for each in walking.kept(connection, row.key)
            ),
            labels=clips.label_counts(connection, row.key),
            generations=tuple(_generation(each) for each in galleries.generations_of(connection, row.key)),
        )


def names(stores: Stores) -> list[str]:
    """The galleries there are."""
    with stores.database.reading() as connection:
        return galleries.names(connection)


def _generation(row: GenerationRow) -> GenerationStatistics:
    return GenerationStatistics(row.number, row.bundle.name, row.state, moment(row.made_at))

"""Rows of galleries and their generations."""

import secrets
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

from sqlalchemy import ColumnElement, Connection, bindparam, delete, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from index.catalog import changes
from index.catalog.schema import bundles, galleries, generations
from index.metadata import Json
from models.errors import Conflict, GalleryNotFound

FIRST = 1
MOST_KEYS = 2**31 - 1
NOTHING: Mapping[str, Json] = MappingProxyType({})
State = Literal["building", "ready"]


@dataclass(frozen=True, slots=True)
class BundleRow:
    """A bundle by its name and the sha256 of its manifest, which tells two bundles of one name apart."""

    name: str
    sha256: str


@dataclass(frozen=True, slots=True)
class GalleryRow:
    """A gallery with its one active generation, the bundle and biases of that, and how often it was built anew."""

    key: int
    name: str
    generation: int
    bundle: BundleRow
    built: int
    biases: Mapping[str, Json]


@dataclass(frozen=True, slots=True)
class GalleryState:
    """The position of its last change, the generation that answers, and how often its vectors were built anew."""

    position: int
    generation: int
    built: int


@dataclass(frozen=True, slots=True)
class GenerationRow:
    """A generation; `made_at` in seconds since the epoch, `report` says how it was verified.

    `biases` say which routes are corrected, as JSON of `index.corrections`.
    """

    number: int
    bundle: BundleRow
    state: State
    made_at: float
    report: Mapping[str, Json]
    biases: Mapping[str, Json]


def names(connection: Connection) -> list[str]:
    """The galleries there are, in order of their names."""
    return list(connection.execute(select(galleries.c.name).order_by(galleries.c.name)).scalars())


def create(connection: Connection, name: str, bundle: BundleRow, *, biases: Mapping[str, Json] = NOTHING) -> int:
    """The key of a new gallery with its first generation; raises Conflict when there is one of that name."""
    if name in names(connection):
        raise Conflict(f"there is a gallery {name!r} already")
    key = secrets.randbelow(MOST_KEYS) + 1  # at random: who has a deleted gallery open must not meet another one
    try:
        connection.execute(insert(galleries).values(id=key, name=name, active_generation=FIRST))
    except IntegrityError as error:  # another process made it just now
        raise Conflict(f"there is a gallery {name!r} already") from error
    _insert_generation(connection, key, FIRST, bundle=bundle, state="ready", biases=dict(biases))
    return key


def find(connection: Connection, name: str) -> tuple[int, GalleryState]:
    """The key of the gallery of that name, which no other ever had, and where it is now.

    Raises GalleryNotFound, naming those there are.
    """
    row = connection.execute(FOUND, {"name": name}).one_or_none()
    if row is None:
        raise _not_found(connection, name)
    return row[0], GalleryState(*row[1:])


def key(connection: Connection, name: str) -> int:
    """As `find`, without where it is."""
    return find(connection, name)[0]


def get(connection: Connection, name: str) -> GalleryRow:
    """The gallery of that name; raises GalleryNotFound, which knows those there are."""
    joined = galleries.join(
        generations,
        (generations.c.gallery_id == galleries.c.id) & (generations.c.number == galleries.c.active_generation),
    ).join(bundles, bundles.c.id == generations.c.bundle_id)
    of_gallery = galleries.c.id, galleries.c.built, generations.c.number, generations.c.biases
    query = select(*of_gallery, bundles.c.name, bundles.c.sha256).select_from(joined)
    row = connection.execute(query.where(galleries.c.name == name)).one_or_none()
    if row is None:
        raise _not_found(connection, name)
    key, built, number, biases, bundle, sha256 = row
    return GalleryRow(key, name, number, BundleRow(bundle, sha256), built, biases)


def drop(connection: Connection, gallery: int) -> None:
    """Forget a gallery with all that belongs to it."""
    connection.execute(delete(galleries).where(galleries.c.id == gallery))


WHERE_IT_IS = (galleries.c.position, galleries.c.active_generation, galleries.c.built)
"""The columns of a GalleryState."""
FOUND = select(galleries.c.id, *WHERE_IT_IS).where(galleries.c.name == bindparam("name"))
STATE = select(*WHERE_IT_IS).where(galleries.c.id == bindparam("gallery"))
"""Built once, as every search asks it."""


def state(connection: Connection, gallery: int) -> GalleryState:
    """Where a gallery is now; raises GalleryNotFound where it is no more."""
    row = connection.execute(STATE, {"gallery": gallery}).one_or_none()
    if row is None:
        raise _gone()
    return GalleryState(*row)


def record_built(connection: Connection, gallery: int) -> int:
    """Count that the vectors of the active generation were built anew; returns how often they were by now.

    Raises GalleryNotFound where the gallery is no more.
    """
    raised = update(galleries).where(galleries.c.id == gallery).values(built=galleries.c.built + 1)
    built: int | None = connection.execute(raised.returning(galleries.c.built)).scalar_one_or_none()
    if built is None:
        raise _gone()
    return built


def generations_of(connection: Connection, gallery: int) -> list[GenerationRow]:
    """The generations of a gallery, oldest first."""
    columns = (generations.c.number, bundles.c.name, bundles.c.sha256)
    told = (generations.c.state, generations.c.made_at, generations.c.report, generations.c.biases)
    query = select(*columns, *told).join(bundles).where(generations.c.gallery_id == gallery)
    rows = connection.execute(query.order_by(generations.c.number))
    return [GenerationRow(row.number, BundleRow(row.name, row.sha256), *row[3:]) for row in rows]


def numbers(connection: Connection) -> set[tuple[int, int]]:
    """All generations of all galleries, by the gallery's key and their number."""
    rows = connection.execute(select(generations.c.gallery_id, generations.c.number))
    return {(row.gallery_id, row.number) for row in rows}


def add_generation(
    connection: Connection,
    gallery: int,
    bundle: BundleRow,
    *,
    report: Mapping[str, Json] = NOTHING,
    biases: Mapping[str, Json] = NOTHING,
) -> int:
    """The number of a new generation, which is building and not active."""
    changes.lock(connection, gallery)
    of_gallery = generations.c.gallery_id == gallery
    last = connection.execute(select(func.max(generations.c.number)).where(of_gallery)).scalar_one()
    told = {"report": dict(report), "biases": dict(biases)}
    _insert_generation(connection, gallery, last + 1, bundle=bundle, state="building", **told)
    return int(last) + 1


def finish(connection: Connection, gallery: int, number: int, *, report: Mapping[str, Json]) -> None:
    """A generation is ready to be the active one; the report says, beside what it says already, how it was verified."""
    there = connection.execute(select(generations.c.report).where(_is(gallery, number))).scalar_one_or_none() or {}
    finished = update(generations).where(_is(gallery, number))
    connection.execute(finished.values(state="ready", report={**there, **report}))


def activate(connection: Connection, gallery: int, number: int, *, expected: int) -> None:
    """Make a finished generation the active one if `expected` still is; raises Conflict when it is not."""
    if connection.execute(select(generations.c.state).where(_is(gallery, number))).scalar_one_or_none() != "ready":
        raise Conflict(f"generation {number} is none that is finished: it was given up meanwhile")
    compared = (galleries.c.id == gallery) & (galleries.c.active_generation == expected)
    changed = connection.execute(update(galleries).where(compared).values(active_generation=number))
    if changed.rowcount != 1:
        raise Conflict(f"generation {expected} is not the active one any more: somebody else reindexed the gallery")


def check_active(connection: Connection, gallery: int, expected: int | None) -> None:
    """Refuse where another generation than the expected one is active, None being any; raises Conflict."""
    if expected is not None and (now := state(connection, gallery).generation) != expected:
        raise Conflict(f"generation {expected} is not the active one: that is {now}")


def drop_generation(connection: Connection, gallery: int, number: int) -> bool:
    """Forget a generation unless it is the active one; says whether it is gone.

    A server that went away while it committed may have made it active all the same.
    """
    changes.lock(connection, gallery)
    if state(connection, gallery).generation == number:
        return False
    connection.execute(delete(generations).where(_is(gallery, number)))
    return True


def _not_found(connection: Connection, name: str) -> GalleryNotFound:
    error = GalleryNotFound(f"there is no gallery {name!r}")
    error.known = tuple(names(connection))
    return error


def _gone() -> GalleryNotFound:
    return GalleryNotFound("the gallery has been deleted")


def _is(gallery: int, number: int) -> ColumnElement[bool]:
    return (generations.c.gallery_id == gallery) & (generations.c.number == number)


def _insert_generation(
    connection: Connection, gallery: int, number: int, *, bundle: BundleRow, state: State, **told: Mapping[str, Json]
) -> None:
    values = {
        "gallery_id": gallery,
        "number": number,
        "bundle_id": _bundle_key(connection, bundle),
        "state": state,
        "made_at": time.time(),
        **told,
    }
    connection.execute(insert(generations).values(values))


def _bundle_key(connection: Connection, bundle: BundleRow) -> int:
    same = select(bundles.c.id).where((bundles.c.name == bundle.name) & (bundles.c.sha256 == bundle.sha256))
    with suppress(IntegrityError), connection.begin_nested():  # it is there, perhaps since this moment
        connection.execute(insert(bundles).values(name=bundle.name, sha256=bundle.sha256))
    key: int = connection.execute(same).scalar_one()
    return key

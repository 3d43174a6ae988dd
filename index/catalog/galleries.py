"""Rows of galleries and their generations."""

from dataclasses import dataclass

from sqlalchemy import Connection, delete, func, insert, select, update

from index.catalog.schema import bundles, galleries, generations
from models.errors import Conflict, GalleryNotFound

FIRST = 1


@dataclass(frozen=True, slots=True)
class BundleRow:
    """A bundle by its name and the sha256 of its manifest, which tells two bundles of one name apart."""

    name: str
    sha256: str


@dataclass(frozen=True, slots=True)
class GalleryRow:
    """A gallery with its one active generation and the bundle of that."""

    key: int
    name: str
    generation: int
    bundle: BundleRow


def names(connection: Connection) -> list[str]:
    """The galleries there are, in order of their names."""
    return list(connection.execute(select(galleries.c.name).order_by(galleries.c.name)).scalars())


def create(connection: Connection, name: str, bundle: BundleRow) -> None:
    """A new gallery with its first generation; raises Conflict when there is one of that name."""
    if name in names(connection):
        raise Conflict(f"there is a gallery {name!r} already")
    row = insert(galleries).values(name=name, active_generation=FIRST).returning(galleries.c.id)
    key = connection.execute(row).scalar_one()
    _insert_generation(connection, key, FIRST, bundle)


def get(connection: Connection, name: str) -> GalleryRow:
    """The gallery of that name; raises GalleryNotFound, naming those there are."""
    joined = galleries.join(
        generations,
        (generations.c.gallery_id == galleries.c.id) & (generations.c.number == galleries.c.active_generation),
    ).join(bundles, bundles.c.id == generations.c.bundle_id)
    columns = (galleries.c.id, generations.c.number, bundles.c.name, bundles.c.sha256)
    row = connection.execute(select(*columns).select_from(joined).where(galleries.c.name == name)).one_or_none()
    if row is None:
        raise GalleryNotFound(f"there is no gallery {name!r}; there are: {', '.join(names(connection)) or 'none'}")
    key, number, bundle, sha256 = row
    return GalleryRow(key, name, number, BundleRow(bundle, sha256))


def add_generation(connection: Connection, gallery: int, bundle: BundleRow) -> int:
    """The number of a new generation, which is not active."""
    of_gallery = generations.c.gallery_id == gallery
    last = connection.execute(select(func.max(generations.c.number)).where(of_gallery)).scalar_one()
    _insert_generation(connection, gallery, last + 1, bundle)
    return int(last) + 1


def activate(connection: Connection, gallery: int, number: int, *, expected: int) -> None:
    """Make a generation the active one if `expected` still is; raises Conflict when it is not."""
    compared = (galleries.c.id == gallery) & (galleries.c.active_generation == expected)
    changed = connection.execute(update(galleries).where(compared).values(active_generation=number))
    if changed.rowcount != 1:
        raise Conflict(f"generation {expected} is not the active one any more: somebody else reindexed the gallery")


def drop_generation(connection: Connection, gallery: int, number: int) -> None:
    """Forget a generation that never became active."""
    connection.execute(
        delete(generations).where((generations.c.gallery_id == gallery) & (generations.c.number == number))
    )


def _insert_generation(connection: Connection, gallery: int, number: int, bundle: BundleRow) -> None:
    values = {"gallery_id": gallery, "number": number, "bundle_id": _bundle_key(connection, bundle)}
    connection.execute(insert(generations).values(values))


def _bundle_key(connection: Connection, bundle: BundleRow) -> int:
    same = (bundles.c.name == bundle.name) & (bundles.c.sha256 == bundle.sha256)
    key: int | None = connection.execute(select(bundles.c.id).where(same)).scalar()
    if key is None:
        row = insert(bundles).values(name=bundle.name, sha256=bundle.sha256).returning(bundles.c.id)
        key = connection.execute(row).scalar_one()
    return key

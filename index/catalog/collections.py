"""Rows of the vector tables that lie in Milvus: which they are, and how far each has followed its gallery."""

from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, Row, Select, Update, delete, exists, insert, select, update

from index.catalog.changes import Point
from index.catalog.schema import collections, generations
from models.errors import VectorsUnavailable

UNFILLED = Point(-1, 0)
"""Of one that nothing was put into yet: what lies under its name, if anything does, is of another history."""
NO_GENERATION = 0
"""A number that none has."""


@dataclass(frozen=True, slots=True)
class CollectionRow:
    """A collection by its name, and the change up to which it holds its gallery; `is_whole` once it was filled."""

    name: str
    point: Point
    is_whole: bool


def name_of(gallery: int, generation: int, *, space: str) -> str:
    """What the collection of a generation's space is called."""
    return f"sightsound_{gallery}_{generation}_{space[:16]}"


def begin(connection: Connection, gallery: int, generation: int, *, space: str) -> None:
    """The table of a space of a new generation is a collection, with nothing in it yet."""
    name = name_of(gallery, generation, space=space)
    connection.execute(delete(collections).where(collections.c.name == name))
    values = {"name": name, "gallery_id": gallery, "generation": generation, "space": space}
    connection.execute(insert(collections).values(**values, position=UNFILLED.position, token=UNFILLED.token))


def disown(connection: Connection, gallery: int, generation: int) -> None:
    """A number is given to a new generation: collections that an earlier one of that number left are nobody's."""
    connection.execute(update(collections).where(_of(gallery, generation)).values(generation=NO_GENERATION))


def find(connection: Connection, gallery: int, generation: int, *, space: str) -> CollectionRow | None:
    """The collection of a space of a generation; None where its table is not in Milvus."""
    found = connection.execute(ROWS.where(_of(gallery, generation), collections.c.space == space)).one_or_none()
    return None if found is None else _row(found)


def get(connection: Connection, name: str) -> CollectionRow:
    """The collection of that name; raises VectorsUnavailable where its generation has been given up."""
    return _there(connection, ROWS.where(collections.c.name == name))


def locked(connection: Connection, name: str) -> CollectionRow:
    """As `get`; until the transaction ends, nobody else changes the row, nor then the collection."""
    return _there(connection, ROWS.where(collections.c.name == name).with_for_update())


def restart(connection: Connection, name: str, point: Point) -> None:
    """The collection is empty, and is being filled with what there was at a point."""
    advance(connection, name, point)
    connection.execute(_change(name).values(is_whole=False))


def advance(connection: Connection, name: str, point: Point) -> None:
    """The collection holds what there was at a later point."""
    connection.execute(_change(name).values(position=point.position, token=point.token))


def mark_whole(connection: Connection, name: str) -> None:
    """The collection holds what there was at its point."""
    connection.execute(_change(name).values(is_whole=True))


def left_over(connection: Connection) -> list[str]:
    """The names of those whose generation is gone."""
    query = select(collections.c.name).where(IS_LEFT_OVER).order_by(collections.c.name)
    return list(connection.execute(query).scalars())


def forget_left_over(connection: Connection, name: str) -> bool:
    """Its generation is still gone, and the row now too; nobody makes another of that name until the transaction ends.

    False where a new generation was given the same number meanwhile.
    """
    gone = delete(collections).where(collections.c.name == name, IS_LEFT_OVER)
    return connection.execute(gone).rowcount > 0


ROWS: Select[str, int, int, bool] = select(
    collections.c.name, collections.c.position, collections.c.token, collections.c.is_whole
)
IS_LEFT_OVER = ~exists().where(
    generations.c.gallery_id == collections.c.gallery_id, generations.c.number == collections.c.generation
)


def _of(gallery: int, generation: int) -> ColumnElement[bool]:
    return (collections.c.gallery_id == gallery) & (collections.c.generation == generation)


def _change(name: str) -> Update:
    return update(collections).where(collections.c.name == name)


def _there(connection: Connection, query: Select[str, int, int, bool]) -> CollectionRow:
    found = connection.execute(query).one_or_none()
    if found is None:
        raise VectorsUnavailable("the generation has been given up, and its vectors in Milvus with it: ask again")
    return _row(found)


def _row(found: Row[str, int, int, bool]) -> CollectionRow:
    name, position, token, is_whole = found
    return CollectionRow(name, Point(position, token), is_whole)

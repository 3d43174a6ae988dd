"""Maps of evaluations: what a job drew of a gallery, as bytes that only who drew it can read."""

from sqlalchemy import Connection, insert, select

from index.catalog.schema import evaluations, maps
from models.errors import MapNotFound


def add(connection: Connection, evaluation: int, content: bytes) -> None:
    """Keep the map of an evaluation, as long as the evaluation is kept."""
    connection.execute(insert(maps).values(evaluation=evaluation, content=content))


def get(connection: Connection, gallery: int, evaluation: int) -> bytes:
    """The map of that evaluation of a gallery; raises MapNotFound."""
    those = (evaluations.c.gallery_id == gallery) & (evaluations.c.id == evaluation)
    query = select(maps.c.content).join(evaluations, evaluations.c.id == maps.c.evaluation).where(those)
    if (found := connection.scalars(query).one_or_none()) is None:
        raise MapNotFound(f"there is no evaluation {evaluation} of this gallery that was asked for a map")
    return bytes(found)

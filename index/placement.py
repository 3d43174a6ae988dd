"""Where the tables of a generation lie: in each process, or in a Milvus that all of them search.

It is settled when the generation is begun, by a row of the catalog, and stays so: whoever wants it otherwise reindexes.
"""

import logging
from collections.abc import Callable
from typing import TYPE_CHECKING

from index.catalog import collections
from index.catalog.database import Connection, Database
from index.corrections import NONE, Corrections
from index.embedding import Embedding, embeddings
from index.shared_table import SharedTable
from index.vectors.milvus_address import Address
from index.watching import UNWATCHED, Watch
from models.bundle.runtime import Bundle
from models.errors import InvalidInput, Unavailable, VectorsUnavailable

if TYPE_CHECKING:  # pymilvus is an extra
    from index.vectors.milvus_store import MilvusIndex

NOWHERE = "its vectors lie in Milvus, and milvus_uri does not say where that is"

log = logging.getLogger(__name__)


def begin(
    connection: Connection,
    gallery: int,
    number: int,
    *,
    bundle: Bundle,
    milvus: Address | None,
    corrections: Corrections = NONE,
) -> None:
    """Settle for a generation that is begun where its tables will be; raises InvalidInput for corrections in Milvus."""
    if milvus is not None and (odd := sorted(name for name, bias in corrections.routes.items() if not bias.is_off)):
        raise InvalidInput(
            f"the scores of {', '.join(odd)} cannot be corrected in Milvus: reindex without corrections, or unset "
            "milvus_uri"
        )
    collections.disown(connection, gallery, number)
    for space in embeddings(bundle) if milvus is not None else ():
        collections.begin(connection, gallery, number, space=space)


def opened(
    database: Database,
    embedding: Embedding,
    *,
    generation: tuple[int, int],
    milvus: Address | None,
    watch: Watch = UNWATCHED,
) -> SharedTable | None:
    """The table of a space in Milvus, None where the generation, of a gallery and number, is not there.

    It is filled, unless Milvus is not set or does not answer: what then needs it raises VectorsUnavailable.
    """
    gallery, number = generation
    with database.reading() as connection:
        row = collections.find(connection, gallery, number, space=embedding.space)
    if row is None:
        return None
    reach = _reach(embedding, row.name, database=database, milvus=milvus)
    table = SharedTable(embedding, reach, database=database, gallery=gallery)
    try:
        table.open(watch)
    except VectorsUnavailable as error:
        log.error("the vectors of %r of generation %d cannot be searched for now: %s", embedding.head, number, error)
    return table


def sweep(database: Database, milvus: Address | None) -> None:
    """Delete the collections of generations that are gone, and their rows; what cannot be deleted now is later."""
    with database.reading() as connection:
        names = collections.left_over(connection)
    try:
        for name in names:
            _drop(database, name, milvus)
    except Unavailable as error:
        log.warning("vectors of a generation that is gone stay in Milvus for now: %s", error)


def _drop(database: Database, name: str, milvus: Address | None) -> None:
    """The row goes only if the collection does."""
    if milvus is None:
        raise VectorsUnavailable(NOWHERE)
    from index.vectors.milvus_collection import drop

    with database.writing() as connection:
        if collections.forget_left_over(connection, name):
            drop(milvus, name)


def _reach(
    embedding: Embedding, name: str, *, database: Database, milvus: Address | None
) -> Callable[[], "MilvusIndex"]:
    def open_() -> "MilvusIndex":
        if milvus is None:
            raise VectorsUnavailable(NOWHERE)
        from index.vectors.milvus_store import MilvusIndex

        with database.reading() as connection:
            collections.get(connection, name)  # else one that was dropped would be made again
        return MilvusIndex(embedding.dim, embedding.metric, name=name, address=milvus)

    return open_

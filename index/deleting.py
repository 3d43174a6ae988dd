"""How a whole gallery goes: its rows at once, then its vectors and the media that no other gallery has."""

from collections.abc import Callable
from shutil import rmtree

from index import placement
from index.catalog import changes, galleries, walking
from index.digests import Digests
from index.stores import Stores


def anyhow() -> None:
    """Nothing speaks against it."""


def delete(stores: Stores, name: str, check: Callable[[], None] = anyhow) -> None:
    """Delete a gallery with all its clips, generations and evaluations, for good.

    Raises GalleryNotFound, and what `check` does, which is asked while nobody writes to the gallery.

    Killed on the way, it leaves files that no clip has; these are swept when the data folder is next opened.
    """
    with Digests() as gone:
        with stores.writing, stores.database.writing() as connection:
            key = galleries.get(connection, name).key
            changes.lock(connection, key)
            check()
            for part in walking.sha256s(connection, key):
                gone.extend(part)
            galleries.drop(connection, key)
        rmtree(stores.vectors / str(key), ignore_errors=True)
        placement.sweep(stores.database, stores.options.milvus)
        gone.drop_unused(stores)

"""How a gallery changes to another bundle: built beside, verified, switched in one step."""

from contextlib import ExitStack

from index.catalog import features as stored
from index.catalog import galleries
from index.catalog.galleries import BundleRow
from index.generations import Generation, catch_up, empty, verify
from index.stores import Stores
from models.bundle.manifest import Manifest
from models.bundle.runtime import Bundle
from models.errors import SpaceMismatch


def build(stores: Stores, gallery: int, bundle: Bundle, *, undo: ExitStack) -> Generation:
    """A generation of what is there now, not active; `undo` forgets its row."""
    with stores.writing, stores.database.writing() as connection:
        number = galleries.add_generation(connection, gallery, BundleRow(bundle.name, bundle.sha256))
    undo.callback(_forget, stores, gallery, number)
    fresh = empty(number, bundle)
    catch_up(fresh, stores.database, gallery)
    return fresh


def switch(stores: Stores, gallery: int, fresh: Generation, *, expected: int) -> None:
    """Take in what was added and removed meanwhile, verify, and make it the active one if `expected` still is.

    The caller holds `stores.writing`. Raises Conflict where the active one is another, or the counts differ.
    """
    catch_up(fresh, stores.database, gallery)
    verify(fresh, stores.database, gallery)
    with stores.database.writing() as connection:
        galleries.finish(connection, gallery, fresh.number, report={})
        galleries.activate(connection, gallery, fresh.number, expected=expected)


def check_backbones(stores: Stores, gallery: int, manifest: Manifest) -> None:
    """Refuse a bundle for other backbones than those the stored features come from: raises SpaceMismatch."""
    with stores.database.reading() as connection:
        found = stored.stored_backbones(connection, gallery)
    for sense, wanted in manifest.backbones.items():
        if other := found.get(sense, set()) - {wanted.sha256}:
            raise SpaceMismatch(
                f"the bundle {manifest.name!r} expects {sense} features of {wanted.name} "
                f"(sha256 {wanted.sha256[:12]}), the gallery stores those of sha256 "
                f"{', '.join(sorted(each[:12] for each in other))}"
            )


def _forget(stores: Stores, gallery: int, number: int) -> None:
    with stores.writing, stores.database.writing() as connection:
        galleries.drop_generation(connection, gallery, number)

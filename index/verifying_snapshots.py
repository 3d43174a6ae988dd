"""Whether the snapshots of vectors can be read, and are of something that there is."""

from collections.abc import Iterator
from pathlib import Path

from index.catalog import changes, galleries
from index.catalog.changes import Point
from index.catalog.galleries import GalleryRow, GenerationRow
from index.stores import Stores
from index.vectors import snapshot
from index.vectors.snapshot import Identity
from index.verifying_findings import Finding
from models.errors import SightsoundError, SnapshotInvalid

EXPECTED = "one that can be read; it is made anew when the gallery is opened"


def snapshots(stores: Stores, row: GalleryRow) -> Iterator[Finding]:
    """Those of a gallery's generations that are damaged, of something else, or of another history."""
    with stores.database.reading() as connection:
        generations = {str(each.number): each for each in galleries.generations_of(connection, row.key)}
    for folder in sorted((stores.vectors / str(row.key)).glob("*")):
        if folder.name not in generations:
            yield Finding("stray", str(folder), "vectors of no generation", "none")
            continue
        for identity in _identities(stores, row, generations[folder.name]):
            place = folder / identity.space[:16]
            if (place / snapshot.HEAD).exists() and (found := _odd(stores, row, place, identity)) is not None:
                yield Finding("snapshot", str(place), found, EXPECTED)


def strays(stores: Stores) -> Iterator[Finding]:
    """Snapshots of no gallery."""
    with stores.database.reading() as connection:
        keys = {str(galleries.key(connection, name)) for name in galleries.names(connection)}
    for folder in sorted(stores.vectors.glob("*")):
        if folder.name not in keys:
            yield Finding("stray", str(folder), "vectors of no gallery", "none")


def _identities(stores: Stores, row: GalleryRow, generation: GenerationRow) -> list[Identity]:
    """What its snapshots say they are; nothing where its bundle is gone."""
    try:
        bundle = stores.shelf.bundle(generation.bundle.name)
    except SightsoundError:
        return []
    if bundle.sha256 != generation.bundle.sha256:
        return []
    spaces = {bundle.manifest.space(route) for route in bundle.manifest.routes.values()}
    return [Identity(space=each, gallery=str(row.key), generation=generation.number) for each in sorted(spaces)]


def _odd(stores: Stores, row: GalleryRow, place: Path, identity: Identity) -> str | None:
    try:
        found = snapshot.read(place, identity)
    except SnapshotInvalid as error:
        return str(error)
    with stores.database.reading() as connection:  # after the snapshot was read, so that it cannot be ahead
        if changes.leads_through(connection, row.key, Point(found.position, found.token)):
            return None
    return f"of change {found.position} by another history than the catalog's, as before a backup was restored"

"""Whether a data folder holds together: its catalog, media, features, vectors and snapshots against each other."""

from collections.abc import Iterator, Sequence

from index import verifying_files as files
from index import verifying_snapshots as snapshots
from index import verifying_vectors as vectors
from index.catalog import checking, clips, galleries, walking
from index.catalog.checking import Contradiction
from index.catalog.database import Connection
from index.catalog.galleries import GalleryRow
from index.galleries import Galleries
from index.stores import Stores
from index.tally import Progress, Tally, unwatched
from index.verifying_findings import Finding
from models.bundle.runtime import Bundle
from models.errors import SightsoundError


def verify(
    stores: Stores,
    opened: Galleries,
    *,
    names: Sequence[str] | None = None,
    progress: Progress = unwatched,
) -> list[Finding]:
    """All that is not as it should be in these galleries, by default in all there are, and in the folder around them.

    What is damaged is looked at no further: the catalog's own file, a gallery whose rows contradict each other, one
    without its bundle, vectors of damaged features. `progress` counts clips and features. Nothing is
    mended, but opening a gallery makes vectors anew whose snapshot cannot be read.

    Raises:
        GalleryNotFound: there is none of such a name.
        Unavailable: the database fails.
    """
    stores.sweeping.wait()
    with stores.database.reading() as connection:
        if found := [_told(each) for each in checking.damages(connection)]:
            return found
        chosen = galleries.names(connection) if names is None else names
        keys = {name: galleries.key(connection, name) for name in chosen}
        tally = Tally(sum(_units(connection, key) for key in keys.values()), progress)
    by_gallery = [each for name, key in keys.items() for each in _of_gallery(stores, opened, (name, key), tally)]
    return [*by_gallery, *files.strays(stores), *snapshots.strays(stores)]


def _of_gallery(stores: Stores, opened: Galleries, named: tuple[str, int], tally: Tally) -> Iterator[Finding]:
    name, key = named
    with stores.database.reading() as connection:
        if found := [_told(each, name) for each in checking.contradictions(connection, key)]:
            yield from found
            return
        row = galleries.get(connection, name)
    yield from files.media(stores, row, tally)
    where, wanted = f"gallery {name}", f"the bundle {row.bundle.name!r} of sha256 {row.bundle.sha256[:12]}"
    try:
        bundle = stores.shelf.bundle(row.bundle.name)
    except SightsoundError as error:
        yield Finding("bundle", where, str(error), wanted)
        return
    if bundle.sha256 != row.bundle.sha256:
        yield Finding("bundle", where, f"the bundle {bundle.name!r} of sha256 {bundle.sha256[:12]}", wanted)
        return
    yield from _of_vectors(stores, opened, row, bundle=bundle, tally=tally)


def _of_vectors(
    stores: Stores, opened: Galleries, row: GalleryRow, *, bundle: Bundle, tally: Tally
) -> Iterator[Finding]:
    """Nothing can be embedded of features that are damaged."""
    yield from snapshots.snapshots(stores, row)  # before they are opened, which makes them anew
    yield from vectors.missing(stores, row, bundle)
    if found := list(vectors.damaged(stores, row, bundle, tally)):
        yield from found
    else:
        yield from vectors.indexes(stores, opened, row, bundle)


def _units(connection: Connection, key: int) -> int:
    return clips.count(connection, key) + sum(each.count for each in walking.kept(connection, key))


def _told(found: Contradiction, gallery: str | None = None) -> Finding:
    where = found.where if gallery is None else f"gallery {gallery}: {found.where}"
    return Finding("catalog", where, found.found, found.expected)

"""A gallery as one file: `export` writes it, `import_` makes a gallery of it that is equal in every byte.

It is a tar: `gallery.json` says what it is of, `clips.jsonl` has a clip a line, `features/` one file of float16 rows
for every sense and backbone, in the order of the clips and their windows, `SHA256SUMS` the sums of all these, and
`media/` the clips' files by their sha256, in the order of the clips. Vectors, evaluations and earlier generations are
not in it: vectors are made anew from the features.

Whatever the gallery's size, some 64 clips, 1,024 features and a megabyte of media are held at once, beside 8 bytes a
clip when exporting.
"""

from pathlib import Path

from index.archive_checking import check, read_head
from index.archive_format import Head, Media
from index.archive_members import Reading
from index.archive_restoring import check_target, restore
from index.archive_writing import Existing, placed, write
from index.catalog import galleries
from index.shelf import NAME
from index.stores import Stores
from index.tally import Progress, Tally, unwatched
from models.errors import Conflict, InvalidInput


def export(
    stores: Stores,
    name: str,
    path: Path,
    *,
    media: Media = "included",
    existing: Existing = "refuse",
    progress: Progress = unwatched,
) -> Head:
    """Write a gallery, as it is at one moment, to a file that appears whole or not at all; says what is in it.

    `progress` counts every clip's line and file, and every feature.

    Raises:
        GalleryNotFound: there is none of that name.
        Conflict: there is such a file, or a clip's media went meanwhile.
        CatalogInvalid: something is damaged; `verify` says what.
        InvalidInput: the file cannot be at that place.
    """
    with placed(path, existing) as file:
        return write(file, stores, name, media=media, progress=progress)


def import_(stores: Stores, path: Path, *, name: str | None = None, progress: Progress = unwatched) -> Head:
    """Make a gallery, by default of the name it had; says what is in it. It appears whole, and a failure leaves none.

    Every byte of the file is checked before the first one is written. On SQLite nobody else can write to the catalog
    while the rows are written.

    Raises:
        ArchiveInvalid: the file is damaged, altered, of another format, or has no media and they are not here.
        BundleNotFound, SpaceMismatch: its bundle is not in the data folder, or another one has its name.
        Conflict: there is a gallery of that name.
        InvalidInput: the name is none that a gallery can have.
    """
    with path.open("rb") as file:
        archive = Reading(file)
        head, _ = read_head(archive)
        chosen = head.gallery if name is None else name
        _check_name(stores, chosen)
        check_target(stores, head)
        tally = Tally(_units(head), progress)
        restore(stores, archive, check(archive, tally), chosen, tally=tally)
    return head


def _check_name(stores: Stores, name: str) -> None:
    if not NAME.fullmatch(name):
        raise InvalidInput(f"a gallery's name is 1 to 64 letters, digits, '.', '_' and '-', found {name!r}")
    with stores.database.reading() as connection:
        if name in galleries.names(connection):
            raise Conflict(f"there is a gallery {name!r} already; import under another name")


def _units(head: Head) -> int:
    """Lines, features and media to check, then media and lines to take in."""
    return head.clips * (4 if head.media == "included" else 3) + sum(kind.count for kind in head.features)

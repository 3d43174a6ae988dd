"""Galleries on their way to other data folders and from them, and whether what they hold is whole."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from index import archive
from index.archive_checking import read_head
from index.archive_members import Reading
from index.gallery import Gallery
from index.verifying import verify
from service.galleries.gallery_schemas import Finding, Verification
from service.incoming.spool import Spool, room_on_disk, upload_folder
from service.resources import Resources


@contextmanager
def exported(resources: Resources, spool: Spool, name: str) -> Iterator[Path]:
    """A gallery as one file, as it is at one moment; gone after the block. Raises GalleryNotFound, CatalogInvalid."""
    resources.galleries.get(name)
    with ExitStack() as closing:
        with room_on_disk():
            path = closing.enter_context(upload_folder(spool.folder)) / f"{name}.tar"
            archive.export(resources.galleries.stores, name, path)
        yield path


def imported(resources: Resources, path: Path, name: str | None) -> Gallery:
    """The gallery of an archive, by default of the name it had.

    Raises:
        ArchiveInvalid, BundleNotFound, SpaceMismatch, DependencyMissing, InvalidInput.
        Conflict: there is a gallery of that name.
    """
    with path.open("rb") as file:
        head, _ = read_head(Reading(file))
    # The encoders first: nothing could be asked of a gallery without them.
    resources.prepare(resources.galleries.bundle(head.bundle.name).manifest)
    with room_on_disk():
        archive.import_(resources.galleries.stores, path, name=name)
    return resources.galleries.get(head.gallery if name is None else name)


def verified(resources: Resources, name: str) -> Verification:
    """What of a gallery is not as it should be, and nothing of the rest of the folder; raises GalleryNotFound."""
    resources.galleries.get(name)
    found = verify(resources.galleries.stores, resources.galleries, names=[name])
    own = [each for each in found if each.what != "stray"]
    told = tuple(Finding(what=each.what, where=each.where, found=each.found, expected=each.expected) for each in own)
    return Verification(findings=told)

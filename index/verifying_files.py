"""Whether the files of a data folder are those that the catalog speaks of."""

from collections.abc import Iterator

from index.catalog import clips, walking
from index.catalog.galleries import GalleryRow
from index.clips import Clip
from index.stores import Stores
from index.tally import Tally
from index.verifying_findings import Finding


def media(stores: Stores, row: GalleryRow, tally: Tally) -> Iterator[Finding]:
    """Files of clips that are missing, or not of the size or sha256 that the catalog says."""
    with stores.database.reading() as connection:
        for held in walking.walk(connection, row.key):
            found = _odd(stores, held.clip)
            if found is not None and _is_there(stores, row, held.clip):
                expected = f"{held.clip.size_bytes} bytes of sha256 {held.clip.sha256[:12]}"
                yield Finding("media", f"gallery {row.name}: clip {held.clip.id}", found, expected)
            tally.advance()


def strays(stores: Stores) -> Iterator[Finding]:
    """Media that no clip of any gallery has: of a clip that is being added, or left by a process that was killed."""
    for digest in stores.media.all_digests():
        with stores.database.reading() as connection:
            used = clips.is_media_used(connection, digest)
        file = stores.media.file(digest)
        if not used and file.exists():
            found = "a file that no clip has"
            yield Finding("stray", str(file), found, "none, or a clip being added; swept at a start after an hour")


def _odd(stores: Stores, clip: Clip) -> str | None:
    """What is wrong with the file of a clip."""
    file = stores.media.file(clip.sha256)
    try:
        size_bytes, digest = file.found().size_bytes, file.digest()
    except OSError as error:
        return f"{file}: {error.strerror}"
    if (size_bytes, digest) == (clip.size_bytes, clip.sha256):
        return None
    return f"{file}: {size_bytes} bytes of sha256 {digest[:12]}"


def _is_there(stores: Stores, row: GalleryRow, clip: Clip) -> bool:
    """Whether nobody deleted the clip while its file was looked at."""
    with stores.database.reading() as connection:
        return clips.find(connection, row.key, clip.id) is not None

"""How a gallery gets into an archive: read in one transaction, written beside its place, renamed when it is whole."""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import IO, Literal

from index.archive_format import (
    CLIPS,
    HEAD,
    LONGEST_LINE_BYTES,
    SUMS,
    BundleRef,
    ClipLine,
    FeatureKind,
    Head,
    Media,
    finite_rows,
    media_member,
    rendered,
    sums,
)
from index.archive_members import Content, Writing
from index.catalog import clips, galleries, walking
from index.catalog.database import Connection
from index.catalog.galleries import GalleryRow
from index.catalog.walking import Held, Kept
from index.corrections import stored
from index.media.file import MediaFile
from index.stores import Stores
from index.tally import Progress, Tally
from models.disk import sync
from models.errors import CatalogInvalid, Conflict, InvalidInput, TooLarge

Existing = Literal["refuse", "replace"]
"""What becomes of a file that has the archive's name."""


@contextmanager
def placed(path: Path, existing: Existing) -> Iterator[IO[bytes]]:
    """A file that takes its place, whole and on the disk, when the block ends, or is gone where it raises.

    Raises:
        Conflict: there is a file of that name, and it is not to be replaced.
        InvalidInput: there is something else, which a file would replace.
    """
    _check_place(path, existing)
    with NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}-", delete=False) as file:
        temporary = Path(file.name)
        try:
            yield file.file
            file.flush()
            os.fsync(file.fileno())
            _check_place(path, existing)
            temporary.rename(path)
        finally:
            temporary.unlink(missing_ok=True)
    sync(path.parent)


def write(file: IO[bytes], stores: Stores, name: str, *, media: Media, progress: Progress) -> Head:
    """The whole archive of a gallery as it is at this moment; raises GalleryNotFound, CatalogInvalid, Conflict."""
    with stores.database.reading() as connection:
        row = galleries.get(connection, name)
        head = _head(connection, row, media)
        tally = Tally(
            head.clips * (1 if media == "left out" else 2) + sum(kind.count for kind in head.features), progress
        )
        archive = Writing(file)
        digests = {
            HEAD: _write_bytes(archive, HEAD, rendered(head)),
            CLIPS: _write_clips(archive, connection, row.key, head=head, tally=tally),
        }
        for kind in head.features:
            digests[kind.member] = _write_features(archive, connection, row.key, kind=kind, tally=tally)
        _write_bytes(archive, SUMS, sums(digests))
        if media == "included":
            _write_media(archive, stores, connection, gallery=row.key, tally=tally)
        archive.end()
    return head


def _head(connection: Connection, row: GalleryRow, media: Media) -> Head:
    return Head(
        gallery=row.name,
        bundle=BundleRef(name=row.bundle.name, sha256=row.bundle.sha256),
        biases=stored(row.biases),
        clips=clips.count(connection, row.key),
        windows=clips.window_count(connection, row.key),
        features=tuple(_kind(each) for each in walking.kept(connection, row.key)),
        media=media,
    )


def _kind(kept: Kept) -> FeatureKind:
    sense, backbone = kept.source
    if kept.shortest != kept.longest or kept.longest % 2:
        raise CatalogInvalid(
            f"the {sense} features of the backbone {backbone[:12]} have {kept.shortest} to {kept.longest} bytes, "
            "expected as many each"
        )
    return FeatureKind(sense=sense, backbone_sha256=backbone, width=kept.longest // 2, count=kept.count)


def _write_bytes(archive: Writing, name: str, block: bytes) -> str:
    with archive.member(name) as content:
        content.write(block)
    return content.digest


def _write_clips(archive: Writing, connection: Connection, gallery: int, *, head: Head, tally: Tally) -> str:
    places = {(kind.sense, kind.backbone_sha256): place for place, kind in enumerate(head.features)}
    last = -1
    with archive.member(CLIPS) as content:
        for held in walking.walk(connection, gallery):
            last = _check_order(held, last)
            content.write(_line(held, [tuple(places[each] for each in of) for of in held.sources]))
            tally.advance()
    return content.digest


def _line(held: Held, windows: Sequence[tuple[int, ...]]) -> bytes:
    try:
        line = rendered(ClipLine.of(held.clip, windows))
    except ValueError as error:  # as pydantic refuses
        raise CatalogInvalid(f"the clip {held.clip.id!r} is not as clips are: {error}") from error
    if len(line) > LONGEST_LINE_BYTES:
        raise TooLarge(
            f"the clip {held.clip.id!r} takes {len(line)} bytes of {CLIPS}, expected {LONGEST_LINE_BYTES} at most"
        )
    return line


def _check_order(held: Held, last: int) -> int:
    """Windows are numbered in the order of the clips: their features, read by window, are then in both orders."""
    if held.windows and held.windows[0] <= last:
        raise CatalogInvalid(f"the windows of the clip {held.clip.id!r} are numbered before those of an earlier clip")
    return held.windows[-1] if held.windows else last


def _write_features(archive: Writing, connection: Connection, gallery: int, *, kind: FeatureKind, tally: Tally) -> str:
    with archive.member(kind.member) as content:
        for ids, vectors in walking.vectors(connection, gallery, (kind.sense, kind.backbone_sha256)):
            block = b"".join(vectors)
            if len(odd := ids[~finite_rows(block, kind.width)]):
                raise CatalogInvalid(f"the {kind.sense} feature of window {odd[0]} holds NaN or infinity")
            content.write(block)
            tally.advance(len(ids))
    return content.digest


def _write_media(archive: Writing, stores: Stores, connection: Connection, *, gallery: int, tally: Tally) -> None:
    for held in walking.walk(connection, gallery):
        clip = held.clip
        with archive.member(media_member(clip.sha256)) as content:
            _copy(stores.media.file(clip.sha256), content, clip.id)
        if (content.digest, content.size_bytes) != (clip.sha256, clip.size_bytes):
            raise CatalogInvalid(
                f"the media of the clip {clip.id!r} has {content.size_bytes} bytes of sha256 {content.digest[:12]}, "
                f"expected {clip.size_bytes} of {clip.sha256[:12]}"
            )
        tally.advance()


def _copy(file: MediaFile, content: Content, clip_id: str) -> None:
    try:
        for block in file.blocks():
            content.write(block)
    except FileNotFoundError as error:
        raise Conflict(f"the media of the clip {clip_id!r} is gone: it was deleted meanwhile, or lost") from error


def _check_place(path: Path, existing: Existing) -> None:
    # A file is written beside its place and renamed: root would lose /dev/null, and others what a link leads to.
    if path.is_symlink() or (path.exists() and not path.is_file()):
        raise InvalidInput(f"{path} is a folder, a device, a pipe or a link, expected a file to write")
    if not path.parent.is_dir():
        raise InvalidInput(f"{path} cannot be written: there is no folder {path.parent}")
    if existing == "refuse" and path.exists():
        raise Conflict(f"there is a file {path} already")

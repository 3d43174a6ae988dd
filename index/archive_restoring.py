"""How a gallery comes out of an archive that was checked: in one transaction, whole or not at all."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from itertools import islice

import numpy as np

from index import placement
from index.archive_checking import Layout, lines, media_of
from index.archive_format import ClipLine, FeatureKind, Head
from index.archive_members import Reading, Section
from index.catalog import clips, galleries, walking
from index.catalog import features as stored
from index.catalog.database import Connection
from index.catalog.galleries import BundleRow
from index.catalog.walking import CLIPS_AT_ONCE, ROWS_AT_ONCE
from index.digests import Digests
from index.stores import Stores
from index.tally import Tally
from models.errors import ArchiveInvalid, Conflict, SpaceMismatch
from models.types import F32

MOST_WINDOWS = 4096


def check_target(stores: Stores, head: Head) -> None:
    """Refuse an archive whose bundle is not in the data folder, or not the same; raises BundleNotFound, SpaceMismatch.

    Features of the bundle's own backbones must be as wide as the bundle says.
    """
    bundle = stores.shelf.bundle(head.bundle.name)
    if bundle.sha256 != head.bundle.sha256:
        raise SpaceMismatch(
            f"the archive's gallery was indexed by the bundle {bundle.name!r} of sha256 {head.bundle.sha256[:12]}, "
            f"the one here is {bundle.sha256[:12]}: put the other into the data folder"
        )
    for kind in head.features:
        for sense, ref in bundle.manifest.backbones.items():
            if kind.backbone_sha256 == ref.sha256 and (kind.sense, kind.width) != (sense, ref.width):
                raise ArchiveInvalid(
                    f"{kind.member}: found {kind.sense} features of width {kind.width}, the backbone {ref.name} of the "
                    f"bundle {bundle.name!r} gives {sense} features of {ref.width}"
                )


def restore(stores: Stores, archive: Reading, layout: Layout, name: str, *, tally: Tally) -> None:
    """Make the gallery; a failure takes back all that was done. Raises Conflict, ArchiveInvalid."""
    head = layout.head
    with _media(stores) as placed, ExitStack() as committed:
        if head.media == "included":
            _place(stores, archive, layout, placed=placed, tally=tally)
        else:
            _check_media_is_here(stores, archive, layout, tally)
        with stores.database.writing() as connection:
            bundle, biases = BundleRow(head.bundle.name, head.bundle.sha256), head.biases.model_dump(mode="json")
            gallery = galleries.create(connection, name, bundle, biases=biases)
            _place_vectors(stores, connection, gallery, head)
            rows = [archive.content(member) for member in layout.features]
            for batch in _batches(lines(archive, layout.clips, head)):
                _add(connection, gallery, batch, head=head, rows=rows)
                tally.advance(len(batch))
            committed.enter_context(stores.media.undisturbed())  # also while this commits
            _check_media_stayed(stores, archive, layout)


def _place_vectors(stores: Stores, connection: Connection, gallery: int, head: Head) -> None:
    bundle, milvus = stores.shelf.bundle(head.bundle.name), stores.options.milvus
    placement.begin(connection, gallery, galleries.FIRST, bundle=bundle, milvus=milvus, corrections=head.biases)


@contextmanager
def _media(stores: Stores) -> Iterator[Digests]:
    """The media that are placed; where the block raises, those that no clip has go again."""
    with Digests() as placed:
        try:
            yield placed
        except BaseException:
            placed.drop_unused(stores)
            raise


def _place(stores: Stores, archive: Reading, layout: Layout, *, placed: Digests, tally: Tally) -> None:
    for line, member in media_of(archive, layout):
        if not _is_here(stores, line):
            _place_one(stores, archive.content(member), line, placed)
        tally.advance()


def _place_one(stores: Stores, content: Section, line: ClipLine, placed: Digests) -> None:
    with stores.media.draft_of(content) as draft:
        if draft.sha256 != line.sha256:
            raise ArchiveInvalid(f"the media of {line.id!r} changed while it was read")
        if stores.media.keep(draft):
            placed.extend([line.sha256])


def _check_media_is_here(stores: Stores, archive: Reading, layout: Layout, tally: Tally) -> None:
    for line in lines(archive, layout.clips, layout.head):
        if not _is_here(stores, line) or stores.media.file(line.sha256).digest() != line.sha256:
            raise ArchiveInvalid(
                f"the archive was made without media, and that of the clip {line.id!r} (sha256 {line.sha256[:12]}) is "
                "not in this data folder, or not as it was: export the gallery with its media"
            )
        tally.advance()


def _check_media_stayed(stores: Stores, archive: Reading, layout: Layout) -> None:
    """Whoever deletes another gallery's clip does not know yet that this one has the same media."""
    for line in lines(archive, layout.clips, layout.head):
        if not _is_here(stores, line):
            raise Conflict(f"the media of the clip {line.id!r} was deleted meanwhile by somebody else; import again")


def _is_here(stores: Stores, line: ClipLine) -> bool:
    with suppress(FileNotFoundError):
        return stores.media.file(line.sha256).found().size_bytes == line.size_bytes
    return False


def _batches(found: Iterator[ClipLine]) -> Iterator[list[ClipLine]]:
    """Clips by few, and of many windows by fewer."""
    batch: list[ClipLine] = []
    for line in found:
        batch.append(line)
        if len(batch) == CLIPS_AT_ONCE or sum(len(each.windows) for each in batch) >= MOST_WINDOWS:
            yield batch
            batch = []
    if batch:
        yield batch


def _add(
    connection: Connection, gallery: int, batch: Sequence[ClipLine], *, head: Head, rows: Sequence[Section]
) -> None:
    _check_new(connection, gallery, [line.id for line in batch])
    entries: list[clips.Entry] = [(line.clip(head.features), [{} for _ in line.windows], {}) for line in batch]
    ids = [each for of_clip in clips.add_all(connection, gallery, entries) for each in of_clip]
    cut = [window for line in batch for window in line.windows]
    for place, (kind, content) in enumerate(zip(head.features, rows, strict=True)):
        having = iter([each for each, window in zip(ids, cut, strict=True) if place in window.features])
        while part := list(islice(having, ROWS_AT_ONCE)):
            _add_features(connection, part, kind, content.read(len(part) * kind.row_bytes))


def _add_features(connection: Connection, windows: Sequence[int], kind: FeatureKind, block: bytes) -> None:
    rows: F32 = np.frombuffer(block, stored.HALF).reshape(len(windows), kind.width).astype(np.float32)
    backbones: stored.Backbones = {kind.sense: kind.backbone_sha256}
    stored.add(connection, ((window, {kind.sense: row}, backbones) for window, row in zip(windows, rows, strict=True)))


def _check_new(connection: Connection, gallery: int, ids: Sequence[str]) -> None:
    twice = walking.known(connection, gallery, ids) | {each for each in ids if ids.count(each) > 1}
    if twice:
        raise ArchiveInvalid(f"the clip {min(twice)!r} is there twice")

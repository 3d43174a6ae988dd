"""Bundles as callers bring, look at, fetch and delete them."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Lock

from models.bundle.checking import check_bundle, check_manifest
from models.bundle.runtime import Bundle
from models.bundle.store import load_manifest, pack, unpack
from models.bundle.unpacking import CARD
from models.errors import Conflict, Overloaded
from service.galleries.bundle_schemas import BundleDetail, BundleHead
from service.incoming.spool import Spool, room_on_disk, upload_folder
from service.resources import Resources

ARRIVING = ".arriving-"
"""What folders of bundles begin with that are being checked, or are on their way out."""
UNPACKED_BYTES = 512 * 2**20
TRYING, PATIENCE_S = Lock(), 10.0


@dataclass(frozen=True, slots=True)
class Placed:
    """A bundle that is there, and whether it came just now."""

    bundle: Bundle
    is_new: bool


def add(resources: Resources, archive: Path) -> Placed:
    """The bundle of a zip or tar, checked and tried before it has its place; the same manifest is the same bundle.

    Raises:
        Overloaded: another one is being tried, and has been for a while.
        BundleInvalid: it is none, or does what no bundle should.
        TooLarge: it unpacks to too much.
        Conflict: there is another one of its name.
    """
    shelf = resources.galleries.shelf
    with room_on_disk(), upload_folder(shelf.folder, ARRIVING) as folder:
        draft = folder / "bundle"
        unpack(archive, draft, limit_bytes=UNPACKED_BYTES)
        manifest = load_manifest(draft)
        check_manifest(manifest)
        if manifest.name in shelf.names():
            return Placed(_same(shelf.bundle(manifest.name), Bundle.open(draft)), is_new=False)
        with _turn():
            check_bundle(draft)
        return Placed(shelf.place(draft), is_new=True)


def remove(resources: Resources, name: str) -> None:
    """Delete a bundle; raises BundleNotFound, Conflict while a kept generation of any gallery is embedded by it."""
    shelf = resources.galleries.shelf
    shelf.bundle(name)
    used = sum(any(row.bundle.name == name for row in each.generations()) for each in resources.all_galleries())
    if used:
        those = "1 gallery: reindex it" if used == 1 else f"{used} galleries: reindex these"
        raise Conflict(f"the bundle {name!r} embeds generations that are kept of {those}")
    with upload_folder(shelf.folder, ARRIVING) as folder:
        shelf.remove(name, folder / "bundle")


@contextmanager
def archived(resources: Resources, spool: Spool, name: str) -> Iterator[Path]:
    """A bundle as one tar, the same bytes whenever it is asked for; gone after the block. Raises BundleNotFound."""
    resources.galleries.bundle(name)
    with ExitStack() as closing:
        with room_on_disk():
            path = closing.enter_context(upload_folder(spool.folder)) / f"{name}.tar"
            pack(resources.galleries.shelf.folder / name, path)
        yield path


def detail(resources: Resources, name: str) -> BundleDetail:
    """All that a bundle says of itself, but the features of the classes it has seen; raises BundleNotFound."""
    bundle = resources.galleries.bundle(name)
    folder, manifest = resources.galleries.shelf.folder / name, bundle.manifest
    card = folder / CARD
    told = manifest.model_dump(exclude={"schema_version", "heads", "seen_classes"})
    heads = {
        head: BundleHead(inputs=each.inputs, dim=each.dim, sha256=each.sha256) for head, each in manifest.heads.items()
    }
    return BundleDetail(
        **told,
        sha256=bundle.sha256,
        size_bytes=bundle.size_bytes,
        heads=heads,
        channels=manifest.channels,
        seen_classes=tuple(each.name for each in manifest.seen_classes),
        card=card.read_text(errors="replace") if card.is_file() else "",
    )


@contextmanager
def _turn() -> Iterator[None]:
    """One bundle is tried at a time: each may take gigabytes."""
    if not TRYING.acquire(timeout=PATIENCE_S):
        raise Overloaded("another bundle is being tried", retry_after_s=PATIENCE_S)
    try:
        yield
    finally:
        TRYING.release()


def _same(there: Bundle, sent: Bundle) -> Bundle:
    if there.sha256 != sent.sha256:
        raise Conflict(
            f"there is another bundle {there.name!r} already, of sha256 {there.sha256}; what was sent has {sent.sha256}"
        )
    return there

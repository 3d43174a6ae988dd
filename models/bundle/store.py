"""A bundle on disk: a folder of `bundle.json`, `card.md` and one ONNX file a head; or the same in one tar."""

import os
import shutil
import tarfile
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path

from models.bundle.manifest import Manifest
from models.bundle.reading import MANIFEST, check_file_name, load_manifest
from models.bundle.unpacking import CARD, unpack_members
from models.disk import sync
from models.errors import BundleInvalid, Conflict

__all__ = ["CARD", "load_manifest", "pack", "save", "unpack"]

UNPACKED_BYTES = 2 * 1024**3


def save(folder: Path, manifest: Manifest, graphs: Mapping[str, bytes], card: str) -> None:
    """Write a bundle: into a temporary folder beside, renamed when it is whole and checked.

    Args:
        graphs: the ONNX bytes of every head, by head name.
        card: what a person should know of the model, in Markdown.

    Raises:
        Conflict: there is something at `folder` already.
        BundleInvalid: heads and graphs disagree, or whatever `load_manifest` would refuse.
    """
    if odd := manifest.heads.keys() ^ graphs.keys():
        raise BundleInvalid(f"the manifest and the graphs disagree on the heads {sorted(odd)}")
    with building(folder) as draft:
        for head, spec in manifest.heads.items():
            check_file_name(head, spec)
            write(draft / spec.file, graphs[head])
        write(draft / CARD, card.encode())
        write(draft / MANIFEST, manifest.model_dump_json(indent=1).encode())


def pack(folder: Path, tar_path: Path) -> None:
    """Write a bundle as one tar: the same bytes for the same bundle, whenever and by whomever it is packed."""
    manifest = load_manifest(folder)
    draft = tar_path.with_name(f".{tar_path.name}.part")
    with tarfile.open(draft, "w", format=tarfile.USTAR_FORMAT) as tar:
        for name in sorted(_members(manifest)):
            content = (folder / name).read_bytes()
            member = tarfile.TarInfo(name)
            member.size = len(content)
            tar.addfile(member, BytesIO(content))
    draft.replace(tar_path)


def unpack(archive: Path, folder: Path, *, limit_bytes: int = UNPACKED_BYTES) -> None:
    """Write the bundle of a zip or tar to `folder`, whole and checked or not at all.

    Raises:
        BundleInvalid: neither, damaged, or members that are no plain files with a bundle's names in one folder.
        TooLarge: more bytes than the limit.
        Conflict: there is something at `folder` already.
    """
    with building(folder) as draft:
        unpack_members(archive, draft, limit_bytes=limit_bytes)
        for each in draft.iterdir():
            sync(each)
        if odd := {each.name for each in draft.iterdir()} ^ _members(load_manifest(draft)):
            raise BundleInvalid(f"the members {sorted(odd)} of the archive do not fit its manifest")


@contextmanager
def building(folder: Path) -> Iterator[Path]:
    """A temporary folder that becomes the bundle `folder` on success, if it loads, and disappears on failure."""
    if folder.exists():
        raise Conflict(f"there is something at {folder.name!r} already")
    folder.parent.mkdir(parents=True, exist_ok=True)
    draft = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    try:
        yield draft
        load_manifest(draft)
        draft.chmod(0o755)
        draft.rename(folder)
    except BaseException:
        shutil.rmtree(draft, ignore_errors=True)
        raise


def write(path: Path, content: bytes) -> None:
    """Bytes to a new file, on the disk before it returns."""
    with path.open("xb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _members(manifest: Manifest) -> set[str]:
    return {MANIFEST, CARD, *(spec.file for spec in manifest.heads.values())}

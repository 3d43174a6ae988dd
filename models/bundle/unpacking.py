"""The members of a bundle's archive, a zip or a tar from anybody: plain files of a bundle's names, and not too much."""

import re
import stat
import struct
import tarfile
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO
from zipfile import ZIP_DEFLATED, ZIP_STORED, BadZipFile, ZipFile, ZipInfo

from models.bundle.reading import HEAD_FILE, MANIFEST
from models.errors import BundleInvalid, TooLarge

CARD = "card.md"
MOST_MEMBERS = 200
LARGEST = {MANIFEST: 16 * 2**20, CARD: 2**20}
"""In bytes: these two are read whole by whoever looks at a bundle."""
MOST_RATIO = 100
"""How many times its own size an archive may unpack to."""
BLOCK_BYTES = 2**20
SMALLEST_ZIP_BYTES = 30 + 46 + 22
"""Of one member without a name: what stands before it, its row in the list, and the end of that."""
DIRECTORY_BYTES = 2**16
"""What the list of a zip's members may take: it is read whole before any of them is looked at."""
TOP_FOLDER = re.compile(r"(\.|[A-Za-z0-9][A-Za-z0-9._-]{0,63})/")
BROKEN = (tarfile.TarError, BadZipFile, EOFError, ValueError, RecursionError, NotImplementedError, zlib.error)
"""What Python's readers raise at archives that are damaged, or made to be."""


def unpack_members(archive: Path, draft: Path, *, limit_bytes: int) -> None:
    """Write an archive's files to the folder `draft`, which has none.

    They lie in the root of the archive, or all in one folder of it.

    Raises:
        BundleInvalid: neither zip nor tar, damaged, or with members that are no plain files of a bundle's names.
        TooLarge: more bytes than the limit, or than such an archive could hold in good faith.
    """
    limit_bytes = min(limit_bytes, MOST_RATIO * max(archive.stat().st_size, BLOCK_BYTES))
    try:
        with _opened(archive) as opened:
            _write_all(opened, draft, limit_bytes)
    except BROKEN as error:
        raise BundleInvalid(f"found no whole zip or tar of a bundle: {error}") from error


@contextmanager
def _opened(archive: Path) -> Iterator[ZipFile | tarfile.TarFile]:
    with archive.open("rb") as file:
        if file.read(4) == b"PK\x03\x04":
            _check_directory(file)
            with ZipFile(file) as opened_zip:
                yield opened_zip
        else:
            file.seek(0)
            with tarfile.open(fileobj=file, mode="r:") as opened_tar:
                yield opened_tar


def _check_directory(file: IO[bytes]) -> None:
    """Refuse a zip whose end is not plainly its own: without a comment, of 32 bits, with a short list of members."""
    if file.seek(0, 2) < SMALLEST_ZIP_BYTES:
        raise BundleInvalid("found a zip that is cut off before its list of members")
    file.seek(-22, 2)  # APPNOTE.TXT, 4.3.16: the end of the central directory
    mark, *_, size_bytes, _, comment = struct.unpack("<4s4H2LH", file.read(22))
    if mark != b"PK\x05\x06" or comment:
        raise BundleInvalid("found a zip with something after its list of members, expected one without")
    if size_bytes > DIRECTORY_BYTES:
        raise TooLarge(f"the zip's list of members has {size_bytes} bytes, the limit is {DIRECTORY_BYTES}")
    file.seek(-42, 2)
    if file.read(4) == b"PK\x06\x07":
        raise BundleInvalid("found a zip of more than 4 GiB (zip64), expected a smaller one")
    file.seek(0)


def _write_all(opened: ZipFile | tarfile.TarFile, draft: Path, limit_bytes: int) -> None:
    found = _zip_members(opened) if isinstance(opened, ZipFile) else _tar_members(opened)
    folder: str | None = None
    seen: set[str] = set()
    left = limit_bytes
    for name, size_bytes, content in found:
        if folder is None:
            top = TOP_FOLDER.match(name)
            folder = top[0] if top else ""
        if name.rstrip("/") == folder.rstrip("/") and content is None:
            continue
        plain = _plain(name, folder)
        if content is None or plain.casefold() in seen:
            raise BundleInvalid(f"the member {name[:100]!r} is no plain file, or there twice")
        seen.add(plain.casefold())
        left -= size_bytes
        if left < 0:
            raise TooLarge(f"the archive unpacks to more than {limit_bytes} bytes, the limit")
        if size_bytes > LARGEST.get(plain, limit_bytes):
            raise TooLarge(f"{plain} has {size_bytes} bytes, the limit is {LARGEST[plain]}")
        _write(content, draft / plain, size_bytes)


def _plain(name: str, folder: str) -> str:
    plain = name.removeprefix(folder)
    if not name.startswith(folder) or (plain not in LARGEST and not HEAD_FILE.fullmatch(plain)):
        raise BundleInvalid(f"a bundle holds {MANIFEST}, {CARD} and *.onnx files; found {name[:100]!r}")
    return plain


def _write(content: IO[bytes], path: Path, size_bytes: int) -> None:
    """As many bytes as were declared, block by block: whatever lies about its size is found while it does."""
    left = size_bytes
    with content, path.open("xb") as file:
        while block := content.read(BLOCK_BYTES):
            left -= len(block)
            if left < 0:
                break
            file.write(block)
    if left:
        raise BundleInvalid(f"{path.name} has another size than the archive says, which is {size_bytes}")


def _tar_members(tar: tarfile.TarFile) -> Iterable[tuple[str, int, IO[bytes] | None]]:
    for number, member in enumerate(tar):
        _check_count(number)
        is_plain = member.type in (tarfile.REGTYPE, tarfile.AREGTYPE) and not member.issparse()
        if not is_plain and not member.isdir():
            raise BundleInvalid(f"found the link, device or sparse file {member.name[:100]!r}, expected plain files")
        yield (member.name, member.size, tar.extractfile(member)) if is_plain else (f"{member.name}/", 0, None)


def _zip_members(opened: ZipFile) -> Iterable[tuple[str, int, IO[bytes] | None]]:
    for number, member in enumerate(opened.infolist()):
        _check_count(number)
        if not _is_plain_in_zip(member):
            raise BundleInvalid(f"found the link or encrypted file {member.filename[:100]!r}, expected plain files")
        yield (
            (member.filename, 0, None) if member.is_dir() else (member.filename, member.file_size, opened.open(member))
        )


def _is_plain_in_zip(member: ZipInfo) -> bool:
    kind = stat.S_IFMT(member.external_attr >> 16)
    return (
        kind in (0, stat.S_IFREG, stat.S_IFDIR)
        and not member.flag_bits & 0x1
        and member.compress_type in (ZIP_STORED, ZIP_DEFLATED)
    )


def _check_count(number: int) -> None:
    if number >= MOST_MEMBERS:
        raise TooLarge(f"the archive has more than {MOST_MEMBERS} members, the limit")

"""What an archive of a gallery may not have, whoever made it: its reader knows one form of a member."""

import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from index.archive_checking import read_head
from index.archive_members import END, Reading, header
from models.errors import ArchiveInvalid
from tests.tiny.bundle_archives import special


@contextmanager
def opened(content: bytes, at: Path) -> Iterator[Reading]:
    """An archive of these bytes."""
    at.write_bytes(content)
    with at.open("rb") as file:
        yield Reading(file)


def padded(name: str, content: bytes) -> bytes:
    """A member as an export writes it."""
    return header(name, len(content)) + content + bytes(-len(content) % 512) + END


ODD = {
    "a symbolic link": special("gallery.json", tarfile.SYMTYPE, "/etc/passwd").tobuf(tarfile.GNU_FORMAT),
    "a hard link": special("gallery.json", tarfile.LNKTYPE, "media/a").tobuf(tarfile.GNU_FORMAT),
    "a device": special("gallery.json", tarfile.CHRTYPE).tobuf(tarfile.GNU_FORMAT),
    "a pipe": special("gallery.json", tarfile.FIFOTYPE).tobuf(tarfile.GNU_FORMAT),
    "a folder": special("gallery.json", tarfile.DIRTYPE).tobuf(tarfile.GNU_FORMAT),
    "a sparse file": special("gallery.json", tarfile.GNUTYPE_SPARSE).tobuf(tarfile.GNU_FORMAT),
    "a long name": special("a" * 200, tarfile.REGTYPE).tobuf(tarfile.GNU_FORMAT),
    "a pax header": special("\u00e9" * 3, tarfile.REGTYPE).tobuf(tarfile.PAX_FORMAT),
}


@pytest.mark.parametrize("what", ODD)
def test_a_member_that_is_no_plain_file_is_refused(what: str, tmp_path: Path) -> None:
    with (
        opened(ODD[what] + bytes(1024) + END, tmp_path / "archive") as archive,
        pytest.raises(ArchiveInvalid, match="at byte 0"),
    ):
        archive.member()


@pytest.mark.parametrize("name", ["../gallery.json", "/gallery.json", "./gallery.json", "GALLERY.JSON", "media/x"])
def test_a_member_of_another_name_than_the_next_one_due_is_refused(name: str, tmp_path: Path) -> None:
    with (
        opened(padded(name, b"{}"), tmp_path / "archive") as archive,
        pytest.raises(ArchiveInvalid, match=r"expected the member gallery\.json"),
    ):
        read_head(archive)
    assert [each.name for each in tmp_path.iterdir()] == ["archive"]


@pytest.mark.parametrize("size_bytes", [2**33 - 1, 2**62])
def test_a_member_that_says_it_is_larger_than_the_file_is_refused_before_it_is_read(
    size_bytes: int, tmp_path: Path
) -> None:
    with (
        opened(header("gallery.json", size_bytes) + END, tmp_path / "archive") as archive,
        pytest.raises(ArchiveInvalid, match="cut off"),
    ):
        archive.member()


def test_a_head_of_more_than_a_head_has_is_refused_before_it_is_read(tmp_path: Path) -> None:
    with (
        opened(padded("gallery.json", b" " * 65_537), tmp_path / "archive") as archive,
        pytest.raises(ArchiveInvalid, match="65536 bytes at most"),
    ):
        read_head(archive)


def test_a_head_that_nests_without_end_is_refused(tmp_path: Path) -> None:
    with opened(padded("gallery.json", b"[" * 60_000), tmp_path / "archive") as archive, pytest.raises(ArchiveInvalid):
        read_head(archive)

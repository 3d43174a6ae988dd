"""An archive looked at from its first byte to its last, before anything is made of it."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from index.archive_format import (
    CLIPS,
    FORMAT,
    HEAD,
    LARGEST_HEAD_BYTES,
    LONGEST_LINE_BYTES,
    SUMS,
    ClipLine,
    FeatureKind,
    Head,
    finite_rows,
    media_member,
    parsed,
    sums,
)
from index.archive_members import BUFFER_BYTES, Member, Reading, Section
from index.catalog.walking import ROWS_AT_ONCE
from index.tally import Tally
from models.errors import ArchiveInvalid

FORMATS = re.compile(rb'"format":([0-9]{1,9})')
"""Any format's head says it so."""


@dataclass(frozen=True, slots=True)
class Layout:
    """Where things are in an archive: the clips' lines, the features in the head's order, the first media."""

    head: Head
    clips: Member
    features: tuple[Member, ...]
    media: int


def read_head(archive: Reading) -> tuple[Head, Member]:
    """What an archive says it is; raises ArchiveInvalid for another format, or for what is no archive."""
    member = archive.member()
    content = _small(archive, member, HEAD)
    if (found := FORMATS.search(content)) and int(found[1]) != FORMAT:
        raise ArchiveInvalid(f"{HEAD}: format {int(found[1])}, this version reads {FORMAT}")
    return parsed(Head, content, where=HEAD), member


def check(archive: Reading, tally: Tally) -> Layout:
    """Where everything is, if every byte is as it was written; raises ArchiveInvalid, naming member and line."""
    head, first = read_head(archive)
    digests = {HEAD: _digest(archive, first)}
    clips = _named(archive, first.end, CLIPS)
    digests[CLIPS] = _check_clips(archive, clips, head, tally)
    features: list[Member] = []
    for kind in head.features:
        features.append(_named(archive, (features or [clips])[-1].end, kind.member))
        digests[kind.member] = _check_features(archive, features[-1], kind, tally)
    summed = _named(archive, (features or [clips])[-1].end, SUMS)
    _check_sums(_small(archive, summed, SUMS), digests)
    layout = Layout(head, clips, tuple(features), summed.end)
    archive.check_end(_check_media(archive, layout, tally))
    return layout


def lines(archive: Reading, clips: Member, head: Head) -> Iterator[ClipLine]:
    """The clips, one after another."""
    yield from _lines(archive.content(clips), head)


def media_of(archive: Reading, layout: Layout) -> Iterator[tuple[ClipLine, Member]]:
    """Every clip with the member that holds its file."""
    at = layout.media
    for line in lines(archive, layout.clips, layout.head):
        member = _named(archive, at, media_member(line.sha256))
        yield line, member
        at = member.end


def _lines(content: Section, head: Head) -> Iterator[ClipLine]:
    number = 0
    while line := content.readline(LONGEST_LINE_BYTES + 1):
        number += 1
        if len(line) > LONGEST_LINE_BYTES:
            raise ArchiveInvalid(f"{CLIPS}, line {number}: expected {LONGEST_LINE_BYTES} bytes at most")
        found = parsed(ClipLine, line, where=f"{CLIPS}, line {number}")
        if any(place >= len(head.features) for window in found.windows for place in window.features):
            raise ArchiveInvalid(f"{CLIPS}, line {number}: {HEAD} lists {len(head.features)} kinds of features only")
        yield found


def _check_clips(archive: Reading, member: Member, head: Head, tally: Tally) -> str:
    content = archive.content(member)
    clips = windows = 0
    features = [0] * len(head.features)
    for line in _lines(content, head):
        clips += 1
        windows += len(line.windows)
        for place in (place for window in line.windows for place in window.features):
            features[place] += 1
        tally.advance()
    found, wanted = (clips, windows, features), (head.clips, head.windows, [kind.count for kind in head.features])
    if found != wanted:
        raise ArchiveInvalid(f"{CLIPS}: found (clips, windows, features) {found}, {HEAD} says {wanted}")
    return content.digest


def _check_features(archive: Reading, member: Member, kind: FeatureKind, tally: Tally) -> str:
    if member.size_bytes != kind.count * kind.row_bytes:
        raise ArchiveInvalid(
            f"{member.name}: found {member.size_bytes} bytes, expected {kind.count} rows of {kind.row_bytes}"
        )
    content, row = archive.content(member), 0
    while block := content.read(ROWS_AT_ONCE * kind.row_bytes):
        finite = finite_rows(block, kind.width)
        if not finite.all():
            raise ArchiveInvalid(f"{member.name}, row {row + int(finite.argmin()) + 1}: holds NaN or infinity")
        row += len(finite)
        tally.advance(len(finite))
    return content.digest


def _check_sums(found: bytes, digests: Mapping[str, str]) -> None:
    """The first member whose sum is another is the one that is named."""
    if found == sums(digests):
        return
    told = found.decode(errors="replace").splitlines()
    odd = next((name for name, digest in digests.items() if f"{digest}  {name}" not in told), SUMS)
    raise ArchiveInvalid(f"{odd}: its sha256 is not the one in {SUMS}")


def _check_media(archive: Reading, layout: Layout, tally: Tally) -> int:
    """Where the last one ends."""
    if layout.head.media == "left out":
        return layout.media
    end = layout.media
    for line, member in media_of(archive, layout):
        if member.size_bytes != line.size_bytes:
            raise ArchiveInvalid(
                f"{member.name}: found {member.size_bytes} bytes, {CLIPS} says {line.size_bytes} of {line.id!r}"
            )
        if (found := _digest(archive, member)) != line.sha256:
            raise ArchiveInvalid(f"{member.name}: its sha256 is {found}")
        end = member.end
        tally.advance()
    return end


def _named(archive: Reading, at: int, name: str) -> Member:
    member = archive.member(at)
    if member.name != name:
        raise ArchiveInvalid(f"at byte {at}: expected the member {name}, found {member.name!r}")
    return member


def _small(archive: Reading, member: Member, name: str) -> bytes:
    if member.name != name or member.size_bytes > LARGEST_HEAD_BYTES:
        raise ArchiveInvalid(
            f"expected the member {name} of {LARGEST_HEAD_BYTES} bytes at most, "
            f"found {member.name!r} of {member.size_bytes}"
        )
    return archive.content(member).read()


def _digest(archive: Reading, member: Member) -> str:
    content = archive.content(member)
    while content.read(BUFFER_BYTES):
        pass
    return content.digest

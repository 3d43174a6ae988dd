"""A gallery as one file: the same out as in, and nothing at all of a file that was altered."""

import io
import json
import subprocess
import tarfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from shutil import copytree, rmtree
from threading import Thread
from time import sleep
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text

from index import archive_restoring
from index.archive import export, import_
from index.archive_format import ClipLine, Media, parsed, rendered, sums
from index.archive_members import Writing
from index.catalog import clips, galleries, walking
from index.catalog import features as stored
from index.clips import Clip
from index.deleting import delete
from index.galleries import Galleries
from index.metadata import Json
from index.stores import Stores
from models.errors import (
    ArchiveInvalid,
    BundleNotFound,
    CatalogInvalid,
    Conflict,
    GalleryNotFound,
    InvalidInput,
    SpaceMismatch,
)
from models.types import Sense
from tests.tiny.bundles import AUDIO, tiny_bundle
from tests.tiny.copies import lay
from tests.unit.index.rows import clip as row
from tests.unit.index.world import BOTH, clip_features, library, media_files, path_of, query

METADATA: dict[str, Json] = {"shot": {"by": "Zoë", "iso": [100, 2**62, 1e20, -0.0, 1e16, 0.1]}, "a": None, "b": True}
SENSES: list[tuple[Sense, ...]] = [BOTH, ("audio",), ("video",)]

Change = Callable[[bytes], bytes]


def filled(folder: Path, catalog: str | None) -> Stores:
    """A data folder with the gallery "demo": nine clips, some long, some without a sense."""
    lay(nine_clips, folder, catalog)
    return Stores.open(folder, catalog)


def nine_clips(folder: Path, catalog: str | None) -> None:
    galleries = library(folder, catalog)
    gallery = galleries.create("demo", "tiny")
    for seed in range(9):
        path = folder / f"clip {seed}.mp4"
        path.write_bytes(f"the bytes of clip {seed}".encode() * seed)
        features = clip_features(seed, senses=SENSES[seed % 3], windows=seed % 4 + 1)
        labels = [f"label {seed % 3}", "thing"][: seed % 3]
        gallery.add(path, name=path.name, labels=labels, features=features, metadata=METADATA if seed % 2 else {})
    galleries.close()


@pytest.fixture
def source(tmp_path: Path, catalog: str | None) -> Iterator[Stores]:
    """A data folder with a gallery, on SQLite and on PostgreSQL."""
    stores = filled(tmp_path / "source", catalog)
    yield stores
    stores.close()


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """An archive, made once for all that alter it."""
    folder = tmp_path_factory.mktemp("whole")
    stores = filled(folder, None)
    export(stores, "demo", folder / "demo.tar")
    stores.close()
    return (folder / "demo.tar").read_bytes()


@pytest.fixture(scope="module")
def bare(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stores]:
    """A data folder with the same bundles, in which nothing ever arrives."""
    folder = tmp_path_factory.mktemp("bare")
    library(folder).close()
    stores = Stores.open(folder)
    yield stores
    stores.close()


@pytest.fixture
def copy(whole: bytes, tmp_path: Path) -> Path:
    """A file of that archive, to be altered."""
    (tmp_path / "copy.tar").write_bytes(whole)
    return tmp_path / "copy.tar"


@pytest.fixture
def target(tmp_path: Path) -> Iterator[Stores]:
    """Another data folder with the same bundles and no gallery, in SQLite."""
    library(tmp_path / "target").close()
    stores = Stores.open(tmp_path / "target")
    yield stores
    stores.close()


@pytest.fixture
def archive(source: Stores, tmp_path: Path) -> Path:
    export(source, "demo", tmp_path / "demo.tar")
    return tmp_path / "demo.tar"


def held(stores: Stores, name: str) -> tuple[list[Clip], dict[walking.Source, list[bytes]]]:
    """All clips, and all features in the order of their windows."""
    with stores.database.reading() as connection:
        key = galleries.get(connection, name).key
        rows = {
            each.source: [block for _, part in walking.vectors(connection, key, each.source) for block in part]
            for each in walking.kept(connection, key)
        }
        return clips.listed(connection, key), rows


def names(stores: Stores) -> list[str]:
    with stores.database.reading() as connection:
        return galleries.names(connection)


def altered(archive: Path, changes: Mapping[str, Change]) -> Path:
    """An archive with other contents whose sums are right."""
    with tarfile.open(archive) as tar:
        found = {each.name: tar.extractfile(each).read() for each in tar}  # type: ignore[union-attr]
    for name, change in changes.items():
        found[name] = change(found[name])
    summed = [name for name in found if name != "SHA256SUMS" and not name.startswith("media/")]
    found["SHA256SUMS"] = sums({name: sha256(found[name]).hexdigest() for name in summed})
    written = io.BytesIO()
    for name, content in found.items():
        with Writing(written).member(name) as member:
            member.write(content)
    Writing(written).end()
    archive.write_bytes(written.getvalue())
    return archive


def in_line(number: int, changes: Mapping[str, object]) -> Change:
    """Other values in one line of JSON lines."""

    def change(content: bytes) -> bytes:
        lines = content.splitlines(keepends=True)
        told = json.loads(lines[number - 1]) | changes
        lines[number - 1] = (
            json.dumps(told, ensure_ascii=False, sort_keys=True, separators=(",", ":")) + "\n"
        ).encode()
        return b"".join(lines)

    return change


def check_refused(stores: Stores, archive: Path, match: str, *, media: list[str] | None = None) -> None:
    """The archive is refused in these words, and leaves no gallery and no file."""
    with pytest.raises(ArchiveInvalid, match=match):
        import_(stores, archive)
    assert names(stores) == []
    assert media_files(stores.shelf._folder.parent) == (media or [])


def test_what_is_imported_is_equal_in_every_byte(source: Stores, target: Stores, archive: Path, tmp_path: Path) -> None:
    import_(target, archive)
    (before, features), (after, again) = held(source, "demo"), held(target, "demo")
    assert [replace(each, metadata={}) for each in after] == [replace(each, metadata={}) for each in before]
    assert [dict(each.metadata) for each in after] == [dict(each.metadata) for each in before]
    assert again == features
    assert len(features) == 2
    assert {why for each in after for why in each.lacks.values()} == {"silent", "damaged"}
    for each in before:
        assert (
            path_of(target.media.file(each.sha256)).read_bytes() == path_of(source.media.file(each.sha256)).read_bytes()
        )
    export(target, "demo", tmp_path / "again.tar")
    assert (tmp_path / "again.tar").read_bytes() == archive.read_bytes()


@pytest.mark.parametrize("catalog", [None])
def test_a_gallery_moves_from_sqlite_to_postgresql(archive: Path, postgres: str, tmp_path: Path) -> None:
    library(tmp_path / "moved", postgres).close()
    moved = Stores.open(tmp_path / "moved", postgres)
    import_(moved, archive)
    export(moved, "demo", tmp_path / "again.tar")
    moved.close()
    assert (tmp_path / "again.tar").read_bytes() == archive.read_bytes()


def test_a_gallery_that_was_deleted_comes_back_from_its_archive(source: Stores, archive: Path, tmp_path: Path) -> None:
    delete(source, "demo")
    assert media_files(tmp_path / "source") == []
    import_(source, archive)
    export(source, "demo", tmp_path / "again.tar")
    assert (tmp_path / "again.tar").read_bytes() == archive.read_bytes()


def test_an_imported_gallery_finds_what_the_exported_one_finds(source: Stores, target: Stores, archive: Path) -> None:
    import_(target, archive, name="other")
    for route, modality in (("text->audio", "text"), ("audio->video", "audio"), ("text->av", "text")):
        asked = query(1, modality)  # type: ignore[arg-type]
        hits = [
            [(hit.clip_id, hit.window, hit.score) for hit in Galleries(stores).get(name).search(route, asked, k=20)]
            for stores, name in ((source, "demo"), (target, "other"))
        ]
        assert hits[0] == hits[1] != []


def test_clips_are_added_to_an_imported_gallery_as_to_any_other(target: Stores, archive: Path, tmp_path: Path) -> None:
    import_(target, archive)
    gallery = Galleries(target).get("demo")
    (tmp_path / "new.mp4").write_bytes(b"new")
    clip = gallery.add(tmp_path / "new.mp4", name="new.mp4", labels=[], features=clip_features(77))
    assert clip.id in {hit.clip_id for hit in gallery.search("text->av", query(0, "text"), k=100)}
    gallery.remove(gallery.clips()[0].id)
    assert gallery.summary().clips == 9


def test_features_of_several_backbones_come_along(source: Stores, target: Stores, tmp_path: Path) -> None:
    with source.database.writing() as connection:
        ids = clips.window_ids(connection, galleries.get(connection, "demo").key).tolist()
        other = np.arange(5, dtype=np.float32)
        stored.add(connection, ((each, {"audio": other * each}, {"audio": "e" * 64}) for each in ids[::2]))
    export(source, "demo", tmp_path / "demo.tar")
    import_(target, tmp_path / "demo.tar")
    assert held(target, "demo")[1] == held(source, "demo")[1]
    assert len(held(target, "demo")[1][("audio", "e" * 64)]) == len(ids[::2])


def test_an_empty_gallery_has_an_archive_too(target: Stores, tmp_path: Path) -> None:
    Galleries(target).create("empty", "tiny")
    export(target, "empty", tmp_path / "empty.tar")
    import_(target, tmp_path / "empty.tar", name="again")
    assert held(target, "again") == ([], {})


def test_tar_and_sha256sum_read_an_archive(archive: Path, tmp_path: Path) -> None:
    place = tmp_path / "extracted"
    place.mkdir()
    subprocess.run(["tar", "--extract", f"--file={archive}"], cwd=place, check=True)
    subprocess.run(["sha256sum", "--check", "--strict", "--quiet", "SHA256SUMS"], cwd=place, check=True)
    files = sorted((place / "media").iterdir())
    assert len(files) == 9
    assert all(sha256(each.read_bytes()).hexdigest() == each.name for each in files)


def test_progress_comes_to_its_end(source: Stores, target: Stores, tmp_path: Path) -> None:
    for left_out in (False, True):
        told: list[tuple[int, int]] = []
        media, name = ("left out", "second") if left_out else ("included", "first")
        export(
            source,
            "demo",
            tmp_path / f"{name}.tar",
            media=media,  # type: ignore[arg-type]
            progress=lambda done, total, told=told: told.append((done, total)),  # type: ignore[misc]
        )
        assert told[-1][0] == told[-1][1]
        told.clear()
        import_(target, tmp_path / f"{name}.tar", name=name, progress=lambda *each, told=told: told.append(each))
        assert told[-1][0] == told[-1][1]
        assert [done for done, _ in told] == sorted(done for done, _ in told)


def test_an_archive_without_media_needs_them_to_be_there(source: Stores, target: Stores, tmp_path: Path) -> None:
    path = tmp_path / "thin.tar"
    export(source, "demo", path, media="left out")
    with tarfile.open(path) as tar:
        assert "media" not in "".join(tar.getnames())
    check_refused(target, path, "made without media, and that of the clip")
    import_(source, path, name="twin")
    assert held(source, "twin") == held(source, "demo")
    damaged = path_of(source.media.file(held(source, "demo")[0][3].sha256))
    damaged.write_bytes(damaged.read_bytes()[::-1])
    with pytest.raises(ArchiveInvalid, match=held(source, "demo")[0][3].id):
        import_(source, path, name="third")
    assert names(source) == ["demo", "twin"]


def test_a_file_that_is_there_stays_unless_it_is_to_be_replaced(source: Stores, archive: Path) -> None:
    whole = archive.read_bytes()
    archive.write_bytes(b"precious")
    with pytest.raises(Conflict, match=r"demo\.tar already"):
        export(source, "demo", archive)
    assert archive.read_bytes() == b"precious"
    export(source, "demo", archive, existing="replace")
    assert archive.read_bytes() == whole


def test_an_export_that_fails_leaves_what_was_there(source: Stores, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    path = tmp_path / "out" / "demo.tar"
    with pytest.raises(GalleryNotFound):
        export(source, "nobody", path)
    path_of(source.media.file(held(source, "demo")[0][8].sha256)).unlink()
    with pytest.raises(Conflict, match="is gone"):
        export(source, "demo", path)
    assert list(path.parent.iterdir()) == []
    for place in (path.parent, path.parent / "nowhere" / "demo.tar"):
        with pytest.raises(InvalidInput):
            export(source, "demo", place)


def test_a_gallery_that_is_damaged_is_not_exported(source: Stores, tmp_path: Path) -> None:
    damaged = path_of(source.media.file(held(source, "demo")[0][3].sha256))
    damaged.write_bytes(damaged.read_bytes()[::-1])
    with pytest.raises(CatalogInvalid, match=held(source, "demo")[0][3].id):
        export(source, "demo", tmp_path / "demo.tar")
    with source.database.writing() as connection:
        connection.execute(text("UPDATE features SET vector = :odd"), {"odd": b"\x00\x7e" * 8})
    with pytest.raises(CatalogInvalid, match="NaN"):
        export(source, "demo", tmp_path / "demo.tar", media="left out")
    assert not (tmp_path / "demo.tar").exists()


def test_a_byte_that_was_changed_is_found_wherever_it_is(bare: Stores, copy: Path) -> None:
    whole = copy.read_bytes()
    places = [*range(0, len(whole), 211), len(whole) - 1]
    for place in places:
        changed = bytearray(whole)
        changed[place] ^= 0x20
        copy.write_bytes(changed)
        check_refused(bare, copy, ".")
    assert len(places) > 80


def test_an_archive_that_was_cut_off_or_goes_on_is_refused(bare: Stores, copy: Path) -> None:
    whole = copy.read_bytes()
    for tenth in range(10):
        copy.write_bytes(whole[: len(whole) * tenth // 10])
        check_refused(bare, copy, ".")
    for odd in (whole[:-512], whole + bytes(512), whole + b"more", b"", b"no tar at all" * 100):
        copy.write_bytes(odd)
        check_refused(bare, copy, "at byte|expected")


AUDIO_ROWS = f"features/audio-{AUDIO.sha256}.f16"
NAN = np.array([np.nan], "<f2").tobytes()
LINES = [
    ({"colour": "red"}, "clips.jsonl, line 3: colour: Extra inputs"),
    ({"name": ""}, "line 3: name: "),
    ({"name": "x" * 256}, "line 3: name: "),
    ({"name": "two\nlines"}, "line 3: name: .*printable"),
    ({"labels": ["a", "a"]}, "line 3: .*twice"),
    ({"labels": "a"}, "line 3: labels: "),
    ({"media_type": "text/html"}, "line 3: .*'text/html'"),
    ({"size_bytes": "38"}, "line 3: size_bytes: "),
    ({"size_bytes": 37}, "media/.*: found 38 bytes"),
    ({"duration_s": -1.0}, "line 3: duration_s: "),
    ({"duration_s": float("nan")}, "line 3: "),
    ({"id": "0" * 16}, "line 3: .*first digits"),
    ({"sha256": "../../../etc/passwd"}, "line 3: sha256: "),
    ({"metadata": {"big": "x" * 20_000}}, "line 3: metadata: .*16384"),
    ({"metadata": []}, "line 3: metadata: "),
    ({"windows": []}, r"found \(clips, windows, features\)"),
    ({"windows": [{"start_s": 2.0, "end_s": 1.0, "features": []}]}, "line 3: windows"),
    ({"windows": [{"start_s": 0.0, "end_s": 1.0, "features": [2]}]}, "line 3: .*2 kinds"),
    ({"windows": [{"start_s": 0.0, "end_s": 1.0, "features": [1, 0]}]}, "line 3: .*ascend"),
    ({"windows": [{"start_s": 0.0, "end_s": 1.0, "features": [0], "absent": {"video": "tired"}}]}, "line 3: .*absent"),
    (
        {"windows": [{"start_s": 0.0, "end_s": 1.0, "features": [0], "absent": {"smell": "missing"}}]},
        "line 3: .*absent",
    ),
    ({"windows": [{"start_s": 0.0, "end_s": 1.0, "features": [0], "absent": {}}]}, "line 3: not written as"),
]


@pytest.mark.parametrize(("changes", "match"), LINES)
def test_a_line_that_is_not_a_clip_is_refused_by_its_number(
    bare: Stores, copy: Path, changes: dict[str, object], match: str
) -> None:
    check_refused(bare, altered(copy, {"clips.jsonl": in_line(3, changes)}), match)


def twice(content: bytes) -> bytes:
    """The fifth clip has the bytes of the first."""
    first = json.loads(content.splitlines()[0])
    return in_line(5, {each: first[each] for each in ("id", "sha256", "size_bytes")})(content)


CONTENTS: list[tuple[str, Change, str]] = [
    (AUDIO_ROWS, lambda rows: rows[:32] + NAN + rows[34:], f"{AUDIO_ROWS}, row 3: holds NaN"),
    (AUDIO_ROWS, lambda rows: rows[:-16], "expected .* rows of 16"),
    (AUDIO_ROWS, lambda rows: rows + rows[:16], "expected .* rows of 16"),
    ("clips.jsonl", lambda lines: lines.replace(b'"name":', b'"name" :', 1), "line 1: not written as"),
    ("clips.jsonl", lambda lines: lines[:-1], "line 9: not written as"),
    ("clips.jsonl", lambda lines: lines.replace(b'"name":', b'"id":"0","name":', 1), "line 1: "),
    ("clips.jsonl", lambda lines: b"[" * 5_000_000, "line 1: expected 4194304 bytes at most"),
    ("clips.jsonl", lambda lines: b"[" * 100_000 + b"\n", "line 1: "),
    ("clips.jsonl", lambda lines: lines.replace(b"clip", b"\xff\xfe", 1), "line 1: "),
    ("gallery.json", in_line(1, {"format": 2}), "format 2, this version reads 1"),
    ("gallery.json", in_line(1, {"more": 1}), "gallery.json: more: "),
    ("gallery.json", in_line(1, {"clips": 8}), "gallery.json says"),
    ("gallery.json", in_line(1, {"features": []}), "line 1: .*0 kinds"),
    ("gallery.json", in_line(1, {"media": "left out"}), "expected the end"),
    ("gallery.json", in_line(1, {"gallery": "../up"}), "gallery.json: gallery: "),
    ("gallery.json", lambda head: head + b" " * 70_000, "65536 bytes at most"),
]


@pytest.mark.parametrize(("member", "change", "match"), CONTENTS)
def test_a_member_that_is_not_as_written_is_refused_by_its_name(
    bare: Stores, copy: Path, member: str, change: Change, match: str
) -> None:
    check_refused(bare, altered(copy, {member: change}), match)


def test_a_clip_that_is_there_twice_takes_everything_back(source: Stores, target: Stores, tmp_path: Path) -> None:
    export(source, "demo", tmp_path / "thin.tar", media="left out")
    altered(tmp_path / "thin.tar", {"clips.jsonl": twice})
    for each in held(source, "demo")[0]:  # media that are there already stay there
        with target.media.draft(path_of(source.media.file(each.sha256))) as draft:
            target.media.keep(draft)
    check_refused(target, tmp_path / "thin.tar", "is there twice", media=media_files(tmp_path / "source"))


def test_media_of_other_bytes_are_refused(bare: Stores, copy: Path) -> None:
    with tarfile.open(copy) as tar:
        name = tar.getnames()[-1]
    check_refused(bare, altered(copy, {name: lambda content: content[::-1]}), f"{name}: its sha256 is")


def test_features_of_another_width_than_the_bundles_are_refused(bare: Stores, copy: Path) -> None:
    def wider(content: bytes) -> bytes:
        kinds = json.loads(content)["features"]
        return in_line(1, {"features": [kinds[0] | {"width": 16}, kinds[1]]})(content)

    changes: dict[str, Change] = {"gallery.json": wider, AUDIO_ROWS: lambda rows: rows * 2}
    check_refused(bare, altered(copy, changes), "audio features of width 16, the backbone tiny-audio@1 .* of 8")


class Stopped(Exception):
    """What a test raises to stop an import."""


def test_an_import_that_is_stopped_anywhere_leaves_nothing(target: Stores, archive: Path, tmp_path: Path) -> None:
    totals: list[int] = []

    def stop_at(last: int, done: int, total: int) -> None:
        totals.append(total)
        if done >= last:
            raise Stopped

    last = 1
    while not totals or last <= totals[0]:
        with pytest.raises(Stopped):
            import_(target, archive, progress=lambda done, total, last=last: stop_at(last, done, total))  # type: ignore[misc]
        assert names(target) == []
        assert media_files(tmp_path / "target") == []
        last += 5
    import_(target, archive)
    assert len(media_files(tmp_path / "target")) == 9


def drop(stores: Stores, digests: Sequence[str]) -> None:
    stores.drop_unused(digests)


@pytest.mark.parametrize("media", ["included", "left out"])
def test_media_that_another_process_drops_between_the_last_look_and_the_commit_stay(
    target: Stores, source: Stores, tmp_path: Path, media: Media, monkeypatch: pytest.MonkeyPatch
) -> None:
    export(source, "demo", tmp_path / "some.tar", media=media)
    if media == "left out":
        copytree(tmp_path / "source" / "media", tmp_path / "target" / "media", dirs_exist_ok=True)
    elsewhere = Stores.open(tmp_path / "target")
    digests = list(source.media.all_digests())
    dropping = Thread(target=drop, args=(elsewhere, digests))
    look = archive_restoring._check_media_stayed

    def looked(*given: Any) -> None:
        look(*given)
        dropping.start()
        sleep(0.1)

    monkeypatch.setattr(archive_restoring, "_check_media_stayed", looked)
    import_(target, tmp_path / "some.tar")
    dropping.join()
    elsewhere.close()
    assert [each for each in digests if not target.media.file(each).exists()] == []


def test_media_that_another_process_drops_before_the_last_look_take_everything_back(
    target: Stores, source: Stores, archive: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    look = archive_restoring._check_media_stayed

    def looked(*given: Any) -> None:
        path_of(target.media.file(next(source.media.all_digests()))).unlink()
        look(*given)

    monkeypatch.setattr(archive_restoring, "_check_media_stayed", looked)
    with pytest.raises(Conflict, match="was deleted meanwhile by somebody else"):
        import_(target, archive)
    assert (names(target), media_files(tmp_path / "target")) == ([], [])


def test_a_gallery_of_that_name_or_no_name_is_refused(source: Stores, target: Stores, archive: Path) -> None:
    with pytest.raises(Conflict, match="'demo' already"):
        import_(source, archive)
    with pytest.raises(InvalidInput, match="'a/b'"):
        import_(target, archive, name="a/b")
    assert names(target) == []


def test_the_bundle_must_be_there_and_the_same(target: Stores, archive: Path, tmp_path: Path) -> None:
    place = tmp_path / "target" / "bundles" / "tiny"
    rmtree(place)
    tiny_bundle(place, name="tiny", seed=5)
    with pytest.raises(SpaceMismatch, match="'tiny' of sha256 "):
        import_(target, archive)
    (place / "bundle.json").unlink()
    with pytest.raises(BundleNotFound, match="no bundle 'tiny'"):
        import_(target, archive)
    assert names(target) == []


@given(
    st.dictionaries(
        st.text(
            st.characters(codec="utf-8", exclude_categories=["C", "Z"], exclude_characters='"\\'),
            min_size=1,
            max_size=9,
        ),
        st.one_of(
            st.none(),
            st.booleans(),
            st.integers(-(2**63), 2**63 - 1),
            st.floats(allow_nan=False, allow_infinity=False),
            st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=9),
        ),
        max_size=5,
    ),
    st.floats(0, 1e9, allow_nan=False),
)
def test_a_line_says_what_it_was_made_from(metadata: dict[str, Json], duration_s: float) -> None:
    clip = replace(row(3), media_type="video/mp4", metadata=metadata, duration_s=duration_s)
    clip = replace(clip, id=clip.sha256[:16])
    line = rendered(ClipLine.of(clip, [()]))
    found = parsed(ClipLine, line, where="here")
    assert found.clip([]) == clip
    assert rendered(ClipLine.of(found.clip([]), [()])) == line

"""Every kind of damage to a data folder, made, is found and named."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path
from shutil import copytree, rmtree

import numpy as np
import pytest
from sqlalchemy import text

from index.catalog import clips, galleries
from index.clips import Clip
from index.deleting import delete
from index.galleries import Galleries
from index.reindexing import Rules
from index.snapshots import Snapshots
from index.stores import Stores
from index.verifying import verify
from index.verifying_findings import Finding
from models.errors import GalleryNotFound
from models.hubness import RouteBias
from models.types import I64
from tests.tiny.copies import lay
from tests.tiny.tables import own_tables
from tests.unit.index.world import add, library, media_files, path_of


@pytest.fixture
def stores(tmp_path: Path, catalog: str | None) -> Iterator[Stores]:
    """A data folder with the galleries "demo", of six clips, and "other", of one of these."""
    lay(two_galleries, tmp_path, catalog)
    found = Stores.open(tmp_path, catalog)
    yield found
    found.close()


def two_galleries(folder: Path, catalog: str | None) -> None:
    galleries, scratch = library(folder, catalog), folder / "scratch"
    scratch.mkdir()
    for seed in range(6):
        add(galleries.create("demo", "tiny") if seed == 0 else galleries.get("demo"), scratch, seed, windows=2)
    add(galleries.create("other", "tiny"), scratch, 0)
    galleries.close()


@pytest.fixture
def first(stores: Stores) -> Clip:
    return Galleries(stores).get("demo").clips()[0]


def check(stores: Stores, *names: str) -> list[Finding]:
    return verify(stores, Galleries(stores), names=names or None)


def told(found: list[Finding]) -> list[tuple[str, str, str]]:
    return [(each.what, each.where, each.found) for each in found]


def windows(stores: Stores) -> I64:
    with stores.database.reading() as connection:
        return clips.window_ids(connection, galleries.get(connection, "demo").key)


def test_nothing_is_found_where_nothing_is_wrong(stores: Stores) -> None:
    totals: list[tuple[int, int]] = []
    assert verify(stores, Galleries(stores), progress=lambda *each: totals.append(each)) == []
    assert totals[-1] == (7 + 2 * 13, 7 + 2 * 13)
    assert check(stores, "demo") == []
    with pytest.raises(GalleryNotFound):
        check(stores, "nobody")


def test_nothing_is_found_after_clips_were_deleted(stores: Stores, first: Clip) -> None:
    gallery = Galleries(stores).get("demo")
    gallery.remove(first.id)
    gallery.remove(gallery.clips()[2].id)
    assert check(stores) == []


def test_media_that_are_missing_or_other_bytes_are_found(stores: Stores) -> None:
    path = [path_of(stores.media.file(each.sha256)) for each in Galleries(stores).get("demo").clips()]
    path[1].unlink()
    path[2].write_bytes(path[2].read_bytes() + b"!")
    path[3].write_bytes(path[3].read_bytes()[::-1])
    found = check(stores)
    ids = [each.id for each in Galleries(stores).get("demo").clips()]
    assert [(each.what, each.where) for each in found] == [("media", f"gallery demo: clip {ids[i]}") for i in (1, 2, 3)]
    assert found[0].found == f"{path[1]}: No such file or directory"
    assert found[1].found.startswith(f"{path[2]}: 20 bytes of sha256 ")
    assert found[2].expected.startswith("19 bytes of sha256 ")


def test_media_of_two_galleries_are_found_in_both(stores: Stores, first: Clip) -> None:
    path_of(stores.media.file(first.sha256)).unlink()
    assert [each.where.split(":")[0] for each in check(stores)] == ["gallery demo", "gallery other"]
    assert [each.where.split(":")[0] for each in check(stores, "other")] == ["gallery other"]


def test_a_file_that_no_clip_has_is_found(stores: Stores, tmp_path: Path) -> None:
    stray = path_of(stores.media.file("f" * 64))
    stray.parent.mkdir(exist_ok=True)
    stray.write_bytes(b"who am I?")
    assert told(check(stores)) == [("stray", str(stray), "a file that no clip has")]


ROWS = [
    ("UPDATE galleries SET active_generation = 7 WHERE name = 'demo'", "gallery demo", "generation 7"),
    ("UPDATE generations SET state = 'building' WHERE gallery_id = :demo", "gallery demo", "generation 1"),
    ("UPDATE galleries SET position = 99 WHERE name = 'demo'", "gallery demo", "12 changes up to 12"),
    ("DELETE FROM changes WHERE gallery_id = :demo AND position = 12", "gallery demo", "11 changes up to 11"),
    ("UPDATE clips SET clip_id = 'odd' WHERE id = 2", "clip odd", "sha256 f90be1a8"),
    ("DELETE FROM windows WHERE clip = 2", "clip f90be1a8a3b57df9", "no window"),
    ("DELETE FROM labels WHERE clip = 2 AND position = 0", "clip f90be1a8a3b57df9", "1 labels up to number 1"),
    ("UPDATE windows SET end_s = start_s WHERE id = 3", "window 3", "0.0 to 0.0|0 to 0"),
    ("UPDATE windows SET gallery_id = 2 WHERE id = 3", "window 3", "gallery number 2"),
    ("UPDATE changes SET window = 77 WHERE position = 3 AND gallery_id = :demo", "window 3", "no change that added it"),
    ("UPDATE changes SET window = 77 WHERE position = 3 AND gallery_id = :demo", "window 77", "neither a window nor"),
    ("UPDATE changes SET kind = 'removed' WHERE position = 3 AND gallery_id = :demo", "window 3", "that was removed"),
    ("UPDATE features SET sense = 'smell' WHERE \"window\" = 3 AND sense = 'audio'", "window 3", "smell"),
]


@pytest.mark.parametrize(("statement", "where", "found"), ROWS)
def test_rows_that_contradict_each_other_are_found(stores: Stores, statement: str, where: str, found: str) -> None:
    with stores.database.writing() as connection:
        demo = {"demo": galleries.get(connection, "demo").key} if ":demo" in statement else {}
        connection.execute(text(statement.replace("SET window", 'SET "window"')), demo)
    told = [each for each in check(stores) if each.what == "catalog" and each.where == f"gallery demo: {where}"]
    assert [each for each in told if any(word in each.found for word in found.split("|"))], check(stores)


@pytest.mark.parametrize("catalog", [None])
def test_rows_that_refer_to_none_are_found_in_sqlite(stores: Stores, tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "catalog.sqlite") as connection:
        connection.execute("DELETE FROM clips WHERE id = 2")  # without the cascade
    connection.close()
    found = check(stores)
    assert {(each.where.split(",")[0], each.found) for each in found} == {
        ("labels", "belongs to no row of clips"),
        ("windows", "belongs to no row of clips"),
    }
    assert [each.what for each in found] == ["catalog"] * 4


@pytest.mark.parametrize("catalog", [None])
def test_a_damaged_page_of_sqlite_is_found(stores: Stores, tmp_path: Path) -> None:
    stores.close()
    path = tmp_path / "catalog.sqlite"
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        (page,) = connection.execute("SELECT rootpage FROM sqlite_master WHERE name = 'clips_by_label'").fetchone()
        (size,) = connection.execute("PRAGMA page_size").fetchone()
    connection.close()
    content = bytearray(path.read_bytes())
    content[page * size - 40 : page * size - 20] = bytes(20)  # of the last entries of an index
    path.write_bytes(content)
    found = check(stores)
    assert {each.where for each in found} == {"the catalog's file"}
    assert any("clips_by_label" in each.found for each in found)


FEATURES: list[tuple[bytes, str]] = [
    (b"\x00\x3c" * 7, "14 bytes"),
    (b"\x00\x3c" * 9, "18 bytes"),
    (b"", "0 bytes"),
    (b"\x00\x3c" * 7 + b"\x00\x7e", "NaN or infinity"),
]


@pytest.mark.parametrize(("vector", "found"), FEATURES)
def test_features_that_cannot_be_are_found(stores: Stores, vector: bytes, found: str) -> None:
    window = int(windows(stores)[2])
    statement = text("UPDATE features SET vector = :vector WHERE \"window\" = :window AND sense = 'audio'")
    with stores.database.writing() as connection:
        connection.execute(statement, {"vector": vector, "window": window})
    first = check(stores)[0]
    assert (first.what, first.where, first.found, first.expected) == (
        "features",
        f"gallery demo: window {window}, audio",
        found,
        "8 finite numbers",
    )


def test_windows_without_features_of_the_bundles_backbones_are_found(stores: Stores) -> None:
    chosen = windows(stores).tolist()
    with stores.database.writing() as connection:
        connection.execute(text('DELETE FROM features WHERE "window" = :window'), {"window": chosen[0]})
        other = text("UPDATE features SET backbone_sha256 = :other WHERE \"window\" = :window AND sense = 'audio'")
        connection.execute(other, {"other": "e" * 64, "window": chosen[1]})
    ids = [each.id for each in Galleries(stores).get("demo").clips()]
    assert told(check(stores)) == [
        ("features", f"gallery demo: clip {ids[0]}, window {chosen[0]}", "no features at all"),
        ("features", f"gallery demo: clip {ids[0]}, window {chosen[1]}", "audio features of other backbones only"),
    ]


def test_vectors_that_are_missing_too_many_or_others_are_found(stores: Stores) -> None:
    opened = Galleries(stores)
    active, manifest = opened.get("demo").active, opened.get("demo").active.bundle.manifest
    heads = {route.gallery: manifest.space(route) for route in manifest.routes.values()}
    audio, video, av = (own_tables(active)[heads[head]].index for head in ("audio", "video", "av"))
    chosen = windows(stores)
    audio.remove(chosen[3:5])
    video.add(np.array([10_000]), np.ones((1, 4), np.float32))
    turned = -av.vectors(chosen[7:8])
    av.remove(chosen[7:8])
    av.add(chosen[7:8], turned)
    assert sorted(told(verify(stores, opened))) == [
        ("index", "gallery demo: vectors of audio", f"none of 2 windows, such as {chosen[3]}"),
        ("index", "gallery demo: vectors of av", f"1 of 12 differ, such as {chosen[7]}"),
        ("index", "gallery demo: vectors of video", "1 of no window, such as 10000"),
    ]


def test_biases_that_are_not_those_of_now_are_found(stores: Stores) -> None:
    opened = Galleries(stores)
    gallery = opened.get("demo")
    gallery.reindex("tiny", rules=Rules(tolerance=None), biases={"audio->video": RouteBias(alpha=0.5, neighbours=2)})
    assert check(stores) == []
    space = gallery.active.table("audio->video").embedding.space
    video, chosen = own_tables(gallery.active)[space].index, windows(stores)
    odd = video.vectors(chosen[5:6])
    odd[:, 4] += 0.25
    video.replace(chosen[5:6], odd)
    assert told(verify(stores, opened)) == [
        ("index", "gallery demo: vectors of video", f"other biases for 1 of 12, such as {chosen[5]}")
    ]


def test_a_bundle_that_is_gone_or_another_is_found(stores: Stores, tmp_path: Path) -> None:
    place = tmp_path / "bundles" / "tiny" / "bundle.json"
    whole = place.read_bytes()
    place.write_bytes(whole.replace(b'"nothing"', b'"something"'))
    assert {each.what for each in check(stores, "demo")} == {"bundle"}
    place.unlink()
    found = check(stores, "demo")
    assert [(each.what, each.where) for each in found] == [("bundle", "gallery demo")]
    assert "no bundle 'tiny'" in found[0].found


@pytest.fixture
def kept(stores: Stores) -> list[Path]:
    """The folders of the snapshots of "demo"."""
    active = Galleries(stores).get("demo").active
    for table in own_tables(active).values():
        Snapshots(stores.vectors).write(active.gallery, active.number, table)
    return sorted((stores.vectors / str(active.gallery) / "1").iterdir())


def test_snapshots_that_can_be_read_are_none(stores: Stores, kept: list[Path]) -> None:
    assert len(kept) == 3
    assert check(stores) == []


def test_snapshots_that_are_damaged_or_of_something_else_are_found(stores: Stores, kept: list[Path]) -> None:
    vectors = next(kept[0].glob("vectors*"))
    content = bytearray(vectors.read_bytes())
    content[-1] ^= 1
    vectors.write_bytes(content)
    rmtree(kept[2])
    copytree(kept[1], kept[2])
    found = check(stores)
    assert [(each.what, each.where) for each in found] == [("snapshot", str(kept[0])), ("snapshot", str(kept[2]))]
    assert "sha256" in found[0].found
    assert "expected generation 1 of" in found[1].found


def test_snapshots_ahead_of_the_catalog_are_found(stores: Stores, kept: list[Path], tmp_path: Path) -> None:
    """As after the catalog was put back from a copy of yesterday."""
    gallery = Galleries(stores).get("demo")
    clip = add(gallery, tmp_path / "scratch", 9)
    for table in own_tables(gallery.active).values():
        Snapshots(stores.vectors).write(gallery.active.gallery, 1, table)
    with stores.database.writing() as connection:
        for statement in (
            "DELETE FROM changes WHERE position = 13",
            "UPDATE galleries SET position = 12 WHERE name = 'demo'",
        ):
            connection.execute(text(statement))
        connection.execute(text("DELETE FROM clips WHERE clip_id = :id"), {"id": clip.id})
    found = [each for each in check(stores) if each.what != "stray"]
    assert [(each.what, each.found) for each in found] == [
        ("snapshot", "of change 13 by another history than the catalog's, as before a backup was restored")
        for _ in kept
    ]


def test_snapshots_of_another_history_of_the_same_length_are_found(stores: Stores, kept: list[Path]) -> None:
    with stores.database.writing() as connection:
        connection.execute(text("UPDATE changes SET token = token + 1 WHERE position = 12"))
    assert {(each.what, each.found[:28]) for each in check(stores)} == {("snapshot", "of change 12 by another hist")}


def test_vectors_of_no_generation_or_gallery_are_found(stores: Stores, kept: list[Path]) -> None:
    copytree(kept[0].parent, kept[0].parent.with_name("7"))
    copytree(kept[0].parents[1], stores.vectors / "99")
    assert sorted(told(check(stores))) == sorted(
        [
            ("stray", str(kept[0].parent.with_name("7")), "vectors of no generation"),
            ("stray", str(stores.vectors / "99"), "vectors of no gallery"),
        ]
    )


def test_a_deleted_gallery_leaves_nothing(stores: Stores, kept: list[Path], tmp_path: Path) -> None:
    delete(stores, "demo")
    assert check(stores) == []
    assert not kept[0].exists()
    assert len(media_files(tmp_path)) == 1
    with stores.database.reading() as connection:
        for table in ("clips", "windows", "features", "labels", "changes", "generations"):
            assert connection.execute(text(f"SELECT count(*) FROM {table}")).scalar_one() <= 2, table
    with pytest.raises(GalleryNotFound):
        delete(stores, "demo")

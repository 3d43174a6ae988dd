"""Clips and windows whose numbers no longer fit in 32 bits: found, listed, walked and deleted like any other."""

from contextlib import closing
from pathlib import Path

import pytest

from index.galleries import Galleries
from index.gallery import Gallery
from index.verifying import verify
from tests.unit.index.world import add, query

FIRST = 2**31
RAISE = {
    "sqlite": (
        "PRAGMA defer_foreign_keys = ON",
        f"UPDATE sqlite_sequence SET seq = {FIRST} WHERE name = 'windows'",
        f"UPDATE clips SET id = {FIRST}",
        f"UPDATE labels SET clip = {FIRST}",
        f"UPDATE windows SET clip = {FIRST}",
    ),
    "postgresql": (f"SELECT setval('windows_id_seq', {FIRST})", f"SELECT setval('clips_id_seq', {FIRST})"),
}
"""What has the next clip and window get numbers above it, where there is one clip."""
QUERY = query(0, "text")


@pytest.fixture
def large(galleries: Galleries, tmp_path: Path) -> Gallery:
    """A gallery of a clip with two windows, whose numbers are above FIRST; another one has a clip too."""
    gallery, database = galleries.create("large", "tiny"), galleries.stores.database
    add(galleries.create("small", "tiny"), tmp_path, 0)
    with database.writing() as connection:
        for statement in RAISE[database.dialect]:
            connection.exec_driver_sql(statement)
    add(gallery, tmp_path, 1, windows=2)
    return gallery


def found(gallery: Gallery) -> set[tuple[str, int]]:
    return {(hit.clip_id, hit.window_id) for hit in gallery.search("text->av", QUERY, k=100)}


def test_they_are_found_listed_and_walked(large: Gallery, galleries: Galleries) -> None:
    ((place, clip),) = large.page(limit=9)
    assert place > FIRST
    assert large.page(after=place, limit=9) == []
    assert found(large) == {(clip.id, FIRST + 1), (clip.id, FIRST + 2)}
    assert large.still_there([FIRST + 1], large.active).keys() == {FIRST + 1}
    assert list(verify(galleries.stores, galleries)) == []


def test_another_process_finds_them_and_what_is_deleted_is_gone(
    large: Gallery, tmp_path: Path, catalog: str | None
) -> None:
    with closing(Galleries.open(tmp_path, catalog)) as elsewhere:
        there = elsewhere.get("large")
        assert found(there) == found(large)
        added = add(large, tmp_path, 2)
        assert (added.id, FIRST + 3) in found(there)
        large.remove(large.clips()[0].id)
        assert found(there) == found(large) == {(added.id, FIRST + 3)}
        assert there.summary().windows == 1


def test_they_are_embedded_anew(large: Gallery, tmp_path: Path) -> None:
    before = found(large)
    large.compact()
    large.reindex("other")
    assert found(large) == before

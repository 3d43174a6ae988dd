"""Galleries in catalogs of every earlier revision, on SQLite and PostgreSQL: opened by today's code, and as they were.

Nothing was released before 0.1.0: each revision of the catalog that there ever was stands for a release that had it.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Connection, column, create_engine, inspect, select, table, text

from index.catalog.address import parse
from index.catalog.migrating import known_revisions, run_migrations
from index.catalog.schema import REVISION, metadata
from index.galleries import Galleries
from index.gallery import Gallery
from index.stores import Stores
from index.verifying import verify
from tests.tiny.postgres import Cluster
from tests.unit.index.world import add, eight_clips, query

QUERY = query(0, "text")
ROUTES = ("text->audio", "text->video", "text->av")
Found = dict[str, list[tuple[str, int, float]]]


@pytest.fixture(params=["sqlite", "postgresql"])
def addresses(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[str, str]]:
    """Of the catalog that the gallery is made in, and of another with nothing in it."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'today.sqlite'}", f"sqlite:///{tmp_path / 'earlier.sqlite'}"
        return
    cluster: Cluster = request.getfixturevalue("cluster")
    today, earlier = cluster.database(), cluster.database("template0")
    yield today, earlier
    cluster.drop(today)
    cluster.drop(earlier)


def found(gallery: Gallery) -> Found:
    """What searches find by every route."""
    return {
        route: [(hit.clip_id, hit.window_id, hit.score) for hit in gallery.search(route, QUERY, k=100)]
        for route in ROUTES
    }


def made_earlier(today: str, earlier: str, revision: str) -> None:
    """A catalog of a revision, with what today's has of the tables and columns that it had."""
    source, target = create_engine(parse(today)), create_engine(parse(earlier))
    with source.connect() as reading, target.begin() as writing:
        run_migrations(writing, revision)
        for name in [each.name for each in metadata.sorted_tables if inspect(writing).has_table(each.name)]:
            _copy(reading, writing, name)
    source.dispose()
    target.dispose()


def _copy(reading: Connection, writing: Connection, name: str) -> None:
    had = [each["name"] for each in inspect(writing).get_columns(name)]
    known = table(name, *(column(each, metadata.tables[name].c[each].type) for each in had))
    if rows := [dict(each) for each in reading.execute(select(known)).mappings()]:
        writing.execute(known.insert(), rows)
        if writing.dialect.name == "postgresql" and "id" in had:
            numbers = f"pg_get_serial_sequence('{name}', 'id')"
            writing.execute(text(f"SELECT setval({numbers}, max(id)) FROM {name} HAVING {numbers} IS NOT NULL"))


@pytest.mark.parametrize("revision", [each for each in known_revisions() if each != REVISION])
def test_a_gallery_of_an_earlier_revision_answers_as_before_and_goes_on(
    tmp_path: Path, addresses: tuple[str, str], revision: str
) -> None:
    today, earlier = addresses
    eight_clips(tmp_path, today)
    galleries = Galleries.open(tmp_path, today)
    wanted = found(galleries.get("demo"))
    galleries.close()
    assert {len(each) for each in wanted.values()} == {8}
    made_earlier(today, earlier, revision)

    galleries = Galleries.open(tmp_path, earlier)
    gallery = galleries.get("demo")
    assert found(gallery) == wanted
    assert [clip.labels for clip in gallery.clips()] == [(f"label {seed % 3}", "thing") for seed in range(8)]
    added = add(gallery, tmp_path, 50)
    gallery.remove(gallery.clips()[0].id)
    hits = {clip for clip, _, _ in found(gallery)["text->av"]}
    assert added.id in hits
    assert len(hits) == 8
    galleries.close()
    assert verified(tmp_path, earlier) == []


def verified(folder: Path, catalog: str) -> list[str]:
    """What is not as it should be."""
    stores = Stores.open(folder, catalog)
    odd = [str(each) for each in verify(stores, Galleries(stores))]
    stores.close()
    return odd

"""Catalogs of older versions: upgraded in place with nothing lost, or refused with nothing changed."""

import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import URL, Connection, create_engine, inspect, text

from index.catalog import changes, clips, galleries
from index.catalog.address import parse
from index.catalog.database import Database
from index.catalog.migrating import known_revisions, run_migrations
from index.catalog.schema import REVISION, metadata
from models.errors import CatalogInvalid, Unavailable
from tests.tiny.postgres import Cluster

ROWS = """
INSERT INTO bundles (id, name, sha256) VALUES (1, 'tiny', 'abc');
INSERT INTO galleries (id, name, active_generation) VALUES (1, 'first', 1), (2, 'second', 1), (3, 'empty', 1);
INSERT INTO generations (id, gallery_id, number, bundle_id) VALUES (1, 1, 1, 1), (2, 2, 1, 1), (3, 3, 1, 1);
INSERT INTO clips (id, gallery_id, sha256, clip_id, name, media_type, size_bytes, duration_s) VALUES
    (1, 1, 'aa', 'a', 'a.mp4', 'video/mp4', 5, 4.5), (2, 2, 'aa', 'a', 'a.mp4', 'video/mp4', 5, 4.5),
    (3, 1, 'bb', 'b', 'b.wav', 'audio/wav', 6, 2);
INSERT INTO labels (clip, position, label) VALUES (1, 0, 'bell'), (1, 1, 'drum'), (3, 0, 'bell');
INSERT INTO windows (id, clip, start_s, end_s) VALUES (1, 1, 0, 2), (2, 1, 2, 4.5), (3, 2, 0, 4.5), (4, 3, 0, 2),
    (9, 3, 0, 1);
DELETE FROM windows WHERE id = 9;
INSERT INTO features ("window", sense, backbone_sha256, vector) VALUES
    (1, 'audio', 'cc', 'xy'), (4, 'audio', 'cc', 'zw');
"""
ABOUT = """
CREATE TABLE about (key VARCHAR(64) NOT NULL, value VARCHAR(256) NOT NULL, PRIMARY KEY (key));
INSERT INTO about (key, value) VALUES ('schema_version', '1');
DROP TABLE alembic_version;
"""
KEPT = ("bundles", "galleries", "generations", "clips", "labels", "windows", "features")


@pytest.fixture(params=["sqlite", "postgresql"])
def address(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[URL]:
    """Of a database with nothing in it."""
    if request.param == "sqlite":
        yield parse(f"sqlite:///{tmp_path / 'catalog.sqlite'}")
        return
    cluster: Cluster = request.getfixturevalue("cluster")
    url = cluster.database("template0")
    yield parse(url)
    cluster.drop(url)


def make_old(address: URL, *scripts: str, revision: str = "0001") -> None:
    """A catalog of an earlier revision, the first by default, after these scripts."""
    engine = create_engine(address)
    with engine.begin() as connection:
        run_migrations(connection, revision)
        for statement in ";".join(scripts).split(";"):
            if statement.strip():
                connection.execute(text(statement))
    engine.dispose()


def dump(address: URL) -> dict[str, list[dict[str, object]]]:
    """Every row of every table."""
    engine = create_engine(address)
    with engine.connect() as connection:
        found = {name: rows_of(connection, name) for name in inspect(connection).get_table_names()}
    engine.dispose()
    return found


def rows_of(connection: Connection, table: str) -> list[dict[str, object]]:
    rows = connection.execute(text(f'SELECT * FROM "{table}"')).all()
    return [dict(row._mapping) for row in sorted(rows, key=lambda row: repr(row[:3]))]


def same(found: dict[str, object], before: dict[str, object]) -> bool:
    return {key: found[key] for key in before} == before


@pytest.mark.parametrize("marks", [(), (ABOUT,)], ids=["by alembic", "before alembic"])
def test_an_upgrade_keeps_every_row(address: URL, marks: tuple[str, ...]) -> None:
    make_old(address, ROWS, *marks)
    before = dump(address)
    Database(address).close()
    after = dump(address)
    for name in KEPT:
        assert len(after[name]) == len(before[name]) > 0
        assert all(same(found, old) for found, old in zip(after[name], before[name], strict=True))
    assert after["alembic_version"] == [{"version_num": REVISION}]
    assert "about" not in after


@pytest.mark.parametrize("revision", [each for each in known_revisions() if each != REVISION])
def test_rows_of_every_earlier_revision_are_kept(address: URL, revision: str) -> None:
    make_old(address, ROWS, revision=revision)
    before = dump(address)
    Database(address).close()
    after = dump(address)
    for name in KEPT:
        assert all(same(found, old) for found, old in zip(after[name], before[name], strict=True))
    assert all(row["absent"] in ("{}", {}) for row in after["windows"])
    assert all(row["rules"] == 0 for row in after["clips"])


def test_what_an_upgrade_adds_is_as_if_it_had_always_been(address: URL) -> None:
    make_old(address, ROWS)
    database = Database(address)
    with database.reading() as connection:
        assert clips.window_ids(connection, 1).tolist() == [1, 2, 4]
        assert clips.window_ids(connection, 2).tolist() == [3]
        for gallery, ids in {1: [1, 2, 4], 2: [3], 3: []}.items():
            found = changes.since(connection, gallery, 0)
            assert (found.added.tolist(), found.removed.tolist()) == (ids, [])
            assert found.position == changes.position(connection, gallery) == len(ids)
        assert all(clip.added_at > 1.7e9 and clip.metadata == {} for clip in clips.listed(connection, 1))
        assert all(clip.absent == () and clip.lacks == {} for clip in clips.listed(connection, 1))
        assert [each.state for each in galleries.generations_of(connection, 1)] == ["ready"]
    database.close()


def test_the_id_of_a_window_deleted_before_an_upgrade_is_not_given_again(tmp_path: Path) -> None:
    address = parse(f"sqlite:///{tmp_path / 'catalog.sqlite'}")
    make_old(address, ROWS)
    database = Database(address)
    with database.writing() as connection:
        connection.execute(text("INSERT INTO windows (clip, gallery_id, start_s, end_s) VALUES (1, 1, 0, 1)"))
        assert clips.window_ids(connection, 1).tolist() == [1, 2, 4, 10]
    database.close()


def test_migrations_end_in_the_schema_that_is_declared(address: URL) -> None:
    database = Database(address)
    with database.reading() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []
    assert known_revisions()[-1] == REVISION
    database.close()


def test_a_copy_is_left_beside_a_sqlite_catalog_before_its_upgrade(tmp_path: Path) -> None:
    address = parse(f"sqlite:///{tmp_path / 'catalog.sqlite'}")
    make_old(address, ROWS, ABOUT)
    before = dump(address)
    Database(address).close()
    assert dump(parse(f"sqlite:///{tmp_path / 'catalog.sqlite.0001'}")) == before
    Database(address).close()
    assert {path.name for path in tmp_path.iterdir()} == {"catalog.sqlite", "catalog.sqlite.0001"}


def test_a_sqlite_catalog_and_its_copy_keep_the_pages_that_it_was_made_with(tmp_path: Path) -> None:
    make_old(parse(f"sqlite:///{tmp_path / 'catalog.sqlite'}"), ROWS)
    Database(f"sqlite:///{tmp_path / 'catalog.sqlite'}").close()
    assert [page_bytes(tmp_path / name) for name in ("catalog.sqlite", "catalog.sqlite.0001")] == [4096, 4096]


def page_bytes(path: Path) -> int:
    with closing(sqlite3.connect(path)) as connection:
        return int(connection.execute("PRAGMA page_size").fetchone()[0])


def test_a_catalog_that_cannot_be_copied_is_not_upgraded(tmp_path: Path) -> None:
    address = parse(f"sqlite:///{tmp_path / 'catalog.sqlite'}")
    make_old(address, ROWS, ABOUT)
    before = dump(address)
    (tmp_path / "catalog.sqlite.0001" / "in the way").mkdir(parents=True)
    with pytest.raises(Unavailable, match=r"cannot be copied to catalog\.sqlite\.0001 before its upgrade"):
        Database(address)
    assert dump(address) == before
    assert {path.name for path in tmp_path.iterdir()} == {"catalog.sqlite", "catalog.sqlite.0001"}


def test_no_copy_is_left_of_a_catalog_with_no_galleries(tmp_path: Path) -> None:
    address = parse(f"sqlite:///{tmp_path / 'catalog.sqlite'}")
    make_old(address)
    Database(address).close()
    assert [path.name for path in tmp_path.iterdir()] == ["catalog.sqlite"]


def test_processes_that_open_an_old_catalog_at_once_all_find_it_upgraded(address: URL) -> None:
    make_old(address, ROWS, ABOUT)
    with ThreadPoolExecutor(4) as pool:
        for database in [each.result() for each in [pool.submit(Database, address) for _ in range(4)]]:
            with database.reading() as connection:
                assert changes.position(connection, 1) == 3
            database.close()


@pytest.mark.parametrize(
    ("script", "complaint"),
    [
        (
            "UPDATE alembic_version SET version_num = '9999'",
            "revision 9999, this version reads 0001, 0002, 0003, 0004, 0005, 0006, 0007, 0008",
        ),
        (f"{ABOUT}; UPDATE about SET value = '7'", "schema version 7, this version reads 1"),
        ("DROP TABLE alembic_version", "schema version unknown, this version reads 1"),
    ],
)
def test_a_catalog_of_an_unknown_version_is_refused_and_stays_as_it_is(
    address: URL, script: str, complaint: str
) -> None:
    make_old(address, ROWS, script)
    before = dump(address)
    with pytest.raises(CatalogInvalid, match=complaint):
        Database(address)
    assert dump(address) == before


def test_an_upgrade_that_fails_changes_nothing(tmp_path: Path) -> None:
    address = parse(f"sqlite:///{tmp_path / 'catalog.sqlite'}")
    make_old(address, ROWS, ABOUT, "CREATE TABLE evaluations (somebody_elses INTEGER)")
    before = dump(address)
    with pytest.raises(CatalogInvalid, match="evaluations already exists"):
        Database(address)
    assert dump(address) == before


def test_a_catalog_that_is_up_to_date_opens_without_alembic(tmp_path: Path) -> None:
    address = f"sqlite:///{tmp_path / 'catalog.sqlite'}"
    Database(address).close()
    code = "import sys, index.catalog.database as it; it.Database(sys.argv[1]); print('alembic' in sys.modules)"
    found = subprocess.run([sys.executable, "-c", code, address], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "False"


def test_a_copy_that_an_upgrade_left_half_written_is_written_again(tmp_path: Path) -> None:
    address = parse(f"sqlite:///{tmp_path / 'catalog.sqlite'}")
    make_old(address, ROWS)
    (tmp_path / "catalog.sqlite.0001.draft").write_bytes(b"half")
    Database(address).close()
    copy = sqlite3.connect(tmp_path / "catalog.sqlite.0001")
    assert copy.execute("SELECT count(*) FROM clips").fetchone() == (3,)
    copy.close()

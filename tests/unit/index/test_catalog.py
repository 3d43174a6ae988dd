"""The catalog's database: transactions, and rows that two databases keep alike."""

import os
import socket
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from urllib.parse import parse_qsl

import numpy as np
import pytest
from sqlalchemy import Connection, insert, text
from sqlalchemy.exc import IntegrityError

from index.catalog import changes, evaluations, features, galleries
from index.catalog import clips as rows
from index.catalog import database as database_module
from index.catalog.address import watched
from index.catalog.database import CONNECTIONS, PAGE_BYTES, Database
from index.catalog.galleries import BundleRow
from index.catalog.schema import clips
from models.errors import CatalogInvalid, ClipNotFound, Conflict, EvaluationNotFound, Unavailable
from models.types import F32, Sense
from tests.faults import processes
from tests.unit.index.rows import clip

BUNDLE = BundleRow("tiny", "a" * 64)
WIDTHS: dict[Sense, int] = {"audio": 1024, "video": 1280}


@pytest.fixture
def key(database: Database) -> int:
    """Of the gallery "demo"."""
    with database.writing() as connection:
        galleries.create(connection, "demo", BUNDLE)
        return galleries.get(connection, "demo").key


def pragma(connection: Connection, name: str) -> object:
    return connection.exec_driver_sql(f"PRAGMA {name}").scalar()


def test_sqlite_is_set_up_to_keep_what_was_answered(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'catalog.sqlite'}")
    with database.reading() as connection:
        found = [pragma(connection, name) for name in ("journal_mode", "foreign_keys", "synchronous", "busy_timeout")]
        assert pragma(connection, "page_size") == PAGE_BYTES
    assert found == ["wal", 1, 2, 10_000]
    database.close()


def test_a_sqlite_file_is_opened_for_all_who_may_read_at_once_before_any_does(tmp_path: Path) -> None:
    path = tmp_path / "catalog.sqlite"
    database = Database(f"sqlite:///{path}")
    before = opened(path)
    with ExitStack() as held:
        for _ in range(CONNECTIONS):
            galleries.names(held.enter_context(database.reading()))
        assert database.glance(galleries.STATE, {"gallery": 1}) == []
        assert opened(path) == before
    assert opened(path) == before
    database.close()
    assert opened(path) == []


def opened(path: Path) -> list[str]:
    """How often each file of a SQLite database is open in this process."""
    return sorted(each for each in processes.open_files(os.getpid()) if each.startswith(str(path)))


def test_features_fill_the_pages_of_a_sqlite_file(tmp_path: Path) -> None:
    path, count = tmp_path / "catalog.sqlite", 300
    database = Database(f"sqlite:///{path}")
    ramps: dict[Sense, F32] = {sense: np.linspace(-1, 1, width, dtype=np.float32) for sense, width in WIDTHS.items()}
    sources: dict[Sense, str] = {sense: f"{sense:a<64}" for sense in WIDTHS}
    with database.writing() as connection:
        key = galleries.create(connection, "demo", BUNDLE)
        rows.add_all(connection, key, [(clip(i), [ramps], sources) for i in range(count)])
    database.close()
    assert path.stat().st_size < 1.75 * count * 2 * sum(WIDTHS.values())


def test_a_block_that_raises_changes_nothing(database: Database) -> None:
    def create_twice() -> None:
        with database.writing() as connection:
            galleries.create(connection, "demo", BUNDLE)
            galleries.create(connection, "demo", BUNDLE)

    with pytest.raises(Conflict):
        create_twice()
    with database.reading() as connection:
        assert galleries.names(connection) == []


def test_a_reader_sees_one_state_while_others_write(database: Database) -> None:
    with database.reading() as reader:
        assert galleries.names(reader) == []
        with database.writing() as writer:
            galleries.create(writer, "demo", BUNDLE)
        assert galleries.names(reader) == []
    with database.reading() as reader:
        assert galleries.names(reader) == ["demo"]


def test_writers_queue_instead_of_failing(database: Database, key: int) -> None:
    def count_up(worker: int) -> None:
        for turn in range(10):
            with database.writing() as connection:
                rows.add(connection, key, clip(10 * worker + turn))

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(count_up, range(4)))
    with database.reading() as connection:
        assert {each.size_bytes for each in rows.listed(connection, key)} == set(range(40))


def test_where_all_connections_are_at_work_the_catalog_is_unavailable(
    database: Database, key: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database._engine.pool, "_timeout", 0.01)
    with ExitStack() as held:
        for _ in range(CONNECTIONS):
            held.enter_context(database.reading())
        with pytest.raises(Unavailable, match="all connections to it are at work"):
            held.enter_context(database.reading())
        with pytest.raises(Unavailable, match="all connections to it are at work"):
            database.rows(galleries.STATE, {"gallery": key})
        assert database.glance(galleries.STATE, {"gallery": key}) == ([(0, 1, 0)] if database.can_glance else None)
    assert database.rows(galleries.STATE, {"gallery": key}) == [(0, 1, 0)]


def test_a_row_of_nothing_is_refused(database: Database) -> None:
    stray = {"gallery_id": 99, "clip_id": "x", "sha256": "x", "name": "x", "media_type": "x"}
    with pytest.raises(IntegrityError, match=r"(?i)foreign key"), database.writing() as connection:
        connection.execute(insert(clips).values(**stray, size_bytes=1, duration_s=1))


def test_activation_compares_before_it_swaps(database: Database, key: int) -> None:
    with database.writing() as connection:
        assert [galleries.add_generation(connection, key, BundleRow("other", "b" * 64)) for _ in range(2)] == [2, 3]
        galleries.finish(connection, key, 3, report={})
        galleries.activate(connection, key, 3, expected=1)
        with pytest.raises(Conflict, match="none that is finished"):
            galleries.activate(connection, key, 2, expected=3)
        galleries.finish(connection, key, 2, report={})
        with pytest.raises(Conflict, match="not the active one any more"):
            galleries.activate(connection, key, 2, expected=1)
        assert galleries.get(connection, "demo").generation == 3
        assert galleries.get(connection, "demo").bundle.name == "other"


def test_a_generation_is_building_until_it_is_finished_with_its_report(database: Database, key: int) -> None:
    with database.writing() as connection:
        galleries.add_generation(connection, key, BundleRow("other", "b" * 64))
        assert [each.state for each in galleries.generations_of(connection, key)] == ["ready", "building"]
        galleries.finish(connection, key, 2, report={"recall": 0.99})
        first, second = galleries.generations_of(connection, key)
    assert (first.number, first.bundle, first.state, first.report) == (1, BUNDLE, "ready", {})
    assert (second.bundle.name, second.state, second.report) == ("other", "ready", {"recall": 0.99})
    assert second.made_at >= first.made_at > 1.7e9


def test_a_clip_comes_back_as_it_was_written(database: Database, key: int) -> None:
    added = [clip(number, windows=number % 4) for number in range(12)]
    with database.writing() as connection:
        written = rows.add_all(connection, key, [(each, [{} for _ in each.windows], {}) for each in added])
    with database.reading() as connection:
        assert rows.listed(connection, key) == added
        assert rows.window_ids(connection, key).tolist() == [window for windows in written for window in windows]
        assert (rows.count(connection, key), rows.window_count(connection, key)) == (12, 18)
        assert [len(windows) for windows in written] == [number % 4 for number in range(12)]


def test_features_are_kept_with_the_windows_they_are_of(database: Database, key: int) -> None:
    vectors = {number: np.arange(4, dtype=np.float32) + 10 * number for number in range(20)}
    entries = [(clip(number, windows=2), [{}, {"audio": vectors[number]}], {"audio": "a" * 64}) for number in range(20)]
    with database.writing() as connection:
        written = rows.add_all(connection, key, entries)  # type: ignore[arg-type]
    with database.reading() as connection:
        ids = features.having(connection, key, {"audio": "a" * 64})
        assert ids.tolist() == [second for _, second in written]
        found = np.concatenate(
            [each["audio"] for _, each in features.batches(connection, ids, {"audio": "a" * 64}, size=7)]
        )
        assert found.tolist() == [vectors[number].tolist() for number in range(20)]


def test_clips_that_are_there_are_known_by_their_ids(database: Database, key: int) -> None:
    with database.writing() as connection:
        rows.add_all(connection, key, [(clip(number), [{}], {}) for number in range(3)])
        assert rows.add_all(connection, key, []) == []
        assert set(rows.keys_of(connection, key, [clip(number).id for number in (1, 2, 9)])) == {clip(1).id, clip(2).id}


def test_the_same_clip_is_written_once(database: Database, key: int) -> None:
    with database.writing() as connection:
        rows.add(connection, key, clip(1))
    with pytest.raises(IntegrityError), database.writing() as connection:
        rows.add(connection, key, replace(clip(1), name="another"))


def test_a_clip_that_is_not_there_cannot_be_removed(database: Database, key: int) -> None:
    with pytest.raises(ClipNotFound, match="'x'"), database.writing() as connection:
        rows.remove(connection, key, "x")


def test_evaluations_are_listed_as_they_were_made(database: Database, key: int) -> None:
    with database.writing() as connection:
        made = [
            evaluations.add(
                connection, key, generation=1, protocol=f"gzsl/{i}", request={"k": i}, report={"map": {"all": i / 3}}
            )
            for i in range(3)
        ]
    with database.reading() as connection:
        assert evaluations.listed(connection, key) == made
        assert evaluations.get(connection, key, made[1].key) == made[1]
        assert evaluations.listed(connection, key + 1) == []
        with pytest.raises(EvaluationNotFound, match="no evaluation 99"):
            evaluations.get(connection, key, 99)
        with pytest.raises(EvaluationNotFound):
            evaluations.get(connection, key + 1, made[1].key)


def test_a_server_that_is_not_there_is_named_without_the_password() -> None:
    with pytest.raises(Unavailable, match=r"'cats' at 127\.0\.0\.1:1 cannot be opened") as found:
        Database("postgresql://me:s3cret@127.0.0.1:1/cats")
    assert "s3cret" not in str(found.value)


def test_a_server_that_greets_nobody_is_not_waited_for() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"postgresql://127.0.0.1:{silent.getsockname()[1]}/cats?connect_timeout=2"
        with pytest.raises(Unavailable, match=r"'cats' at 127\.0\.0\.1:\d+ cannot be opened"):
            Database(address)


def test_a_writer_who_waits_too_long_for_another_is_told_when_to_come_again(
    postgres: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database_module, "LOCKS_WAITED_S", 0.1)
    here, there = Database(postgres), Database(postgres)
    with here.writing() as connection:
        galleries.create(connection, "demo", BUNDLE)
        key = galleries.get(connection, "demo").key
    with here.writing() as holding:
        changes.lock(holding, key)
        with pytest.raises(Unavailable, match="lock timeout") as told, there.writing() as waiting:
            changes.lock(waiting, key)
        assert told.value.retry_after_s is not None
        assert there.rows(galleries.STATE, {"gallery": key}) == [(0, 1, 0)]
    with there.writing() as free:
        changes.lock(free, key)
    for each in (here, there):
        each.close()


def test_a_database_that_is_not_there_is_named(postgres: str) -> None:
    with pytest.raises(Unavailable, match=r"'nowhere' at 127.0.0.1:\d+ cannot be opened.*does not exist"):
        Database(postgres.rpartition("/")[0] + "/nowhere")


@pytest.mark.parametrize(
    "address", ["mysql://me:s3cret@host/cats", "me:s3cret@host", "postgresql+asyncpg://s3cret@x/y"]
)
def test_an_address_of_something_else_is_refused_without_the_password(address: str) -> None:
    with pytest.raises(CatalogInvalid) as found:
        Database(address)
    assert "s3cret" not in str(found.value)


def test_an_address_that_is_watched_keeps_what_it_says_itself() -> None:
    assert watched("postgresql://a:b%40c@d/e").startswith(
        "postgresql://a:b%40c@d/e?connect_timeout=10&keepalives_idle=10&"
    )
    own = "postgresql://a@/e?host=%2Frun&options=-c%20x%3D1&tcp_user_timeout=9&connect_timeout=3"
    said = dict(parse_qsl(watched(own).partition("?")[2]))
    assert (said["host"], said["tcp_user_timeout"], said["connect_timeout"]) == ("/run", "9", "3")
    assert said["options"].startswith("-c tcp_keepalives_idle=10 ")
    assert said["options"].endswith(" -c x=1")


def test_a_server_gives_up_a_session_whose_machine_it_does_not_hear_from(postgres: str) -> None:
    database = Database(postgres)
    names = ("tcp_keepalives_idle", "tcp_keepalives_interval", "tcp_keepalives_count", "tcp_user_timeout")
    with database.reading() as connection:
        told = [connection.execute(text(f"SHOW {name}")).scalar() for name in names]
    database.close()
    assert told == ["10", "5", "3", "25000"]

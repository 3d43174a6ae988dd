"""The sequence of changes against a list of what was done."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from threading import Event

import numpy as np
import pytest
from sqlalchemy import delete

from index.catalog import changes, clips, galleries, schema
from index.catalog.database import Database
from index.catalog.galleries import BundleRow
from tests.unit.index.rows import clip


@pytest.fixture
def keys(database: Database) -> tuple[int, int]:
    """Of two galleries."""
    with database.writing() as connection:
        for name in ("first", "second"):
            galleries.create(connection, name, BundleRow("tiny", "a" * 64))
        return galleries.get(connection, "first").key, galleries.get(connection, "second").key


def test_a_follower_anywhere_ends_with_what_is_there(database: Database, keys: tuple[int, int]) -> None:
    numbers = np.random.default_rng(0)
    present: dict[str, list[int]] = {}
    states: list[tuple[int, set[int]]] = []
    for turn in range(40):
        with database.writing() as connection:
            clips.add(connection, keys[1], clip(turn))
            if present and numbers.random() < 0.4:
                gone = sorted(present)[int(numbers.integers(len(present)))]
                assert clips.remove(connection, keys[0], gone) == present.pop(gone)
            else:
                added = clip(turn, windows=int(numbers.integers(4)))
                present[added.id] = clips.add(connection, keys[0], added)
            states.append((changes.position(connection, keys[0]), {id for ids in present.values() for id in ids}))
    for position, held in [(0, set()), *states]:
        with database.reading() as connection:
            found = changes.since(connection, keys[0], position)
        assert (held | set(found.added.tolist())) - set(found.removed.tolist()) == states[-1][1]
        assert found.position == states[-1][0]
        assert not set(found.added.tolist()) & set(found.removed.tolist())
        assert found.added.tolist() == sorted(found.added.tolist())
        assert found.removed.tolist() == sorted(found.removed.tolist())


def test_a_window_that_came_and_went_is_only_removed(database: Database, keys: tuple[int, int]) -> None:
    with database.writing() as connection:
        ids = clips.add(connection, keys[0], clip(1, windows=2))
        clips.remove(connection, keys[0], clip(1).id)
        found = changes.since(connection, keys[0], 0)
    assert (found.position, found.added.tolist(), found.removed.tolist()) == (4, [], ids)


def test_a_window_with_more_features_is_changed_unless_it_is_new_or_gone(
    database: Database, keys: tuple[int, int]
) -> None:
    with database.writing() as connection:
        ids = clips.add(connection, keys[0], clip(1, windows=2))
        other = clips.add(connection, keys[0], clip(2))
        changes.record_changed(connection, keys[0], [*ids, *other])
        clips.remove(connection, keys[0], clip(2).id)
        new, late = changes.since(connection, keys[0], 0), changes.since(connection, keys[0], 3)
    assert (new.added.tolist(), new.changed.tolist(), new.removed.tolist()) == (ids, [], other)
    assert (late.added.tolist(), late.changed.tolist(), late.removed.tolist()) == ([], ids, other)


def test_a_point_is_of_one_history_only(database: Database, keys: tuple[int, int]) -> None:
    for number in range(2):
        with database.writing() as connection:
            clips.add(connection, keys[0], clip(number))
            clips.add(connection, keys[1], clip(number))
    with database.reading() as connection:
        first, second = (changes.last(connection, each) for each in keys)
        assert (first.position, second.position) == (2, 2)
        assert changes.leads_through(connection, keys[0], first)
        assert changes.leads_through(connection, keys[0], changes.START)
        assert changes.leads_through(connection, keys[0], changes.since(connection, keys[0], 1).point)
        assert not changes.leads_through(connection, keys[0], second)
        assert not changes.leads_through(connection, keys[0], replace(first, position=1))
        assert not changes.leads_through(connection, keys[0], replace(first, position=3))


def test_a_block_that_raises_leaves_no_change(database: Database, keys: tuple[int, int]) -> None:
    def fail_after_adding() -> None:
        with database.writing() as connection:
            clips.add(connection, keys[0], clip(1))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail_after_adding()
    with database.reading() as connection:
        assert changes.since(connection, keys[0], 0).position == changes.position(connection, keys[0]) == 0


def test_a_gallery_takes_its_changes_with_it(database: Database, keys: tuple[int, int]) -> None:
    with database.writing() as connection:
        for key in keys:
            clips.add(connection, key, clip(1))
        connection.execute(delete(schema.galleries).where(schema.galleries.c.id == keys[0]))
        assert changes.since(connection, keys[0], 0).position == 0
        assert changes.since(connection, keys[1], 0).position == 1


def test_positions_appear_in_order_while_several_write(database: Database, keys: tuple[int, int]) -> None:
    """A follower that reads along misses nothing: what it has seen so far is always a beginning of the whole."""
    done = Event()

    def write(worker: int) -> None:
        for turn in range(15):
            with database.writing() as connection:
                clips.add(connection, keys[0], clip(100 * worker + turn, windows=2))

    def follow() -> list[int]:
        position = 0
        seen: list[int] = []
        while True:
            last = done.is_set()
            with database.reading() as connection:
                found = changes.since(connection, keys[0], position)
            position, seen = found.position, seen + found.added.tolist()
            if last:
                return seen

    with ThreadPoolExecutor(4) as pool:
        following = pool.submit(follow)
        writing = [pool.submit(write, worker) for worker in range(3)]
        for each in writing:
            each.result()
        done.set()
    with database.reading() as connection:
        assert following.result() == clips.window_ids(connection, keys[0]).tolist()
        assert changes.position(connection, keys[0]) == 90

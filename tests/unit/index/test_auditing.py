"""What was done is written, shown from the newest on, and goes when it is old."""

import time

from index.auditing import DAY_S, Auditing
from index.catalog.audit import Deed
from index.catalog.database import Database


def _deed(action: str, *, at: float | None = None) -> Deed:
    return Deed(time.time() if at is None else at, "ada", "r-1", action, 200, {"address": "192.0.2.1"})


def test_deeds_are_shown_as_they_were_written_from_the_newest_on(database: Database) -> None:
    auditing = Auditing(database, kept_days=1)
    deeds = [_deed(f"POST /{number}") for number in range(5)]
    for each in deeds:
        auditing.add(each)
    first = auditing.newest(limit=2)
    then = auditing.newest(before=first[-1].key, limit=10)
    assert [each.deed for each in (*first, *then)] == deeds[::-1]


def test_what_is_longer_than_a_column_is_cut(database: Database) -> None:
    auditing = Auditing(database, kept_days=1)
    auditing.add(Deed(time.time(), "a" * 100, "r" * 200, "x" * 300, 500, {}))
    (row,) = auditing.newest()
    assert (len(row.deed.caller), len(row.deed.request_id), len(row.deed.action)) == (64, 128, 255)


def test_what_is_too_old_goes_as_new_deeds_are_written(database: Database) -> None:
    Auditing(database, kept_days=1).add(_deed("now"))
    auditing = Auditing(database, kept_days=3)
    auditing.add(_deed("old", at=time.time() - 4 * DAY_S))
    auditing.add(_deed("new", at=time.time() - 2 * DAY_S))
    assert [each.deed.action for each in auditing.newest()] == ["new", "now"]
    Auditing(database, kept_days=1).add(_deed("newest"))
    assert [each.deed.action for each in auditing.newest()] == ["newest", "now"]

"""Keys are made at random, kept as digests, and count until they expire or are revoked."""

import re
import time
from dataclasses import replace

import pytest
from sqlalchemy import select

from index.catalog.database import Database
from index.catalog.keys import Grant
from index.catalog.schema import keys as table
from index.keys import KEY, Keys, digest
from models.errors import Conflict, InvalidInput, KeyNotFound

GRANT = Grant("camera-1", ("ingest",))


@pytest.fixture
def keys(database: Database) -> Keys:
    return Keys(database)


def test_a_key_is_found_again_by_its_digest_with_all_that_it_allows(keys: Keys) -> None:
    grant = Grant("all", ("search", "ingest"), ("demo",), "60/minute", 4, time.time() + 60)
    secret, row = keys.create(grant)
    assert keys.counting() == keys.listed() == [row]
    assert row.grant == grant
    assert row.digest == digest(secret)
    assert secret.startswith(row.hint)
    assert (row.used_at, row.revoked_at) == (None, None)


def test_keys_are_recognised_and_differ_in_256_bits(keys: Keys) -> None:
    secrets = [keys.create(replace(GRANT, name=f"key-{number}"))[0] for number in range(20)]
    assert all(KEY.fullmatch(each) for each in secrets)
    assert len({each[-64:][:4] for each in secrets}) > 10
    assert len(bytes.fromhex(secrets[0].removeprefix("sightsound_"))) * 8 == 256


def test_a_key_itself_is_nowhere_in_the_catalog(keys: Keys, database: Database) -> None:
    secret, _ = keys.create(GRANT)
    with database.reading() as connection:
        row = str(connection.execute(select(table)).one())
    assert secret not in row
    assert secret.removeprefix("sightsound_")[16:32] not in row
    assert re.search(r"[0-9a-f]{64}", row)


def test_a_revoked_key_counts_no_more_and_is_still_listed(keys: Keys) -> None:
    keys.create(GRANT)
    revoked = keys.revoke("camera-1")
    assert revoked.revoked_at is not None
    assert keys.counting() == []
    assert keys.listed() == [revoked]
    assert keys.revoke("camera-1") == revoked


def test_an_expired_key_counts_no_more(keys: Keys, monkeypatch: pytest.MonkeyPatch) -> None:
    expires_at = time.time() + 60
    keys.create(replace(GRANT, expires_at=expires_at))
    assert len(keys.counting()) == 1
    monkeypatch.setattr(time, "time", lambda: expires_at + 0.001)
    assert keys.counting() == []


def test_a_name_is_given_once_even_after_it_was_revoked(keys: Keys) -> None:
    keys.create(GRANT)
    keys.revoke("camera-1")
    with pytest.raises(Conflict, match="camera-1"):
        keys.create(GRANT)
    assert len(keys.listed()) == 1


def test_a_key_that_there_is_not_cannot_be_revoked(keys: Keys) -> None:
    keys.create(GRANT)
    with pytest.raises(KeyNotFound, match="'camera-2'; there are: camera-1"):
        keys.revoke("camera-2")


def test_last_use_is_written(keys: Keys) -> None:
    keys.create(GRANT)
    keys.use("camera-1", 12.5)
    assert [each.used_at for each in keys.listed()] == [12.5]


@pytest.mark.parametrize(
    ("grant", "said"),
    [
        (Grant("a b", ("search",)), "found 'a b'"),
        (Grant("", ("search",)), "found ''"),
        (Grant("a", ()), "nothing"),
        (Grant("a", ("search",), ()), "no gallery"),
        (Grant("a", ("search",), expires_at=1.0), "expired"),
    ],
)
def test_a_key_that_would_be_of_no_use_is_refused(keys: Keys, grant: Grant, said: str) -> None:
    with pytest.raises(InvalidInput, match=said):
        keys.create(grant)
    assert keys.listed() == []

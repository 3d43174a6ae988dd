"""Keys are known for a moment without asking the catalog, compared in constant time, and their use is noted."""

import asyncio
import time
from collections.abc import Iterator
from hmac import compare_digest
from pathlib import Path

import pytest

from index.catalog.database import Database
from index.catalog.keys import Grant, KeyRow
from index.keys import Keys
from models.errors import Unauthorized
from service.access import keyring
from service.access.keyring import Keyring


class Counted(Keys):
    """Keys that count how often the catalog is asked."""

    asked = 0

    def counting(self) -> list[KeyRow]:
        self.asked += 1
        return super().counting()


@pytest.fixture
def keys(tmp_path: Path) -> Iterator[Counted]:
    database = Database(f"sqlite:///{tmp_path / 'catalog.sqlite'}")
    yield Counted(database)
    database.close()


async def _name(ring: Keyring, secret: str) -> str:
    try:
        return (await ring.row(secret)).name
    except Unauthorized:
        return "nobody"


def test_a_key_is_known_by_all_of_its_digest(keys: Counted) -> None:
    secret, row = keys.create(Grant("ada", ("search",)))
    ring = Keyring(keys)
    assert asyncio.run(_name(ring, secret)) == "ada"
    for other in (secret[:-1] + "g", secret + "0", secret[:-1], "", row.digest, row.hint):
        assert asyncio.run(_name(ring, other)) == "nobody"


def test_digests_that_begin_alike_are_told_apart(keys: Counted, monkeypatch: pytest.MonkeyPatch) -> None:
    secret, row = keys.create(Grant("ada", ("search",)))
    monkeypatch.setattr(keyring, "digest", lambda secret: row.digest[: keyring.HANDLE] + "0" * 48)
    assert asyncio.run(_name(Keyring(keys), secret)) == "nobody"


def test_digests_are_compared_in_constant_time(keys: Counted, monkeypatch: pytest.MonkeyPatch) -> None:
    compared = []

    def told(one: str, other: str) -> bool:
        compared.append((one, other))
        return compare_digest(one, other)

    monkeypatch.setattr(keyring, "compare_digest", told)
    secret, row = keys.create(Grant("ada", ("search",)))
    assert asyncio.run(_name(Keyring(keys), secret)) == "ada"
    assert compared == [(row.digest, row.digest)]


def test_the_catalog_is_asked_once_in_a_while_however_many_ask(keys: Counted) -> None:
    secret, _ = keys.create(Grant("ada", ("search",)))

    async def asked() -> list[str]:
        ring = Keyring(keys)
        return list(await asyncio.gather(*[_name(ring, each) for each in [secret, "sightsound_wrong"] * 200]))

    assert asyncio.run(asked()) == ["ada", "nobody"] * 200
    assert keys.asked <= 2


def test_keys_that_are_not_known_have_the_catalog_asked_no_oftener_than_it_is_for_one(keys: Counted) -> None:
    async def asked() -> None:
        ring, begun = Keyring(keys), time.monotonic()
        for _ in range(4):
            assert await _name(ring, "sightsound_wrong") == "nobody"
        assert time.monotonic() - begun >= 3 * keyring.RETRY_S

    asyncio.run(asked())
    assert keys.asked == 4


def test_a_key_made_a_moment_ago_counts_and_a_revoked_one_soon_does_not(
    keys: Counted, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keyring, "LIFE_S", 3600.0)

    async def story() -> list[str]:
        ring, found = Keyring(keys), []
        secret, _ = keys.create(Grant("ada", ("search",)))
        found.append(await _name(ring, secret))
        later, _ = keys.create(Grant("bob", ("search",)))
        found.append(await _name(ring, later))
        keys.revoke("ada")
        found.append(await _name(ring, secret))  # known for a moment still
        monkeypatch.setattr(keyring, "monotonic", lambda: time.monotonic() + keyring.LIFE_S)
        found.append(await _name(ring, secret))
        return found

    assert asyncio.run(story()) == ["ada", "bob", "ada", "nobody"]


def test_a_key_expires_at_its_moment_not_when_the_catalog_is_next_asked(
    keys: Counted, monkeypatch: pytest.MonkeyPatch
) -> None:
    expires_at = time.time() + 60
    secret, _ = keys.create(Grant("ada", ("search",), expires_at=expires_at))

    async def story() -> list[str]:
        ring = Keyring(keys)
        before = await _name(ring, secret)
        monkeypatch.setattr(time, "time", lambda: expires_at + 0.001)
        return [before, await _name(ring, secret)]

    assert asyncio.run(story()) == ["ada", "nobody"]


def test_last_use_is_written_once_in_a_while(keys: Counted, monkeypatch: pytest.MonkeyPatch) -> None:
    _, row = keys.create(Grant("ada", ("search",)))
    ring = Keyring(keys)

    def used_at(now: float) -> float | None:
        monkeypatch.setattr("service.access.keyring.time.time", lambda: now)
        asyncio.run(ring.used(row))
        return keys.listed()[0].used_at

    assert [used_at(at) for at in (1000.0, 1001.0, 1059.0, 1060.0, 1100.0)] == [1000.0, 1000.0, 1000.0, 1060.0, 1060.0]

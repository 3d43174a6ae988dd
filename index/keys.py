"""Keys of callers: made at random, shown once, and known again by their digest."""

import re
import secrets
import time
from hashlib import sha256

from index.catalog import keys
from index.catalog.database import Database
from index.catalog.keys import Grant, KeyRow
from index.shelf import NAME
from models.errors import InvalidInput

PREFIX = "sightsound_"
"""By which people and scanners of secrets know a key for what it is."""
KEY = re.compile(PREFIX + "[0-9a-f]{64}")
RANDOM_BYTES = 32
SHOWN = 16
"""Characters of a key that are kept, so that people can tell keys apart: 20 bits of its 256."""


class Keys:
    """The keys of a catalog."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def create(self, grant: Grant) -> tuple[str, KeyRow]:
        """A new key, which is told here and never again, and its row.

        Raises InvalidInput for a name that is none or a moment that has passed, Conflict where the name is taken.
        """
        now = time.time()
        _check(grant, now)
        secret = PREFIX + secrets.token_hex(RANDOM_BYTES)
        with self._database.writing() as connection:
            row = keys.add(connection, grant, digest=digest(secret), hint=secret[:SHOWN], made_at=now)
        return secret, row

    def listed(self) -> list[KeyRow]:
        """All keys that were ever made, by name."""
        with self._database.reading() as connection:
            return keys.listed(connection)

    def counting(self) -> list[KeyRow]:
        """The keys that count now."""
        with self._database.reading() as connection:
            return keys.counting(connection, time.time())

    def revoke(self, name: str) -> KeyRow:
        """Have a key count no more, for good; raises KeyNotFound."""
        with self._database.writing() as connection:
            return keys.revoke(connection, name, at=time.time())

    def use(self, name: str, at: float) -> None:
        """Write when a key was last used."""
        with self._database.writing() as connection:
            keys.use(connection, [name], at=at)


def digest(secret: str) -> str:
    """By what a key is known: its sha256. 256 random bits cannot be guessed, so that no slow hash is needed."""
    return sha256(secret.encode()).hexdigest()


def _check(grant: Grant, now: float) -> None:
    if not NAME.fullmatch(grant.name):
        raise InvalidInput(f"a key's name is 1 to 64 letters, digits, '.', '_' and '-', found {grant.name!r}")
    if not grant.scopes:
        raise InvalidInput(f"the key {grant.name!r} would allow nothing; expected one scope or more")
    if grant.galleries is not None and not grant.galleries:
        raise InvalidInput(
            f"the key {grant.name!r} would be for no gallery; expected one or more, or none named for all"
        )
    if grant.expires_at is not None and grant.expires_at <= now:
        raise InvalidInput(f"the key {grant.name!r} would have expired already")

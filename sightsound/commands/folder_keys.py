"""The keys of a data folder, asked as those of a service are: by methods as a client has them."""

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from index.auditing import Auditing
from index.catalog.audit import Deed
from index.catalog.database import Database
from index.keys import Keys
from index.metadata import Json
from service.callers import keyholding
from service.callers.key_schemas import KeyRequest
from service.configuring import configured
from service.resources import check_folder
from sightsound.choices import Scope
from sightsound.key_answers import KeyDetail, NewKey

CALLER = "command line"
"""Who did it, for the audit; no key has a name with a space."""


class FolderKeys:
    """Keys made, listed and revoked where they lie. What is done is in the audit as what is done over HTTP."""

    def __init__(self, keys: Keys, auditing: Auditing) -> None:
        self._keys, self._auditing = keys, auditing

    def create_key(
        self,
        name: str,
        scopes: Sequence[Scope],
        *,
        galleries: Sequence[str] | None,
        rate: str | None,
        at_once: int | None,
        expires_at: datetime | None,
    ) -> NewKey:
        """A new key, told this once."""
        among = None if galleries is None else tuple(galleries)
        request = KeyRequest(
            name=name, scopes=tuple(scopes), galleries=among, rate=rate, at_once=at_once, expires_at=expires_at
        )
        made = keyholding.create(self._keys, request)
        self._note(f"keys create {name}", {"scopes": list(made.scopes)})
        return NewKey.model_validate(made.model_dump())

    def keys(self) -> tuple[KeyDetail, ...]:
        """All that were ever made."""
        return tuple(KeyDetail.model_validate(each.model_dump()) for each in keyholding.listed(self._keys).keys)

    def revoke_key(self, name: str) -> None:
        """Have a key count no more, for good."""
        self._keys.revoke(name)
        self._note(f"keys revoke {name}", {})

    def _note(self, action: str, detail: Mapping[str, Json]) -> None:
        """With the status that it would have had over HTTP."""
        self._auditing.add(Deed(time.time(), CALLER, "", action, 200, dict(detail)))


@contextmanager
def opened(data: Path | None, catalog: str | None) -> Iterator[FolderKeys]:
    """The keys of a data folder, closed with the block; raises SettingsInvalid where there is none."""
    # Which address the service listens at does not matter here.
    settings = configured({"data": data, "catalog": catalog, "host": "127.0.0.1"}).settings
    check_folder(settings)
    database = Database(settings.catalog or f"sqlite:///{settings.data / 'catalog.sqlite'}")
    try:
        yield FolderKeys(Keys(database), Auditing(database, kept_days=settings.kept_audit_days))
    finally:
        database.close()

"""The audit: what was done that concerns everybody, kept for a while."""

import time

from index.catalog import audit
from index.catalog.audit import AuditRow, Deed
from index.catalog.database import Database

DAY_S = 86_400.0
SWEPT_S = 3600.0
"""How often what is too old is looked for; only writing does."""


class Auditing:
    """The audit of a catalog; what is older than `kept_days` goes as new deeds are written."""

    def __init__(self, database: Database, *, kept_days: float) -> None:
        self._database, self._kept_s = database, kept_days * DAY_S
        self._swept_at = 0.0

    def add(self, deed: Deed) -> None:
        """Write a deed; raises Unavailable where the database fails."""
        with self._database.writing() as connection:
            audit.add(connection, deed)
            if (now := time.time()) - self._swept_at > SWEPT_S:
                audit.forget(connection, before=now - self._kept_s)
                self._swept_at = now

    def newest(self, *, before: int | None = None, limit: int = 100) -> list[AuditRow]:
        """From the newest on, or from the one before that row."""
        with self._database.reading() as connection:
            return audit.newest(connection, before=before, limit=limit)

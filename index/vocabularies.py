"""The vocabularies of one data folder."""

from collections.abc import Callable, Sequence

from index.catalog import vocabularies
from index.catalog.database import Database
from index.catalog.vocabularies import NamedClass, VocabularyRow
from index.shelf import NAME
from models.bundle.classification import class_names
from models.errors import InvalidInput, VocabularyNotFound

Check = Callable[[VocabularyRow | None], None]
"""Refuses to change what is there now, by raising; None where nothing is."""


class Vocabularies:
    """Named lists of classes, kept in the catalog; safe to use from several threads and processes."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def page(self, *, after: str, limit: int) -> list[VocabularyRow]:
        """The next after a name, in the order of their names."""
        with self._database.reading() as connection:
            return vocabularies.page(connection, after=after, limit=limit)

    def get(self, name: str) -> VocabularyRow:
        """The vocabulary of that name; raises VocabularyNotFound."""
        with self._database.reading() as connection:
            return vocabularies.get(connection, name)

    def put(self, name: str, classes: Sequence[NamedClass], *, check: Check) -> VocabularyRow:
        """The vocabulary, made or with its classes replaced; the same classes in the same order are no change.

        Raises:
            InvalidInput: what cannot be a name.
            QueryInvalid: no class, an empty one, or one that is there twice.
            Conflict: somebody else made one of that name just now.
        """
        if not NAME.fullmatch(name):
            raise InvalidInput(f"a vocabulary's name is 1 to 64 letters, digits, '.', '_' and '-', found {name!r}")
        names = class_names([each.name for each in classes])
        clean = [NamedClass(cleaned, each.seen) for cleaned, each in zip(names, classes, strict=True)]
        with self._database.writing() as connection:
            now = vocabularies.find(connection, name)
            check(now)
            vocabularies.put(connection, name, clean, now=now)
            return vocabularies.get(connection, name)

    def remove(self, name: str, *, check: Check) -> None:
        """Delete a vocabulary; raises VocabularyNotFound."""
        with self._database.writing() as connection:
            now = vocabularies.find(connection, name)
            check(now)
            if now is None:
                raise VocabularyNotFound(f"there is no vocabulary {name!r}")
            vocabularies.remove(connection, name)

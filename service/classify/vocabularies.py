"""Vocabularies as they are asked for and answered."""

from typing import Any

from index.catalog.vocabularies import NamedClass, VocabularyRow
from index.moments import moment
from index.vocabularies import Check, Vocabularies
from models.errors import PreconditionFailed
from service.classify.vocabulary_schemas import (
    Vocabulary,
    VocabularyBody,
    VocabularyClass,
    VocabularyPage,
    VocabularySummary,
)
from service.http.conditions import Expected


def page(vocabularies: Vocabularies, *, after: str, limit: int) -> VocabularyPage:
    """Some of them, from a name on."""
    found = vocabularies.page(after=after, limit=limit + 1)
    shown = found[:limit]
    rest = shown[-1].name if len(found) > limit else None
    return VocabularyPage(vocabularies=tuple(VocabularySummary(**_told(each)) for each in shown), next=rest)


def get(vocabularies: Vocabularies, name: str) -> Vocabulary:
    """The vocabulary of that name; raises VocabularyNotFound."""
    return detail(vocabularies.get(name))


def put(
    vocabularies: Vocabularies, name: str, body: VocabularyBody, *, expected: Expected, must_be_new: bool
) -> tuple[Vocabulary, bool]:
    """The vocabulary as it is from now on, and whether it was made; raises PreconditionFailed, QueryInvalid."""
    found: list[VocabularyRow | None] = []

    def check(now: VocabularyRow | None) -> None:
        found.append(now)
        if must_be_new and now is not None:
            raise PreconditionFailed(f"If-None-Match: there is a vocabulary {name!r}, expected none")
        _checked(expected, name)(now)

    classes = [NamedClass(each.name, each.seen) for each in body.named()]
    row = vocabularies.put(name, classes, check=check)
    return detail(row), found[-1] is None


def remove(vocabularies: Vocabularies, name: str, expected: Expected) -> None:
    """Delete it; raises VocabularyNotFound, PreconditionFailed."""
    vocabularies.remove(name, check=_checked(expected, name))


def detail(row: VocabularyRow) -> Vocabulary:
    """A vocabulary with its classes."""
    classes = tuple(VocabularyClass(name=each.name, seen=each.seen) for each in row.classes)
    return Vocabulary(classes=classes, **_told(row))


def _checked(expected: Expected, name: str) -> Check:
    def check(now: VocabularyRow | None) -> None:
        if now is not None:
            expected.check(detail(now))
        elif expected.tags is not None:
            raise PreconditionFailed(f"If-Match: there is no vocabulary {name!r}")

    return check


def _told(row: VocabularyRow) -> dict[str, Any]:
    return {
        "name": row.name,
        "size": len(row.classes),
        "version": row.version,
        "made_at": moment(row.made_at),
        "changed_at": moment(row.changed_at),
    }

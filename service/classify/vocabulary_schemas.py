"""The shapes of vocabularies."""

from typing import Annotated

from pydantic import AwareDatetime, Field, StringConstraints

from models.bundle.manifest import BUNDLE_NAME
from service.schemas import Body, Frozen, Text

MOST_CLASSES = 1000
MOST_VOCABULARIES = 1000
"""In one page."""
VocabularyName = Annotated[str, StringConstraints(pattern=BUNDLE_NAME)]
VocabularyCursor = Annotated[str, StringConstraints(pattern=f"{BUNDLE_NAME}|^$")]


class ClassBody(Body):
    """A class; `seen` says whether it counts as one that training saw, null: as the bundle says that classifies."""

    name: Text
    seen: bool | None = None


class VocabularyBody(Body):
    """The classes of a vocabulary, each as words alone or with its flag."""

    classes: Annotated[tuple[Text | ClassBody, ...], Field(min_length=1, max_length=MOST_CLASSES, fail_fast=True)]

    def named(self) -> tuple[ClassBody, ...]:
        """All of them with a flag."""
        return tuple(ClassBody(name=each) if isinstance(each, str) else each for each in self.classes)


class VocabularyClass(Frozen):
    """A class of a stored vocabulary, as it was put there."""

    name: str
    seen: bool | None


class VocabularySummary(Frozen):
    """A vocabulary without its classes, of which there are `size`; `version` is how often they were set."""

    name: str
    size: int
    version: int
    made_at: AwareDatetime
    changed_at: AwareDatetime


class Vocabulary(VocabularySummary):
    """A named list of classes to classify clips by."""

    classes: tuple[VocabularyClass, ...]


class VocabularyPage(Frozen):
    """Some vocabularies in the order of their names; `next` is the cursor of those after them, null after the last."""

    vocabularies: tuple[VocabularySummary, ...]
    next: str | None

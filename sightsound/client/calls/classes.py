"""What clips show, and vocabularies to classify them by."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Literal

from sightsound.answers import Channel
from sightsound.asking import Choosing, Stored, stored_body
from sightsound.class_answers import (
    ClassifyAnswer,
    ClassifyBatchAnswer,
    Vocabulary,
    VocabularyPage,
    VocabularySummary,
)
from sightsound.client.addresses import VOCABULARIES, named
from sightsound.client.call import Call, Files, Pages, Told, ask, ask_with, change, delete, get, matching, pages

CLASSIFY = "/v1/classify"
ANY = Choosing()


def classify(
    path: Path | str,
    classes: Sequence[str] | None = None,
    *,
    gallery: str | None = None,
    vocabulary: str | None = None,
    calibration: Literal["on", "off"] | float = "on",
    k: int = 10,
    by: Literal["clip", "window"] = "clip",
    abstain_below: float | None = None,
    channel: Channel | None = None,
    told: Told | None = None,
) -> Call[ClassifyAnswer]:
    """Which classes a clip shows: any words, a stored vocabulary's, or by default those of the gallery's bundle."""
    choosing = Choosing(classes, vocabulary, calibration, k, by, abstain_below, channel)
    return ask_with(ClassifyAnswer, CLASSIFY, _form(choosing, gallery), Files("file", [path], told))


def classify_files(
    paths: Sequence[Path | str], choosing: Choosing = ANY, *, gallery: str | None = None, told: Told | None = None
) -> Call[ClassifyBatchAnswer]:
    """The same of up to 100 clips; one that cannot be used is no problem of the others."""
    return ask_with(ClassifyBatchAnswer, f"{CLASSIFY}/batch", _form(choosing, gallery), Files("files", paths, told))


def classify_stored(gallery: str, of: Stored, choosing: Choosing = ANY) -> Call[ClassifyAnswer]:
    """The same of a clip of a gallery, by its id, or of a window, by its number, without decoding it again."""
    return ask(ClassifyAnswer, CLASSIFY, {"gallery": gallery, **stored_body(of), **choosing.body()})


def classify_stored_batch(gallery: str, items: Sequence[Stored], choosing: Choosing = ANY) -> Call[ClassifyBatchAnswer]:
    """The same of up to 100 of them, each for itself."""
    asked = {"gallery": gallery, "items": [stored_body(each) for each in items], **choosing.body()}
    return ask(ClassifyBatchAnswer, f"{CLASSIFY}/batch", asked)


def vocabularies(*, at_once: int = 100) -> Pages[VocabularySummary]:
    """The stored vocabularies in the order of their names, without their classes; so many are fetched at once."""
    return pages(VocabularyPage, VOCABULARIES, {"limit": str(at_once)}, lambda page: (page.vocabularies, page.next))


def vocabulary(name: str) -> Call[Vocabulary]:
    """A vocabulary with its classes."""
    return get(Vocabulary, named(VOCABULARIES, name))


def set_vocabulary(
    name: str,
    classes: Sequence[str] | Mapping[str, bool | None],
    *,
    if_match: str | None = None,
    if_new: bool = False,
) -> Call[Vocabulary]:
    """Make a vocabulary, or replace all of its classes: names alone, or each with whether it counts as seen.

    Refused where it is not as it was when `if_match` was its `etag`, and with `if_new` where there is one.
    """
    flags = classes if isinstance(classes, Mapping) else dict.fromkeys(classes)
    named_ones = [{"name": each, "seen": seen} for each, seen in flags.items()]
    headers = {**matching(if_match), **({"If-None-Match": "*"} if if_new else {})}
    return change(Vocabulary, named(VOCABULARIES, name), {"classes": named_ones}, method="PUT", headers=headers)


def remove_vocabulary(name: str, *, if_match: str | None = None) -> Call[None]:
    """Delete a vocabulary."""
    return delete(named(VOCABULARIES, name), if_match=if_match)


def _form(choosing: Choosing, gallery: str | None) -> dict[str, str | list[str]]:
    return {**choosing.fields(), **({} if gallery is None else {"gallery": gallery})}

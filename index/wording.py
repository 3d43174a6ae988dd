"""What people say of a clip: its name, labels and metadata, which can be said anew at any time."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from index.catalog import changes, clips
from index.clips import Clip
from index.metadata import Json, checked
from index.stores import Stores
from models.errors import InvalidInput

LONGEST = 255
"""Characters of a name or label."""


@dataclass(frozen=True, slots=True)
class Wording:
    """The name, labels and metadata of a clip, as they can be kept: trimmed, each label once."""

    name: str
    labels: tuple[str, ...]
    metadata: Mapping[str, Json]

    @classmethod
    def of(cls, name: str, labels: Iterable[str], metadata: Mapping[str, Json]) -> "Wording":
        """As it was said; raises InvalidInput for an empty or long name or label, or odd metadata."""
        words = dict.fromkeys(_checked("label", label) for label in labels)
        return cls(_checked("name", name), tuple(words), checked(metadata))


def reword(stores: Stores, gallery: int, clip_id: str, decide: Callable[[Clip], Wording]) -> Clip:
    """The clip as what is decided of it, seen as it is, is committed; nobody else changes it in between.

    Its name and labels are what hits tell, and biases may hang on labels: another one is a change of its windows.
    Raises ClipNotFound, and what `decide` does.
    """
    with stores.writing, stores.database.writing() as connection:
        changes.lock(connection, gallery)
        before = clips.get(connection, gallery, clip_id)
        said = decide(before)
        clips.reword(connection, gallery, clip_id, name=said.name, words=said.labels, metadata=said.metadata)
        if (said.name, said.labels) != (before.name, before.labels):
            changes.record_changed(connection, gallery, clips.windows_of(connection, gallery, clip_id))
        return clips.get(connection, gallery, clip_id)


def _checked(what: str, text: str) -> str:
    words = text.strip()
    if not words or len(words) > LONGEST or not words.isprintable():
        raise InvalidInput(f"a {what} is 1 to {LONGEST} printable characters, found {len(words)}: {words[:40]!r}")
    return words

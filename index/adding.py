"""How a clip gets into a gallery: checked, embedded, stored, committed, and only then found."""

import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack, suppress

import numpy as np

from index.catalog import changes, clips
from index.catalog import features as stored
from index.clips import Clip, media_type
from index.generations import Generation, Space, backbones_of
from index.media import Draft
from index.metadata import Json, checked
from index.stores import Stores
from models.bundle.manifest import Manifest
from models.errors import InvalidInput, Unavailable
from models.features.extract import ClipFeatures
from models.types import F32, Sense

LONGEST = 255
ID_DIGITS = 16


def described(
    draft: Draft, *, name: str, labels: Sequence[str], features: ClipFeatures, metadata: Mapping[str, Json]
) -> Clip:
    """The clip that a file becomes now; raises InvalidInput for an empty or long name or label, or odd metadata."""
    words = dict.fromkeys(_checked("label", label) for label in labels)
    return Clip(
        id=draft.sha256[:ID_DIGITS],
        name=_checked("name", name),
        labels=tuple(words),
        media_type=media_type(name),
        size_bytes=draft.size_bytes,
        sha256=draft.sha256,
        duration_s=features.duration_s,
        windows=tuple(each.window for each in features.windows),
        senses=frozenset(sense for each in features.windows for sense in each.features),
        metadata=checked(metadata),
        added_at=time.time(),
    )


def stored_features(features: ClipFeatures, manifest: Manifest) -> list[dict[Sense, F32]]:
    """[width] by sense for every window, as they will be read again: rounded to float16.

    Raises InvalidInput where there are none, or they are not what the bundle's backbones give.
    """
    if not any(each.features for each in features.windows):
        raise InvalidInput("the clip has no features: neither sound nor pictures")
    return [
        {sense: _rounded(sense, vector, manifest) for sense, vector in each.features.items()}
        for each in features.windows
    ]


def store(
    stores: Stores, gallery: int, active: Generation, *, clip: Clip, features: list[dict[Sense, F32]], draft: Draft
) -> Clip:
    """Embed, keep the media, commit, then let it be found; a failure on the way leaves nothing behind.

    Returns the clip, or the one that is there when another process has added the same bytes meanwhile.
    """
    vectors = [active.embed({sense: vector[None] for sense, vector in each.items()}) for each in features]
    with ExitStack() as undo:
        if stores.media.keep(draft):
            undo.callback(_drop_unused, stores, draft.sha256)
        there, windows = _commit(stores, gallery, active.bundle.manifest, clip=clip, features=features)
        undo.pop_all()
    if windows:
        _let_be_found(active, windows, vectors)
    return there


def _commit(
    stores: Stores, gallery: int, manifest: Manifest, *, clip: Clip, features: list[dict[Sense, F32]]
) -> tuple[Clip, list[int]]:
    """The clip and its new windows: none where it is another's."""
    senses = tuple(clip.senses)
    with stores.database.writing() as connection:
        changes.lock(connection, gallery)  # from here on nobody else adds it
        if (known := clips.find(connection, gallery, clip.id)) is not None:
            return known, []
        return clip, clips.add_all(connection, gallery, [(clip, features, backbones_of(manifest, senses))])[0]


def _drop_unused(stores: Stores, digest: str) -> None:
    """Another process may have added the same bytes, and found the file there; what is unsure is swept later."""
    with suppress(Unavailable), stores.database.reading() as connection:
        if not clips.is_media_used(connection, digest):
            stores.media.drop(digest)


def _let_be_found(active: Generation, windows: list[int], vectors: list[dict[Space, F32]]) -> None:
    for window, rows in zip(windows, vectors, strict=True):
        active.add(np.array([window], np.int64), rows)


def _rounded(sense: Sense, vector: F32, manifest: Manifest) -> F32:
    backbones: Mapping[Sense, object] = manifest.backbones
    width = manifest.backbones[sense].width if sense in backbones else None
    if vector.dtype != np.float32 or vector.shape != (width,):
        raise InvalidInput(
            f"the bundle {manifest.name!r} takes {sense} features of width {width}, "
            f"found {vector.dtype} {list(vector.shape)}"
        )
    rounded: F32 = stored.from_half([stored.to_half(sense, vector)])[0]
    return rounded


def _checked(what: str, text: str) -> str:
    words = text.strip()
    if not words or len(words) > LONGEST or not words.isprintable():
        raise InvalidInput(f"a {what} is 1 to {LONGEST} printable characters, found {len(words)}: {words[:40]!r}")
    return words

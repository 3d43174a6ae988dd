"""How a clip gets into a gallery: checked, stored, committed, and only then found."""

import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack

import numpy as np

from index.catalog import changes, clips
from index.catalog import features as stored
from index.clips import Clip, media_type
from index.embedding import backbones_of
from index.media import Draft
from index.metadata import Json, checked
from index.stores import Stores
from models.bundle.manifest import Manifest
from models.errors import InvalidInput
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
    stores: Stores, gallery: int, manifest: Manifest, *, clip: Clip, features: list[dict[Sense, F32]], draft: Draft
) -> Clip:
    """Keep the media and commit; a failure on the way leaves nothing behind.

    Returns the clip, or the one that is there when another process has added the same bytes meanwhile.
    """
    with ExitStack() as undo:
        if stores.media.keep(draft):
            undo.callback(stores.drop_unused, draft.sha256)
        there = _commit(stores, gallery, manifest, clip=clip, features=features)
        undo.pop_all()
    stores.media.keep(draft)  # again: another process may just have dropped them, as no clip had them yet
    return there


def _commit(stores: Stores, gallery: int, manifest: Manifest, *, clip: Clip, features: list[dict[Sense, F32]]) -> Clip:
    backbones = backbones_of(manifest, tuple(clip.senses))
    with stores.database.writing() as connection:
        changes.lock(connection, gallery)  # from here on nobody else adds it
        if (known := clips.find(connection, gallery, clip.id)) is not None:
            return known
        clips.add_all(connection, gallery, [(clip, features, backbones)])
        return clip


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

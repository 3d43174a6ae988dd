"""How a clip gets into a gallery: checked, stored, committed, and only then found."""

import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from index.catalog import changes, clips, galleries
from index.catalog import features as stored
from index.catalog.database import Connection
from index.clips import Clip, noted
from index.embedding import backbones_of, embeddings
from index.media.scratch import Draft
from index.metadata import Json
from index.stores import Stores
from index.wording import Wording
from models.bundle.manifest import Manifest
from models.bundle.runtime import Bundle
from models.bundle.senses import SENSES, said_lacking
from models.errors import InvalidInput, MediaInvalid, SpaceMismatch
from models.features.extract import ClipFeatures
from models.media.names import media_type
from models.media.rules import RULES
from models.types import F32, Sense

LARGEST = 2.0**50
"""Of a vector's numbers: beyond, squares of distances leave float32."""
ID_DIGITS = 16
Extractor = Callable[[Manifest], Callable[[Path], ClipFeatures]]
"""What makes the features of a file by the backbones of a bundle."""


@dataclass(frozen=True, slots=True)
class Arrival:
    """A file on its way into a gallery, and what is said of it."""

    path: Path
    name: str
    labels: Sequence[str]
    metadata: Mapping[str, Json]


@dataclass(frozen=True, slots=True)
class Made:
    """The features of a clip, and what made them: the backbones of the bundle that a generation answers with."""

    features: ClipFeatures
    number: int
    bundle: Bundle


class Overtaken(Exception):
    """Another generation answers by now, and its bundle reads features of other backbones."""

    def __init__(self, number: int, bundle: Bundle) -> None:
        super().__init__(f"generation {number} answers by now")
        self.number, self.bundle = number, bundle


def add(stores: Stores, gallery: int, arrival: Arrival, made: Made, *, extractor: Extractor | None) -> Clip:
    """The clip, once it is committed: with features by which the generation that answers at that moment finds it.

    Its file is in its place before that, and whoever writes does not wait for it to get there, wherever that is.
    Raises InvalidInput, and SpaceMismatch where other features are needed and there is no `extractor`.
    """
    with stores.media.draft(arrival.path) as draft:
        while True:
            try:
                return _store(stores, gallery, draft, arrival=arrival, made=made)
            except Overtaken as overtaken:
                made = _made_anew(arrival, overtaken, made, extractor)


def _made_anew(arrival: Arrival, overtaken: Overtaken, made: Made, extractor: Extractor | None) -> Made:
    number, bundle = overtaken.number, overtaken.bundle
    if extractor is None:
        raise SpaceMismatch(
            f"generation {number} answers by now, whose bundle {bundle.name!r} reads features of other backbones "
            f"than {made.bundle.name!r}: extract them anew"
        )
    return Made(extractor(bundle.manifest)(arrival.path), number, bundle)


def _store(stores: Stores, gallery: int, draft: Draft, *, arrival: Arrival, made: Made) -> Clip:
    clip = _described(draft, arrival, made.features)
    with stores.database.reading() as connection:
        if (known := clips.find(connection, gallery, clip.id)) is not None:
            return known
    return _kept(stores, gallery, draft, clip=clip, made=made)


def _described(draft: Draft, arrival: Arrival, features: ClipFeatures) -> Clip:
    """The clip that a file becomes now; raises InvalidInput for an empty or long name or label, or odd metadata."""
    said = Wording.of(arrival.name, arrival.labels, arrival.metadata)
    return Clip(
        id=draft.sha256[:ID_DIGITS],
        name=said.name,
        labels=said.labels,
        media_type=media_type(arrival.name),
        size_bytes=draft.size_bytes,
        sha256=draft.sha256,
        duration_s=features.duration_s,
        windows=tuple(each.window for each in features.windows),
        senses=frozenset(sense for each in features.windows for sense in each.features),
        metadata=said.metadata,
        added_at=time.time(),
        absent=noted(each.absent for each in features.windows),
    )


def _rounded_all(features: ClipFeatures, manifest: Manifest) -> list[dict[Sense, F32]]:
    """[width] by sense for every window, as they will be read again: rounded to float16.

    Raises MediaInvalid where there are none, as nothing could ever find it; InvalidInput where they are not what the
    bundle's backbones give.
    """
    if not any(each.features for each in features.windows):
        raise MediaInvalid(f"the clip has {said_lacking(SENSES['av'], [each.absent for each in features.windows])}")
    return [
        {sense: _rounded(sense, vector, manifest) for sense, vector in each.features.items()}
        for each in features.windows
    ]


def _check_vectors(bundle: Bundle, features: list[dict[Sense, F32]]) -> None:
    """Refuse, before it is there, a clip that no table could take in; raises InvalidInput."""
    for each in embeddings(bundle).values():
        rows = [window for window in features if all(sense in window for sense in each.senses)]
        if not rows:
            continue
        vectors = bundle.embed(each.head, {sense: np.stack([row[sense] for row in rows]) for sense in each.senses})
        if not (np.abs(vectors) < LARGEST).all():
            raise InvalidInput(
                f"the head {each.head!r} of the bundle {bundle.name!r} makes NaN, infinity or numbers of {LARGEST:g} "
                "and more of the clip's features"
            )


def _kept(stores: Stores, gallery: int, draft: Draft, *, clip: Clip, made: Made) -> Clip:
    """Keep the media and commit; a failure on the way leaves nothing behind, and what a kill leaves is swept.

    Returns the clip, or the one that is there when another process has added the same bytes meanwhile.
    """
    features = _rounded_all(made.features, made.bundle.manifest)
    _check_vectors(made.bundle, features)
    with ExitStack() as undo:
        if stores.media.keep(draft):
            undo.callback(stores.drop_unused, [draft.sha256])
        with stores.writing:
            there = _commit(stores, gallery, made, clip=clip, features=features)
        undo.pop_all()
    stores.media.keep(draft)  # again: somebody may just have dropped them, as no clip had them yet
    return there


def _commit(stores: Stores, gallery: int, made: Made, *, clip: Clip, features: list[dict[Sense, F32]]) -> Clip:
    backbones = backbones_of(made.bundle.manifest, tuple(clip.senses))
    with stores.database.writing() as connection:
        changes.lock(connection, gallery)  # from here on nobody else adds it
        if (known := clips.find(connection, gallery, clip.id)) is not None:
            return known
        _check_found(stores, connection, gallery, made)
        clips.add_all(connection, gallery, [(clip, features, backbones)], rules=RULES)
        return clip


def _check_found(stores: Stores, connection: Connection, gallery: int, made: Made) -> None:
    """Nobody switches until this is committed, and who then switches sees the clip; raises Overtaken."""
    number = galleries.state(connection, gallery).generation
    if number == made.number:
        return
    row = next(each for each in galleries.generations_of(connection, gallery) if each.number == number)
    now, known = stores.shelf.bundle(row.bundle.name), made.bundle.manifest.backbones
    if not now.manifest.backbones.items() <= known.items():
        raise Overtaken(number, now)


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

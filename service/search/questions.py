"""What is asked, as it is compared: query vectors, with what they were made of."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
from cachetools import LRUCache
from fastapi.concurrency import run_in_threadpool

from index.gallery import Gallery
from index.generations import Generation
from models.bundle.manifest import Channel
from models.bundle.words import understood
from models.errors import QueryInvalid
from models.features.extract import ClipFeatures
from models.types import F32, Modality
from service.encoding.encoders import Encoders
from service.encoding.features import of_query
from service.observing.counts import Counts
from service.observing.stages import stage
from service.search.new_words import NewWords
from service.search.queries import WeightedBody

Words = tuple[str, str]
"""A route, and what is asked by it."""
Routed = tuple[str, WeightedBody]
"""A route, and a query of any kind."""
REMEMBERED = 4096
"""Words whose vectors are kept: some 8 KiB each at most, with their features."""


@dataclass(frozen=True, slots=True)
class Question:
    """One query of a route: its vector [1, dim], and where it had any, its words and features [1, width].

    `windows` are those of the gallery that it is itself. `weight` is how much it counts among others of one search.
    `clip` is the upload, window by window.
    """

    route: str
    vector: F32
    features: Mapping[Modality, F32] = field(default_factory=dict)
    text: str | None = None
    windows: frozenset[int] = frozenset()
    weight: float = 1.0
    clip: ClipFeatures | None = None


class Questions:
    """Makes questions of what is asked; `await`ed on the server's loop, which only looks up what is remembered.

    `counts` has where the vectors of words were found: in `memory`, or they were `made`.
    """

    def __init__(self, encoders: Encoders, *, limit: int = REMEMBERED) -> None:
        self._encoders, self._new_words = encoders, NewWords()
        self._words: LRUCache[tuple[str, str, str], Question] = LRUCache(limit)
        self.counts = Counts()

    async def of_words(self, generation: Generation, asked: Sequence[Words]) -> dict[Words, Question]:
        """Remembered by bundle, route and words, the others encoded together, which takes half of one after another.

        Raises QueryInvalid for words that the bundle does not know, or a route that reads none.
        """
        sha256 = generation.bundle.sha256
        found = {each: known for each in asked if (known := self._words.get((sha256, *each))) is not None}
        new = [each for each in dict.fromkeys(asked) if each not in found]
        self.counts.add("memory", len(asked) - len(new))
        if new:
            self.counts.add("made", len(new))
            for route, _ in new:
                check_read(generation, route, {"text": ()})
            made = await run_in_threadpool(self._encoded, generation, new)
            self._words.update({(sha256, *each): question for each, question in made.items()})
            found |= made
        return found

    async def of_all(self, gallery: Gallery, generation: Generation, asked: Sequence[Routed]) -> list[Question]:
        """Of queries of any kind, with their weights; raises as each kind does."""
        words = [(route, each.text) for route, each in asked if each.text is not None]
        known = await self.of_words(generation, words)
        found = [
            known[route, each.text] if each.text is not None else await self._of(gallery, generation, route, each)
            for route, each in asked
        ]
        return [replace(question, weight=each.weight) for question, (_, each) in zip(found, asked, strict=True)]

    async def of_clip(self, generation: Generation, route: str, clip: Path, *, source: Channel) -> Question:
        """Of what a file has of `source`; raises MediaInvalid, SenseMissing, TooLarge, DecodeOverrun."""
        return await run_in_threadpool(self._extracted, generation, route, clip, source)

    async def of_features(
        self, generation: Generation, route: str, features: Mapping[Modality, tuple[float, ...]]
    ) -> Question:
        """Of features as the backbones or the text encoder make them; raises QueryInvalid, InvalidInput."""
        check_read(generation, route, features)
        rows: dict[Modality, F32] = {each: np.array([row], np.float32) for each, row in features.items()}
        return await run_in_threadpool(embedded, generation, route, rows)

    async def of_example(self, gallery: Gallery, generation: Generation, route: str, of: int | str) -> Question:
        """Of a window of the gallery, by its number, or a clip, by its id; raises as `Gallery.example` does."""
        return await run_in_threadpool(_exemplified, gallery, generation, route, of)

    async def _of(self, gallery: Gallery, generation: Generation, route: str, query: WeightedBody) -> Question:
        """Of a query that is no words."""
        if query.vector is not None:
            return of_vector(generation, route, query.vector)
        if query.features is not None:
            return await self.of_features(generation, route, query.features)
        example = query.window if query.clip is None else query.clip
        assert example is not None
        return await self.of_example(gallery, generation, route, example)

    def _encoded(self, generation: Generation, asked: Sequence[Words]) -> dict[Words, Question]:
        manifest = generation.bundle.manifest
        with stage("backbone"):
            texts = understood(manifest, [text for _, text in asked])
            features = self._new_words.encoded(self._encoders.text(manifest), texts)
        return {
            (route, text): embedded(generation, route, {"text": feature[None]}, text=text)
            for (route, text), feature in zip(asked, features, strict=True)
        }

    def _extracted(self, generation: Generation, route: str, clip: Path, source: Channel) -> Question:
        found = self._encoders.extractor(generation.bundle.manifest).extract(clip)
        made = embedded(generation, route, {each: row[None] for each, row in of_query(found, source).items()})
        return replace(made, clip=found)


def embedded(
    generation: Generation, route: str, features: Mapping[Modality, F32], *, text: str | None = None
) -> Question:
    """Of features [1, width] of each modality that the route's query head reads; raises InvalidInput."""
    with stage("head"):
        return Question(route, generation.query_vectors(route, features), features, text)


def _exemplified(gallery: Gallery, generation: Generation, route: str, of: int | str) -> Question:
    example = gallery.example(route, of, generation=generation)
    made = embedded(generation, route, example.features)
    return replace(made, windows=example.windows)


def of_vector(generation: Generation, route: str, vector: tuple[float, ...]) -> Question:
    """Of a vector of the route's space; raises QueryInvalid for one of another width."""
    dim = generation.table(route).embedding.dim
    if len(vector) != dim:
        raise QueryInvalid(f"a vector of {route!r} has {dim} numbers, found {len(vector)}")
    return Question(route, np.array([vector], np.float32))


def check_read(generation: Generation, route: str, found: Mapping[Modality, object]) -> None:
    """Refuse features of other modalities than the route's query head reads; raises QueryInvalid."""
    manifest = generation.bundle.manifest
    read = manifest.heads[manifest.routes[route].query].inputs
    if set(found) != set(read):
        raise QueryInvalid(f"the route {route!r} reads {', '.join(read)}, found features of {', '.join(sorted(found))}")

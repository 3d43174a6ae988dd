"""A named set of clips, searched by the vectors of one bundle at a time."""

import logging
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType

import numpy as np

from index import adding, reindexing
from index.active import Active
from index.adding import Arrival, Extractor, Made
from index.catalog import changes, clips, evaluations, extracted, galleries
from index.catalog import features as stored
from index.catalog.evaluations import EvaluationRow
from index.catalog.filters import allowed
from index.catalog.galleries import GalleryRow, GenerationRow
from index.catalog.places import by_window
from index.choosing import Wanted, check
from index.clips import Clip, GallerySummary, Hit, StoredFeatures
from index.embedding import backbones_of
from index.evaluation import bank_of
from index.examples import Example, of_clip, of_window
from index.filters import Filter
from index.generations import Generation
from index.metadata import Json
from index.recalling import Recalled, recalled
from index.reindexing import Extract, Rules
from index.searching import Counted, Search
from index.sigmoids import Chosen, Sigmoids
from index.stepwise import Stepwise
from index.stores import Stores
from index.watching import UNWATCHED, Watch
from index.wording import Wording, reword
from models.errors import InvalidInput, VectorsUnavailable
from models.features.extract import ClipFeatures
from models.types import F32, I64, Modality, Sense

log = logging.getLogger(__name__)

NOTHING: Mapping[str, Json] = MappingProxyType({})
RULES = Rules()


def anything(_: Clip) -> None:
    """Whatever the clip is will do."""


class Gallery:
    """A named set of clips. The catalog is the truth, the vectors of the active generation follow it.

    Safe to use from several threads, and beside other processes that have the same data folder open: what one adds,
    deletes or switches to, the others find, miss or follow.
    """

    def __init__(self, stores: Stores, row: GalleryRow, active: Active) -> None:
        self.name, self.key = row.name, row.key
        self._stores = stores
        self._active = active
        self._sigmoids = Sigmoids(stores.database, row.key)

    @property
    def active(self) -> Generation:
        """The generation that answers now; hold it to use its bundle for more than one thing."""
        return self._active.generation

    def add(
        self,
        path: Path,
        *,
        name: str,
        labels: Sequence[str],
        features: ClipFeatures,
        metadata: Mapping[str, Json] = NOTHING,
        generation: Generation | None = None,
        extractor: Extractor | None = None,
    ) -> Clip:
        """Store a clip with its media; the same bytes are the same clip, which then is returned as it was stored.

        `metadata` is a JSON object of at most 16 KiB, `generation` the one that was asked how to make the features,
        None the active one. Where another one answers by now that reads features of other backbones, those that
        `extractor` makes are stored instead.

        Raises:
            InvalidInput: an empty or long name or label, no features, features of another width, or odd metadata.
            SpaceMismatch: other features are needed by now, and there is no `extractor`.
        """
        asked = generation or self.active
        made = Made(features, asked.number, asked.bundle)
        arrival = Arrival(path, name, labels, metadata)
        clip = adding.add(self._stores, self.key, arrival, made, extractor=extractor)
        self._follow()
        return clip

    def search(
        self,
        route: str,
        features: Mapping[Modality, F32],
        *,
        k: int,
        among: Filter | None = None,
        by: Counted = "window",
        generation: Generation | None = None,
    ) -> list[Hit]:
        """The `k` best windows, or clips, for one query [width] of each modality the route needs; best first.

        `generation` is the one that was asked how to make the features, None the active one: a reindexing between
        the two then does not matter.

        Raises:
            QueryInvalid: `k` is not in 1..1000.
            RouteMissing: no such route to clips; names those there are.
            InvalidInput: features that are missing or do not fit the bundle.
        """
        asked, searcher = Search(route, k, among, by), self._active.searcher(generation)
        queries = searcher.generation.query_vectors(
            route, {each: np.atleast_2d(rows) for each, rows in features.items()}
        )
        if len(queries) != 1:
            raise InvalidInput(f"a search takes one query, found {len(queries)}")
        return searcher.search(queries, asked)[0]

    def search_vectors(self, queries: F32, asked: Search, *, generation: Generation | None = None) -> list[list[Hit]]:
        """The hits of each query vector [q, dim] of the route's space; raises as `search` does."""
        searcher = self._active.searcher(generation)
        self._sigmoids.refresh(searcher.generation)
        return searcher.search(queries, asked)

    def sigmoid(self, route: str, generation: Generation) -> Chosen | None:
        """What makes probabilities of a route's scores, as of the last search; None where nothing was fitted for it."""
        return self._sigmoids.of(generation, route)

    def search_window(self, window: int, asked: Search, *, generation: Generation | None = None) -> list[Hit]:
        """What is like a window of this gallery, which is not among its own hits.

        Raises:
            WindowNotFound: there is none of that id.
            SenseMissing: it lacks what the route's query head reads.
        """
        held = generation or self.active
        example = self.example(asked.route, window, generation=held)
        query = held.query_vectors(asked.route, example.features)
        return self.search_vectors(query, replace(asked, without=example.windows), generation=held)[0]

    def example(self, route: str, of: int | str, *, generation: Generation | None = None) -> Example:
        """What a window of this gallery, by its number, or a clip, by its id, asks a route with.

        Raises:
            WindowNotFound, ClipNotFound: there is none.
            SenseMissing: it lacks what the route's query head reads.
            RouteMissing: no such route to clips; names those there are.
        """
        chosen = generation or self.active
        if isinstance(of, str):
            return of_clip(self._stores.database, chosen, route, of)
        return of_window(self._stores.database, chosen, route, of)

    def recalled(self, windows: Collection[int], generation: Generation) -> dict[int, Recalled]:
        """What is stored of windows, by the backbones of a generation: those that are still there."""
        return recalled(self._stores.database, generation, windows)

    def clip(self, clip_id: str) -> Clip:
        """The clip of that id; raises ClipNotFound."""
        with self._stores.database.reading() as connection:
            return clips.get(connection, self.key, clip_id)

    def page(self, among: Filter | None = None, *, after: int = 0, limit: int) -> list[tuple[int, Clip]]:
        """The next clips after a place in the order they were added, with their places; of those that pass a filter."""
        with self._stores.database.reading() as connection:
            return clips.page(connection, self.key, among, after=after, limit=limit)

    def clips(self) -> list[Clip]:
        """All the clips, in the order they were added."""
        with self._stores.database.reading() as connection:
            return clips.listed(connection, self.key)

    def media(self, clip_id: str) -> Path:
        """The file of a clip; raises ClipNotFound."""
        return self._stores.media.path(self.clip(clip_id).sha256)

    def remove(self, clip_id: str, check: Callable[[Clip], None] = anything) -> None:
        """Delete a clip; from the moment this returns no answer of any process has it.

        Raises ClipNotFound, and what `check` does, which sees the clip as it is deleted.
        """
        with self._stores.writing:
            with self._stores.database.writing() as connection:
                changes.lock(connection, self.key)
                check(clip := clips.get(connection, self.key, clip_id))
                clips.remove(connection, self.key, clip_id)
            self._follow()
            self._stores.drop_unused(clip.sha256)

    def remove_all(self, clip_ids: Sequence[str]) -> list[str]:
        """Delete those of these clips that are there, all at once, as `remove` does; returns which those were."""
        with self._stores.writing:
            with self._stores.database.writing() as connection:
                gone = clips.remove_all(connection, self.key, clip_ids)
            self._follow()
            for sha256 in gone.values():
                self._stores.drop_unused(sha256)
        return list(gone)

    def reword(self, clip_id: str, decide: Callable[[Clip], Wording]) -> Clip:
        """The clip with another name, labels or metadata, as decided of what it is; from the moment this returns all
        searches of any process go by them. Raises ClipNotFound, and what `decide` does.
        """
        clip = reword(self._stores, self.key, clip_id, decide)
        self._follow()
        return clip

    def summary(self) -> GallerySummary:
        """The gallery in numbers."""
        active = self.active
        with self._stores.database.reading() as connection:
            return GallerySummary(
                name=self.name,
                bundle=active.bundle.name,
                generation=active.number,
                clips=clips.count(connection, self.key),
                windows=clips.window_count(connection, self.key),
                labels=clips.label_counts(connection, self.key),
                routes=active.routes,
                channels=active.bundle.manifest.channels,
            )

    def size(self) -> tuple[int, int]:
        """How many clips and windows it has; of the summary what can be asked for often."""
        with self._stores.database.reading() as connection:
            return clips.count(connection, self.key), clips.window_count(connection, self.key)

    def allowed(self, among: Filter) -> I64:
        """[n] the windows of the clips that pass a filter."""
        with self._stores.database.reading() as connection:
            return allowed(connection, self.key, among)

    def features(self, *senses: Sense, generation: Generation | None = None) -> StoredFeatures:
        """What is stored of the windows that have all of these senses, for a generation's or the active backbones."""
        backbones = backbones_of((generation or self.active).bundle.manifest, senses)
        with self._stores.database.reading() as connection:
            ids = stored.having(connection, self.key, backbones)
            found = by_window(connection, self.key, ids.tolist())
            batches = [features for _, features in stored.batches(connection, ids, backbones)]
        places = [found[each] for each in ids.tolist()]
        return StoredFeatures(
            windows=ids,
            clip_ids=tuple(place.clip_id for place in places),
            labels=tuple(place.labels for place in places),
            features={sense: np.concatenate([each[sense] for each in batches]) for sense in senses if batches},
        )

    def windows(self, of: int | str, *, generation: Generation | None = None) -> list[extracted.Cut]:
        """A window of this gallery, by its number, or those of a clip, by its id, with what is stored for a
        generation's or the active backbones; raises WindowNotFound, ClipNotFound.
        """
        manifest = (generation or self.active).bundle.manifest
        backbones = backbones_of(manifest, tuple(manifest.backbones))
        with self._stores.database.reading() as connection:
            if isinstance(of, str):
                return extracted.of_clip(connection, self.key, of, backbones)
            return [extracted.of_window(connection, self.key, of, backbones)]

    def bank(self, route: str, generation: Generation) -> tuple[I64, F32]:
        """What the biases of a generation's route are made of, or would be: see `evaluation.bank_of`."""
        with self._stores.database.reading() as connection:
            return bank_of(connection, generation, route)

    def reindex(
        self,
        bundle: str,
        *,
        rules: Rules = RULES,
        extract: Extract | None = None,
        biases: Wanted | None = None,
        expected: int | None = None,
    ) -> Generation:
        """Embed the gallery anew with another bundle, beside the old, and switch to it once it is whole.

        Vectors come from stored features; of other backbones than these, from the media, by `extract`. Searches go on
        meanwhile, with the old bundle. Routes are corrected as `biases` says, by default as they are now.

        Raises:
            BundleNotFound, BundleInvalid: no such bundle, or a damaged one.
            RouteMissing: the bundle has no such route to be corrected.
            SpaceMismatch: the bundle expects features of other backbones, and there is no `extract`.
            GenerationWorse: it would find worse than the rules allow.
            Conflict: somebody else reindexed the gallery meanwhile, or another generation than `expected` is active.
        """
        self.check_active(expected)
        chosen = self._stores.shelf.bundle(bundle)
        return reindexing.reindex(self._stores, self._active, chosen, rules=rules, extract=extract, biases=biases)

    def roll_back(self, number: int | None = None, *, expected: int | None = None) -> Generation:
        """Answer with another generation that is kept, the last one before by default.

        Raises:
            GenerationNotFound: there is none of that number, or none before.
            SpaceMismatch: clips came since that lack the features of its bundle's backbones.
            Conflict: `expected`, by default the one that answers, is not the active one any more.
        """
        return reindexing.roll_back(self._stores, self._active, number, expected=expected)

    def check_active(self, expected: int | None) -> None:
        """Refuse where another generation than the expected one is active; raises Conflict."""
        with self._stores.database.reading() as connection:
            galleries.check_active(connection, self.key, expected)

    def drop_generation(self, number: int) -> None:
        """Forget a generation that is kept, with its vectors; raises GenerationNotFound, Conflict for the active one
        and for one that is being built.
        """
        reindexing.drop(self._stores, self.key, number)

    def generations(self) -> list[GenerationRow]:
        """The generations that are kept, oldest first, with how each was built and verified."""
        with self._stores.database.reading() as connection:
            return galleries.generations_of(connection, self.key)

    def generation(self, number: int) -> Generation:
        """One of those that are kept, with its vectors; raises GenerationNotFound."""
        return self.active if number == self.active.number else self._active.open(number)

    def stepwise(self, bundle: str, mark: str, biases: Wanted | None = None) -> Stepwise:
        """A reindexing in steps that can be continued by the mark; raises as `reindex` does for what is not there."""
        chosen = self._stores.shelf.bundle(bundle)
        check(chosen, biases)
        return Stepwise(self._stores, self._active, chosen, mark, biases)

    def give_up(self, mark: str) -> None:
        """Forget what the reindexing of that mark has begun to build."""
        Stepwise(self._stores, self._active, self.active.bundle, mark).forget()

    def record_evaluation(
        self, generation: int, *, protocol: str, request: Mapping[str, Json], report: Mapping[str, Json]
    ) -> EvaluationRow:
        """Keep what an evaluation of a generation found."""
        with self._stores.database.writing() as connection:
            row = evaluations.add(
                connection, self.key, generation=generation, protocol=protocol, request=request, report=report
            )
        self._sigmoids.forget()
        return row

    def evaluation(self, key: int) -> EvaluationRow:
        """The evaluation of that key; raises EvaluationNotFound."""
        with self._stores.database.reading() as connection:
            return evaluations.get(connection, self.key, key)

    def remove_evaluation(self, key: int) -> None:
        """Delete the evaluation of that key, and what it made probabilities of; raises EvaluationNotFound."""
        with self._stores.database.writing() as connection:
            evaluations.remove(connection, self.key, key)
        self._sigmoids.forget()

    def evaluations(self) -> list[EvaluationRow]:
        """All that are kept, in the order they were made."""
        with self._stores.database.reading() as connection:
            return evaluations.listed(connection, self.key)

    def compact(self, watch: Watch = UNWATCHED) -> None:
        """Build the vectors of the active generation anew, so that what came and went since is indexed too."""
        self._active.rebuild(watch)

    def keep(self) -> None:
        """Write vectors that have changed much, so that the next start need not make them."""
        self._active.keep()

    def close(self) -> None:
        """Let go of what works beside."""
        self._active.close()

    def _follow(self) -> None:
        """Vectors in a Milvus that is away follow with a later search: what was written to the catalog is written."""
        try:
            self.active.follow(self._stores.database)
        except VectorsUnavailable as error:
            log.warning("the vectors of the gallery %r do not follow for now: %s", self.name, error)

"""What is found in a gallery."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from index.clips import Hit
from index.examples import Example, of_clip, of_window
from index.filters import Filter
from index.generations import Generation
from index.open_gallery import OpenGallery
from index.searching import Counted, Search
from index.sigmoids import Chosen
from models.errors import InvalidInput
from models.types import F32, Modality


class Found(OpenGallery):
    """Hits, by the vectors of one generation from the query on."""

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

    def search_at_once(
        self, queries: F32, asked: Search, *, generation: Generation | None = None
    ) -> list[list[Hit]] | None:
        """As `search_vectors`, where that is over sooner than it could be handed to a thread; None where it may not."""
        searcher = self._active.searcher(generation)
        chosen = searcher.generation
        if not chosen.table(asked.route).is_light(len(queries)) or not self._sigmoids.is_fresh(chosen):
            return None
        return searcher.search_at_once(queries, asked)

    def sigmoid(self, route: str, generation: Generation) -> Chosen | None:
        """What makes probabilities of a route's scores, as of the last search; None where nothing was fitted for it."""
        return self._sigmoids.of(generation, route)

    def sigmoid_now(self, route: str, generation: Generation) -> Chosen | None:
        """As `sigmoid`, as of now."""
        self._sigmoids.refresh(generation)
        return self.sigmoid(route, generation)

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

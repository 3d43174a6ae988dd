"""Searches of one gallery by several requests, compared with its vectors together."""

from collections.abc import Sequence

from fastapi.concurrency import run_in_threadpool

from index.clips import Hit
from index.gallery import Gallery
from index.generations import Generation
from index.searching import Search
from models.types import F32


class Batching:
    """Where requests have their query vectors compared; `search` is awaited on the server's loop."""

    async def search(
        self, gallery: Gallery, queries: F32, asked: Search, *, generation: Generation
    ) -> Sequence[Sequence[Hit]]:
        """The hits of each query vector [q, dim]; raises as `Gallery.search_vectors` does."""
        return await run_in_threadpool(gallery.search_vectors, queries, asked, generation=generation)

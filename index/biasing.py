"""How a table with corrected routes keeps vectors, and is asked: the biases are further dimensions of them."""

import json
from collections.abc import Mapping, Sequence

import numpy as np

from index.blending import Blend
from index.catalog.database import Connection
from index.corrections import Corrections
from index.embedding import Embedding
from index.route_bank import Asking, Coming, RouteBank
from index.vectors.base import VectorIndex
from index.watching import UNWATCHED, Watch
from models.errors import InvalidInput, SnapshotInvalid
from models.hubness import augment_blend, augment_gallery, augment_query, score_of, with_biases
from models.hubness.similarities import rounded
from models.types import F32, I64, Hits

Arrays = Mapping[str, np.ndarray]
CORRECTIONS = "corrections"
"""What a snapshot calls the array that says which biases its vectors end in."""


class Biasing:
    """The corrected routes of one table, in the order of their dimensions; not for several threads while it changes.

    What it makes of vectors is compared by inner product, whatever the metric of the space. A change that fails half
    way is made good by `mend`.
    """

    def __init__(self, embedding: Embedding, banks: tuple[RouteBank, ...]) -> None:
        self._embedding, self._banks = embedding, banks
        self._places = {each.asking.route: place for place, each in enumerate(banks)}
        self._is_whole = True

    @classmethod
    def empty(cls, embedding: Embedding, corrections: Corrections) -> "Biasing | None":
        """Of no windows; None where no route to the space is corrected."""
        banks = tuple(RouteBank.empty(each, embedding.metric) for each in _asking(embedding, corrections))
        return cls(embedding, banks) if banks else None

    @classmethod
    def restored(cls, embedding: Embedding, corrections: Corrections, kept: Arrays) -> "Biasing | None":
        """As a snapshot kept it; raises SnapshotInvalid for arrays that are not those of these corrections."""
        asked = _asking(embedding, corrections)
        if not np.array_equal(kept.get(CORRECTIONS, _told([])), _told(asked)):
            raise SnapshotInvalid(f"the vectors of {embedding.head!r} do not end in the biases of their generation")
        try:
            states = [_state(kept, place) for place in range(len(asked))]
            restored = zip(asked, states, strict=True)
            banks = tuple(RouteBank.restored(each, embedding.metric, state) for each, state in restored)
        except (InvalidInput, KeyError, ValueError) as error:
            raise SnapshotInvalid(f"the biases of {embedding.head!r} cannot be read: {error}") from error
        return cls(embedding, banks) if banks else None

    def state(self) -> dict[str, np.ndarray]:
        """Arrays by name, as a snapshot keeps them; none after a change that failed half way."""
        if not self._is_whole:
            return {}
        states = enumerate(each.state() for each in self._banks)
        arrays = {f"{_start(place)}{name}": array for place, state in states for name, array in state.items()}
        return {CORRECTIONS: _told([each.asking for each in self._banks]), **arrays}

    def stored(self, windows: I64, vectors: F32) -> F32:
        """[n, width] what is stored of windows [n] that are taken in, and their vectors [n, d]."""
        return augment_gallery(vectors, self._biases(windows), self._embedding.metric)

    def plain(self, stored: F32) -> F32:
        """[n, d] the vectors without their biases."""
        return stored[:, : self._embedding.dim]

    def asked(self, route: str, queries: F32) -> F32:
        """[q, width] what the table is asked for queries [q, d] of a route, corrected or not."""
        return augment_query(queries, self._places.get(route), routes=len(self._banks), metric=self._embedding.metric)

    def asked_blend(self, blend: Blend, queries: F32) -> F32:
        """[q, width] what the table is asked for vectors [q, d] that are sums of queries."""
        return augment_blend(queries, blend.shares_of(list(self._places)), self._embedding.metric)

    def hits(self, found: Hits, queries: F32) -> Hits:
        """With the scores that the products stand for."""
        return Hits(found.ids, score_of(found.scores, queries, self._embedding.metric))

    def fill(self, connection: Connection, gallery: int, *, windows: I64, vectors: F32, watch: Watch) -> None:
        """Take in all windows [n] of the table, with their vectors [n, d]."""
        for each in self._banks:
            each.fill(connection, gallery, windows=windows, vectors=vectors, watch=watch)

    def coming(self, connection: Connection, gallery: int, *, among: I64, new: I64, vectors: F32) -> list[Coming]:
        """What the banks have to take in of windows that came or changed, `new` [n] with vectors [n, d].

        Only this asks the catalog and the bundle, and refuses vectors; it changes nothing.
        """
        rounded(vectors, self._embedding.metric)  # which refuses what a bank would refuse later
        return [each.coming(connection, gallery, among=among, new=new) for each in self._banks]

    def change(self, index: VectorIndex, coming: list[Coming], *, gone: I64, new: I64, vectors: F32) -> None:
        """Forget windows and take in others [n] with their vectors [n, d], in the banks and in the table's index."""
        self._is_whole = False
        index.remove(gone)
        banks = zip(self._banks, coming, strict=True)
        found = [bank.change(gone=gone, coming=each, new=new, vectors=vectors) for bank, each in banks]
        odd = np.setdiff1d(np.concatenate(found), new)
        index.replace(odd, self._again(odd, index.vectors(odd)))
        index.add(new, self.stored(new, vectors))
        self._is_whole = True

    def mend(self, index: VectorIndex, connection: Connection, gallery: int) -> None:
        """Make all biases of the table's index anew if a change failed half way, as where a device had no room."""
        if self._is_whole:
            return
        windows = np.intersect1d(index.ids(), self._embedding.windows(connection, gallery), assume_unique=True)
        vectors = self._embedding.all_vectors(connection, windows)
        self._banks = tuple(RouteBank.empty(each.asking, self._embedding.metric) for each in self._banks)
        self.fill(connection, gallery, windows=windows, vectors=vectors, watch=UNWATCHED)
        index.replace(windows, self.stored(windows, vectors))
        self._is_whole = True

    def _again(self, windows: I64, stored: F32) -> F32:
        """[n, width] what is stored of windows [n] now that their biases are others."""
        return with_biases(stored, self._biases(windows), self._embedding.metric)

    def _biases(self, windows: I64) -> F32:
        return np.array([each.biases(windows) for each in self._banks], np.float32)


def _asking(embedding: Embedding, corrections: Corrections) -> list[Asking]:
    chosen = corrections.of(embedding.routes)
    return [Asking(embedding, route, bias, corrections.shift) for route, bias in sorted(chosen.items())]


def _told(asked: Sequence[Asking]) -> np.ndarray:
    """What the biases of these routes are, as bytes: nothing where there are none."""
    routes = [[each.route, each.shift, each.bias.model_dump(mode="json")] for each in asked]
    return np.frombuffer(json.dumps(routes).encode() if routes else b"", np.uint8)


def _state(kept: Arrays, place: int) -> dict[str, np.ndarray]:
    start = _start(place)
    return {name.removeprefix(start): array for name, array in kept.items() if name.startswith(start)}


def _start(place: int) -> str:
    return f"bank-{place}-"

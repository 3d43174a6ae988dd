"""What a corrected route takes off each window's score, kept true as windows come and go."""

from dataclasses import dataclass

import numpy as np

from index.catalog.database import Connection
from index.catalog.places import by_window
from index.embedding import Embedding
from index.watching import Watch
from models.bundle.words import key
from models.hubness import Bank, RouteBias, is_sampled, seen_biases
from models.hubness.similarities import rounded
from models.types import F32, I64, Metric

BLOCK = 16_384
"""Windows compared with a bank at once: some seconds at most."""
PLACES = 10_000
"""Windows whose labels are asked for at once."""
NONE = np.empty(0, np.int64)


@dataclass(frozen=True, slots=True)
class Asking:
    """Who asks a route, of whom a bank's queries are: windows by the route's query head, or the seen classes' words.

    Every window is one where `shift` is 0, one in 2**shift else; a route whose bias has no `alpha` needs none.
    """

    embedding: Embedding
    route: str
    bias: RouteBias
    shift: int

    @property
    def is_of_windows(self) -> bool:
        """Whether windows ask, and not words."""
        return bool(self.embedding.asking(self.route).senses)

    def words(self) -> F32 | None:
        """[n, dim] those that are there from the start; None where windows ask."""
        return self.embedding.words(self.route) if self.bias.alpha and not self.is_of_windows else None

    def of_windows(self, connection: Connection, gallery: int, among: I64 | None = None) -> tuple[I64, F32]:
        """The windows [n] that ask, ascending, and their queries [n, dim]; of these alone if `among` is given."""
        windows = self._windows(connection, gallery, among)
        return windows, self.embedding.asking(self.route).all_vectors(connection, windows)

    def seen(self, connection: Connection, gallery: int, windows: I64) -> I64:
        """Those of the windows whose clip's first label is a seen class, ascending; none where that does not matter."""
        if not self.bias.seen:
            return NONE
        words = {key(each.name) for each in self.embedding.bundle.manifest.seen_classes}
        found: list[int] = []
        for start in range(0, len(windows), PLACES):
            places = by_window(connection, gallery, windows[start : start + PLACES].tolist())
            found += [each for each, place in places.items() if place.labels and key(place.labels[0]) in words]
        return np.array(sorted(found), np.int64)

    def _windows(self, connection: Connection, gallery: int, among: I64 | None) -> I64:
        if among is not None:
            among = among[is_sampled(among, self.shift)]
        if not self.bias.alpha or not self.is_of_windows or (among is not None and not len(among)):
            return NONE
        found = self.embedding.asking(self.route).windows(connection, gallery, among=among)
        return found[is_sampled(found, self.shift)]


@dataclass(frozen=True, slots=True)
class Coming:
    """What a bank has to take in: queries [n] with their vectors, and which of the windows `told` are of seen classes.

    Told is of what is new in the table, and of what was there and may have other labels now.
    """

    queries: I64
    vectors: F32
    told: I64
    seen: I64


class RouteBank:
    """The biases of a table's windows for one route."""

    def __init__(self, asking: Asking, bank: Bank, *, seen: I64) -> None:
        self.asking = asking
        self._bank, self._seen = bank, seen

    @classmethod
    def empty(cls, asking: Asking, metric: Metric) -> "RouteBank":
        """Of no windows; words are there."""
        bank = Bank(asking.embedding.dim, metric, neighbours=asking.bias.neighbours)
        if (words := asking.words()) is not None:
            bank.add_queries(np.arange(len(words)), words)
        return cls(asking, bank, seen=NONE)

    @classmethod
    def restored(cls, asking: Asking, metric: Metric, state: dict[str, np.ndarray]) -> "RouteBank":
        """As `state` gave it; raises KeyError, ValueError for what no bank has given."""
        seen = state.pop("seen")
        bank = Bank.of(state, asking.embedding.dim, metric, neighbours=asking.bias.neighbours)
        return cls(asking, bank, seen=seen)

    def state(self) -> dict[str, np.ndarray]:
        """Arrays by name, as a snapshot keeps them."""
        return {**self._bank.state(), "seen": self._seen}

    def biases(self, windows: I64) -> F32:
        """[n] what is taken off the scores of windows that are in the table."""
        found = self._bank.biases(self.asking.bias.alpha, among=windows)
        return found + seen_biases(np.isin(windows, self._seen), self.asking.bias.seen)

    def coming(self, connection: Connection, gallery: int, *, among: I64, new: I64) -> Coming:
        """What is to be taken in of windows that came, have more features or other labels; some are `new` in the table.

        Raises InvalidInput for what the bank would refuse.
        """
        queries, vectors = self.asking.of_windows(connection, gallery, np.setdiff1d(among, self._bank.queries))
        rounded(vectors, self.asking.embedding.metric)
        told = np.union1d(new, np.intersect1d(among, self._bank.items)) if self.asking.bias.seen else NONE
        return Coming(queries, vectors, told, self.asking.seen(connection, gallery, told))

    def fill(self, connection: Connection, gallery: int, *, windows: I64, vectors: F32, watch: Watch) -> None:
        """Take in all windows [n] that the table has, with their vectors [n, dim]."""
        queries, asked = self.asking.of_windows(connection, gallery)
        self._bank.add_queries(queries, asked)
        for start in range(0, len(windows), BLOCK):
            watch.stage(f"biases of {self.asking.route}, {start} of {len(windows)}")
            self._bank.add_items(windows[start : start + BLOCK], vectors[start : start + BLOCK])
        self._seen = self.asking.seen(connection, gallery, windows)

    def change(self, *, gone: I64, coming: Coming, new: I64, vectors: F32) -> I64:
        """Forget windows and take in others [n] with their vectors [n, dim]; which ones' biases may be others now."""
        self._bank.remove_items(gone)
        lost = self._bank.remove_queries(gone) if self.asking.is_of_windows else NONE
        found = self._bank.add_queries(coming.queries, coming.vectors)
        self._bank.add_items(new, vectors)
        before = self._seen
        self._seen = np.union1d(np.setdiff1d(before, np.union1d(gone, coming.told)), coming.seen)
        turned = np.setxor1d(np.intersect1d(before, coming.told), coming.seen)
        return np.union1d(np.union1d(lost, found), turned)

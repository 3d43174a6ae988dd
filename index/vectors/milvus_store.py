"""Vector tables in Milvus, one collection each: a server by its URI, or milvus-lite by the path of a file."""

import re
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from importlib.util import find_spec
from threading import Lock
from typing import Any, Literal

import numpy as np

from index.vectors.base import check_k, check_known, check_new_ids, check_vectors, padded
from index.vectors.rows import rows_of
from models.errors import DependencyMissing, InvalidInput, SpaceMismatch, Unavailable
from models.scoring import normalised, scores
from models.types import F32, I64, Bool, Hits, Metric

try:
    from grpc import RpcError
    from pymilvus import DataType, MilvusClient, MilvusException
except ModuleNotFoundError as error:
    raise DependencyMissing("pymilvus is not installed: pip install 'sightsound[milvus]'") from error

Kind = Literal["autoindex", "hnsw", "flat"]
"""What Milvus is asked to search a collection by."""

BUILD: dict[Kind, dict[str, int]] = {"autoindex": {}, "hnsw": {"M": 32, "efConstruction": 200}, "flat": {}}
METRICS = {Metric.EUCLIDEAN: "L2", Metric.COSINE: "COSINE", Metric.INNER: "IP"}
NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,254}")
TIMEOUT_S = 60.0
"""Of one call, its retries included: without one pymilvus tries some 75 times."""
MESSAGE_BYTES = 16 << 20
"""Of the vectors in one message: a quarter of what gRPC lets through to a server, since texts and ids come on top."""
MOST_IDS = 10_000
"""In one filter or page; Milvus gives at most 16,384 rows."""
MOST_HITS = 16_384
"""The largest k Milvus answers."""
SPARE = 16
"""Hits beyond `k` that are asked for: of equal ones at the limit the lowest ids are to be kept."""
FEW = 1_000
"""Up to so many allowed ids their vectors are fetched and scored here: exact, where a filtered graph is not."""


@dataclass(frozen=True, slots=True)
class Address:
    """Where Milvus is: `http://host:19530` or `https://…`, or a path ending in .db for milvus-lite; an optional token.

    Raises InvalidInput for any other URI, and DependencyMissing where milvus-lite is wanted and not installed.
    """

    uri: str
    token: str = field(default="", repr=False)

    def __post_init__(self) -> None:
        if not self.uri.startswith(("http://", "https://")) and not self.lite:
            raise InvalidInput(f"Milvus must be at http://…, https://… or in a file *.db, found {self.shown!r}")
        if self.lite and find_spec("milvus_lite") is None:
            raise DependencyMissing(f"{self.uri} needs milvus-lite, which is not installed: pip install milvus-lite")

    @property
    def lite(self) -> bool:
        """Whether it is a file, served inside this process."""
        return "://" not in self.uri and self.uri.endswith(".db")

    @property
    def shown(self) -> str:
        """The URI as it may be printed: without a name and password in it."""
        return re.sub(r"//[^/]*@", "//", self.uri)

    @contextmanager
    def answering(self) -> Iterator[None]:
        """Turns what Milvus raises into Unavailable, with the URI and without the token."""
        try:
            yield
        except (MilvusException, RpcError) as error:
            said = error.message if isinstance(error, MilvusException) else str(error)
            said = said.replace(self.uri, self.shown)
            said = said.replace(self.token, "***") if self.token else said
            raise Unavailable(f"Milvus at {self.shown} does not answer: {said}") from error


class MilvusIndex:
    """A Milvus collection under the caller's ids, read at Milvus' strong consistency: what was acknowledged is found.

    It is made where it is not there. `kind` says what was asked for: milvus-lite repeats the name of what it may not
    have built. Equal scores come in the order of their ids; of more than `SPARE` equal ones at the limit Milvus keeps
    any. Adding first looks for the ids, since Milvus refuses none: only one process may write to a collection at a
    time (as the catalog sees to), or another could add the same id in between.
    """

    def __init__(self, dim: int, metric: Metric, *, name: str, address: Address, kind: Kind | None = None) -> None:
        """Open it or make it.

        Raises InvalidInput for a bad name, SpaceMismatch where the collection is of another width or metric,
        Unavailable where Milvus does not answer.
        """
        if not NAME.fullmatch(name):
            raise InvalidInput(f"a collection's name must be letters, digits and _, found {name!r}")
        self.dim = dim
        self.metric = metric
        self.name = name
        self._address = address
        self._kind: Kind = kind or ("flat" if address.lite else "autoindex")
        self._adding = Lock()
        with address.answering(), ExitStack() as undoing:
            self._client: Any = MilvusClient(uri=address.uri, token=address.token, timeout=TIMEOUT_S)
            undoing.callback(self.close)
            self._open()
            undoing.pop_all()

    @property
    def kind(self) -> str:
        """milvus-autoindex, milvus-hnsw or milvus-flat."""
        return f"milvus-{self._kind}"

    def __len__(self) -> int:
        with self._address.answering():
            return int(self._client.query(self.name, output_fields=["count(*)"], timeout=TIMEOUT_S)[0]["count(*)"])

    def ids(self) -> I64:
        """The ids that are there, ascending."""
        with self._address.answering():
            pages = self._client.query_iterator(self.name, batch_size=MOST_IDS, output_fields=["id"], timeout=TIMEOUT_S)
            found = [row["id"] for page in iter(pages.next, []) for row in page]
            pages.close()
        return np.sort(np.array(found, np.int64))

    def vectors(self, ids: I64) -> F32:
        """Those of the ids [n], as [n, dim] in their order; of unit length where the metric is cosine."""
        there, vectors = self._fetched(np.unique(ids))
        rows = rows_of(ids, there)
        check_known(ids, rows >= 0)
        return vectors[rows]

    def add(self, ids: I64, vectors: F32) -> None:
        """Add vectors [n, dim] under new ids [n]; where Milvus fails halfway, what went in is taken out again."""
        check_vectors(vectors, self.dim)
        with self._adding:
            check_new_ids(ids, len(vectors), self._known)
            stored = normalised(vectors) if self.metric is Metric.COSINE else vectors
            try:
                self._insert(ids, stored)
            except Unavailable:
                with suppress(Unavailable):
                    self._delete(ids)
                raise

    def remove(self, ids: I64) -> int:
        """Forget these ids; says how many there were."""
        with self._adding:
            there = np.unique(ids)
            there = there[self._known(there)]
            self._delete(there)
            return len(there)

    def search(self, queries: F32, k: int, *, allowed: I64 | None = None) -> Hits:
        """The `k` best for each of the queries [q, dim]; InvalidInput for a k beyond what Milvus gives."""
        check_vectors(queries, self.dim)
        check_k(k)
        if allowed is not None:
            return self._among(queries, k, np.unique(allowed))
        if k > MOST_HITS and len(self) > MOST_HITS:
            raise InvalidInput(f"Milvus finds at most {MOST_HITS} at a time, found k = {k}")
        return _best([self._search(queries, k, "")], k)

    def drop(self) -> None:
        """Delete the collection and all in it; the index is of no use afterwards."""
        with self._address.answering():
            self._client.drop_collection(self.name, timeout=TIMEOUT_S)

    def close(self) -> None:
        """Let go of the connection."""
        self._client.close()

    def _open(self) -> None:
        if not self._client.has_collection(self.name, timeout=TIMEOUT_S):
            self._make()
        self._client.load_collection(self.name, timeout=TIMEOUT_S)
        fields = {each["name"]: each for each in self._client.describe_collection(self.name)["fields"]}
        dim = fields["vector"]["params"]["dim"] if "vector" in fields else None
        metric = self._client.describe_index(self.name, "vector")["metric_type"] if dim else None
        if (dim, metric) != (self.dim, METRICS[self.metric]):
            raise SpaceMismatch(
                f"the Milvus collection {self.name} is of vectors of width {dim} by {metric}, "
                f"expected {self.dim} by {METRICS[self.metric]}"
            )

    def _make(self) -> None:
        schema = MilvusClient.create_schema(auto_id=False, enable_dynamic_field=False)
        schema.add_field("id", DataType.INT64, is_primary=True)
        schema.add_field("vector", DataType.FLOAT_VECTOR, dim=self.dim)
        index = MilvusClient.prepare_index_params()
        index.add_index(
            "vector",
            index_name="vector",
            index_type=self._kind.upper(),
            metric_type=METRICS[self.metric],
            params=BUILD[self._kind],
        )
        self._client.create_collection(self.name, schema=schema, consistency_level="Strong", timeout=TIMEOUT_S)
        # Nothing to wait for: an empty collection is indexed at once, and later rows as Milvus sees fit.
        self._client.create_index(self.name, index, sync=False, timeout=TIMEOUT_S)

    def _insert(self, ids: I64, vectors: F32) -> None:
        for part in _slices(len(ids), self._rows_a_message()):
            rows = [{"id": i, "vector": each} for i, each in zip(ids[part].tolist(), vectors[part], strict=True)]
            with self._address.answering():
                self._client.insert(self.name, rows, timeout=TIMEOUT_S)

    def _delete(self, ids: I64) -> None:
        for part in _slices(len(ids), MOST_IDS):
            with self._address.answering():
                self._client.delete(self.name, ids=ids[part].tolist(), timeout=TIMEOUT_S)

    def _known(self, ids: I64) -> Bool:
        """Which of the ids [n] are there."""
        found = [row["id"] for page in self._rows(ids, ["id"], MOST_IDS) for row in page]
        return np.isin(ids, np.array(found, np.int64))

    def _fetched(self, ids: I64) -> tuple[I64, F32]:
        """Those of the ids [n] that are there, ascending, and their vectors."""
        pages = self._rows(ids, ["id", "vector"], self._rows_a_message())
        rows = [(row["id"], np.array(row["vector"], np.float32)) for page in pages for row in page]
        rows.sort(key=lambda row: row[0])
        vectors = np.array([vector for _, vector in rows], np.float32).reshape(len(rows), self.dim)
        return np.array([each for each, _ in rows], np.int64), vectors

    def _rows(self, ids: I64, fields: list[str], size: int) -> Iterator[Sequence[dict[str, Any]]]:
        for part in _slices(len(ids), size):
            with self._address.answering():
                page = self._client.query(self.name, _one_of(ids[part]), output_fields=fields, timeout=TIMEOUT_S)
            yield page

    def _among(self, queries: F32, k: int, allowed: I64) -> Hits:
        if len(allowed) <= FEW or k > MOST_HITS:
            there, vectors = self._fetched(allowed)
            found = scores(queries, vectors, self.metric)
            return _best([(np.broadcast_to(there, found.shape), found)], k)
        parts = _slices(len(allowed), MOST_IDS)
        return _best([self._search(queries, k, _one_of(allowed[part])) for part in parts], k)

    def _search(self, queries: F32, k: int, among: str) -> tuple[I64, F32]:
        """Ids and scores [q, k or more], -1 and -inf where there are fewer."""
        k = min(k + SPARE, MOST_HITS)
        ids, found = np.full((len(queries), k), -1, np.int64), np.full((len(queries), k), -np.inf, np.float32)
        prepared = normalised(queries) if self.metric is Metric.COSINE else queries
        params = {"ef": max(2 * k, 64)} if self._kind == "hnsw" else {}
        for part in _slices(len(queries), max(1, min(self._rows_a_message(), 200_000 // k))):
            with self._address.answering():
                answers = self._client.search(
                    self.name,
                    prepared[part],
                    filter=among,
                    limit=k,
                    output_fields=["id"],
                    search_params={"metric_type": METRICS[self.metric], "params": params},
                    timeout=TIMEOUT_S,
                )
            for row, hits in enumerate(answers, part.start):
                ids[row, : len(hits)] = [hit["id"] for hit in hits]
                found[row, : len(hits)] = self._scores(np.array([hit["distance"] for hit in hits], np.float32))
        return ids, found

    def _scores(self, distances: F32) -> F32:
        """Ours from Milvus': its L2 is the distance squared, the other two are scores already."""
        return -np.sqrt(np.maximum(distances, 0)) if self.metric is Metric.EUCLIDEAN else distances

    def _rows_a_message(self) -> int:
        return max(1, min(MOST_IDS, MESSAGE_BYTES // (4 * self.dim)))


def _one_of(ids: I64) -> str:
    return f"id in {ids.tolist()}"


def _slices(count: int, size: int) -> list[slice]:
    return [slice(start, min(start + size, count)) for start in range(0, count, size)]


def _best(found: list[tuple[I64, F32]], k: int) -> Hits:
    """The `k` best of several hits of the same queries, equal scores in the order of their ids; padding comes last."""
    ids = np.concatenate([each for each, _ in found], axis=1)
    found_scores = np.concatenate([each for _, each in found], axis=1)
    order = np.lexsort((np.where(ids < 0, np.iinfo(np.int64).max, ids), -found_scores), axis=1)[:, :k]
    return padded(np.take_along_axis(ids, order, axis=1), np.take_along_axis(found_scores, order, axis=1), k)

"""Vector tables in Milvus, one collection each: a server by its URI, or milvus-lite by the path of a file."""

import json
import re
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager, suppress
from threading import Lock
from typing import Any, Literal

import numpy as np

from index.vectors.base import check_ids, check_k, check_known, check_new_ids, check_vectors
from index.vectors.milvus_address import Address
from index.vectors.paging import best, slices
from index.vectors.rows import rows_of
from models.errors import DependencyMissing, InvalidInput, SpaceMismatch, Unavailable, VectorsUnavailable
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
CONNECT_S = 5.0
"""To reach Milvus at all: whoever opens a gallery waits for it."""
ANSWER_S = 10.0
"""Of one search, read or write, its retries included: without one pymilvus tries some 75 times."""
TIMEOUT_S = 60.0
"""Of what is done to a whole collection: to load a large one takes a while."""
UNSAID_S = 60.0
"""Of what pymilvus asks by itself without a limit, as how a collection is made before it goes through all of it."""
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


@contextmanager
def answering(address: Address) -> Iterator[None]:
    """Turns what Milvus raises into VectorsUnavailable, with the URI and without the token."""
    try:
        yield
    except (MilvusException, RpcError) as error:
        said = address.hidden(error.message if isinstance(error, MilvusException) else str(error))
        raise VectorsUnavailable(f"Milvus at {address.shown} does not answer: {said}") from error


def drop(address: Address, name: str) -> None:
    """Delete a collection and all in it, if it is there; raises VectorsUnavailable."""
    with answering(address), closing(_connected(address)) as client:
        client.drop_collection(name, timeout=TIMEOUT_S)


class MilvusIndex:
    """A Milvus collection under the caller's ids, read at Milvus' strong consistency: what was acknowledged is found.

    It is made where it is not there. `kind` says what was asked for: milvus-lite repeats the name of what it may not
    have built. Equal scores come in the order of their ids; of more than `SPARE` equal ones at the limit Milvus keeps
    any. Adding first looks for the ids, since Milvus refuses none: only one process may write to a collection at a
    time (as the catalog sees to), or another could add the same id in between. Whatever is asked of a Milvus that does
    not answer raises VectorsUnavailable.
    """

    def __init__(self, dim: int, metric: Metric, *, name: str, address: Address, kind: Kind | None = None) -> None:
        """Open it or make it.

        Raises InvalidInput for a bad name, SpaceMismatch where the collection is of another width or metric.
        """
        if not NAME.fullmatch(name):
            raise InvalidInput(f"a collection's name must be letters, digits and _, found {name!r}")
        self.dim = dim
        self.metric = metric
        self.name = name
        self._address = address
        self._kind: Kind = kind or ("flat" if address.lite else "autoindex")
        self._adding = Lock()
        with answering(address), ExitStack() as undoing:
            self._client = _connected(address)
            undoing.callback(self.close)
            self._open()
            undoing.pop_all()

    @property
    def kind(self) -> str:
        """milvus-autoindex, milvus-hnsw or milvus-flat."""
        return f"milvus-{self._kind}"

    @property
    def deepest(self) -> int:
        """The largest k of a search."""
        return MOST_HITS

    def __len__(self) -> int:
        with answering(self._address):
            return int(self._client.query(self.name, output_fields=["count(*)"], timeout=ANSWER_S)[0]["count(*)"])

    def ids(self) -> I64:
        """The ids that are there, ascending."""
        with answering(self._address):
            # Not tried again by pymilvus, which would do so 75 times.
            asked: dict[str, Any] = {"output_fields": ["id"], "timeout": ANSWER_S, "retry_times": 0}
            pages = self._client.query_iterator(self.name, batch_size=MOST_IDS, **asked)
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
            check_new_ids(ids, len(vectors), self.known)
            try:
                self._insert(ids, vectors)
            except Unavailable:
                with suppress(Unavailable):
                    self.discard(ids)
                raise

    def replace(self, ids: I64, vectors: F32) -> None:
        """Give ids [n] that are there other vectors [n, dim].

        Milvus changes one message at a time: a search meanwhile may see some of many replaced and others not yet, and
        where Milvus fails halfway, so it stays until this is done again.
        """
        check_vectors(vectors, self.dim)
        check_ids(ids, len(vectors))
        with self._adding:
            check_known(ids, self.known(ids))
            self.put(ids, vectors)

    def put(self, ids: I64, vectors: F32) -> None:
        """Vectors [n, dim] under ids [n], whether they are there or not: to do it again does no harm."""
        check_vectors(vectors, self.dim)
        check_ids(ids, len(vectors))
        for rows in self._messages(ids, vectors):
            with answering(self._address):
                self._client.upsert(self.name, rows, timeout=ANSWER_S)

    def discard(self, ids: I64) -> None:
        """Forget these ids, whether they are there or not."""
        for part in slices(len(ids), MOST_IDS):
            with answering(self._address):
                self._client.delete(self.name, ids=ids[part].tolist(), timeout=ANSWER_S)

    def known(self, ids: I64) -> Bool:
        """Which of the ids [n] have a vector."""
        found = [row["id"] for page in self._rows(ids, ["id"], MOST_IDS) for row in page]
        return np.isin(ids, np.array(found, np.int64))

    def remove(self, ids: I64) -> int:
        """Forget these ids; says how many there were."""
        with self._adding:
            there = np.unique(ids)
            there = there[self.known(there)]
            self.discard(there)
            return len(there)

    def search(self, queries: F32, k: int, *, allowed: I64 | None = None) -> Hits:
        """The `k` best for each of the queries [q, dim]; InvalidInput for a k beyond what Milvus gives."""
        check_vectors(queries, self.dim)
        check_k(k)
        if allowed is not None:
            return self._among(queries, k, np.unique(allowed))
        if k > self.deepest and len(self) > self.deepest:
            raise InvalidInput(f"Milvus finds at most {self.deepest} at a time, found k = {k}")
        return best([self._search(queries, k, "")], k)

    def drop(self) -> None:
        """Delete the collection and all in it; the index is of no use afterwards."""
        with answering(self._address):
            self._client.drop_collection(self.name, timeout=TIMEOUT_S)

    def clear(self) -> None:
        """Forget everything, whatever lies under the collection's name."""
        self.drop()
        with answering(self._address):
            self._open()

    def close(self) -> None:
        """Let go of the connection."""
        self._client.close()

    def _open(self) -> None:
        if not self._client.has_collection(self.name, timeout=TIMEOUT_S):
            self._make()
        self._client.load_collection(self.name, timeout=TIMEOUT_S)
        dim, metric = self._described()
        if (dim, metric) != (self.dim, METRICS[self.metric]):
            raise SpaceMismatch(
                f"the Milvus collection {self.name} is of vectors of width {dim} by {metric}, "
                f"expected {self.dim} by {METRICS[self.metric]}"
            )

    def _described(self) -> tuple[int | None, str | None]:
        """The width and metric of what lies there; None where it is none of ours."""
        described = self._client.describe_collection(self.name, timeout=TIMEOUT_S)
        fields = {each["name"]: each for each in described["fields"]}
        if "vector" not in fields:
            return None, None
        index = self._client.describe_index(self.name, "vector", timeout=TIMEOUT_S)
        return fields["vector"]["params"]["dim"], index["metric_type"]

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
        for rows in self._messages(ids, vectors):
            with answering(self._address):
                self._client.insert(self.name, rows, timeout=ANSWER_S)

    def _messages(self, ids: I64, vectors: F32) -> Iterator[list[dict[str, Any]]]:
        stored = normalised(vectors) if self.metric is Metric.COSINE else vectors
        for part in slices(len(ids), self._rows_a_message()):
            yield [{"id": i, "vector": each} for i, each in zip(ids[part].tolist(), stored[part], strict=True)]

    def _fetched(self, ids: I64) -> tuple[I64, F32]:
        """Those of the ids [n] that are there, ascending, and their vectors."""
        pages = self._rows(ids, ["id", "vector"], self._rows_a_message())
        rows = [(row["id"], np.array(row["vector"], np.float32)) for page in pages for row in page]
        rows.sort(key=lambda row: row[0])
        vectors = np.array([vector for _, vector in rows], np.float32).reshape(len(rows), self.dim)
        return np.array([each for each, _ in rows], np.int64), vectors

    def _rows(self, ids: I64, fields: list[str], size: int) -> Iterator[Sequence[dict[str, Any]]]:
        for part in slices(len(ids), size):
            with answering(self._address):
                page = self._client.query(self.name, _one_of(ids[part]), output_fields=fields, timeout=ANSWER_S)
            yield page

    def _among(self, queries: F32, k: int, allowed: I64) -> Hits:
        if len(allowed) <= FEW or k > MOST_HITS:
            there, vectors = self._fetched(allowed)
            found = scores(queries, vectors, self.metric)
            return best([(np.broadcast_to(there, found.shape), found)], k)
        parts = slices(len(allowed), MOST_IDS)
        return best([self._search(queries, k, _one_of(allowed[part])) for part in parts], k)

    def _search(self, queries: F32, k: int, among: str) -> tuple[I64, F32]:
        """Ids and scores [q, k or more], -1 and -inf where there are fewer."""
        k = min(k + SPARE, MOST_HITS)
        ids, found = np.full((len(queries), k), -1, np.int64), np.full((len(queries), k), -np.inf, np.float32)
        prepared = normalised(queries) if self.metric is Metric.COSINE else queries
        params = {"ef": max(2 * k, 64)} if self._kind == "hnsw" else {}
        for part in slices(len(queries), max(1, min(self._rows_a_message(), 200_000 // k))):
            with answering(self._address):
                answers = self._client.search(
                    self.name,
                    prepared[part],
                    filter=among,
                    limit=k,
                    output_fields=["id"],
                    search_params={"metric_type": METRICS[self.metric], "params": params},
                    timeout=ANSWER_S,
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


def _connected(address: Address) -> Any:
    """A client: pymilvus' own types are not known to mypy. All clients of one address share a connection."""
    limits = json.dumps({"methodConfig": [{"name": [{}], "timeout": f"{UNSAID_S:g}s"}]})
    options = {"grpc.service_config": limits}
    return MilvusClient(uri=address.uri, token=address.token, timeout=CONNECT_S, grpc_options=options)


def _one_of(ids: I64) -> str:
    return f"id in {ids.tolist()}"

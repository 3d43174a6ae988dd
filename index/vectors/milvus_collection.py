"""A collection of Milvus and all that is asked of it, each within a time: of a server, or of milvus-lite in a file."""

import json
import re
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from typing import Any, Literal

import numpy as np

from index.vectors.milvus_address import Address
from models.errors import DependencyMissing, InvalidInput, SpaceMismatch, VectorsUnavailable
from models.types import F32, I64, Metric

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


class MilvusCollection:
    """Vectors [dim] under ids, read at Milvus' strong consistency: what was acknowledged is found.

    `kind` says what was asked for: milvus-lite repeats the name of what it may not have built. Whatever is asked of a
    Milvus that does not answer raises VectorsUnavailable.
    """

    def __init__(self, dim: int, metric: Metric, *, name: str, address: Address, kind: Kind | None = None) -> None:
        """Open it or make it.

        Raises InvalidInput for a bad name, SpaceMismatch where it is of another width or metric.
        """
        if not NAME.fullmatch(name):
            raise InvalidInput(f"a collection's name must be letters, digits and _, found {name!r}")
        self.name = name
        self.kind: Kind = kind or ("flat" if address.lite else "autoindex")
        self._dim = dim
        self._metric = metric
        self._address = address
        with answering(address), ExitStack() as undoing:
            self._client = _connected(address)
            undoing.callback(self.close)
            self._open()
            undoing.pop_all()

    def count(self) -> int:
        """How many vectors it has."""
        with answering(self._address):
            return int(self._client.query(self.name, output_fields=["count(*)"], timeout=ANSWER_S)[0]["count(*)"])

    def ids(self, page: int) -> list[int]:
        """Those that are there, in any order, asked for so many at a time."""
        with answering(self._address):
            # Not tried again by pymilvus, which would do so 75 times.
            asked: dict[str, Any] = {"output_fields": ["id"], "timeout": ANSWER_S, "retry_times": 0}
            pages = self._client.query_iterator(self.name, batch_size=page, **asked)
            found = [row["id"] for each in iter(pages.next, []) for row in each]
            pages.close()
        return found

    def known(self, ids: I64) -> list[int]:
        """Those of the ids that are there, in any order."""
        return [row["id"] for row in self._rows(ids, ["id"])]

    def vectors(self, ids: I64) -> dict[int, F32]:
        """Those of the ids that are there, each [dim]."""
        return {row["id"]: np.array(row["vector"], np.float32) for row in self._rows(ids, ["id", "vector"])}

    def insert(self, ids: I64, vectors: F32) -> None:
        """Vectors [n, dim] under ids [n], which Milvus does not look for."""
        with answering(self._address):
            self._client.insert(self.name, _entities(ids, vectors), timeout=ANSWER_S)

    def upsert(self, ids: I64, vectors: F32) -> None:
        """Vectors [n, dim] under ids [n], whether they are there or not."""
        with answering(self._address):
            self._client.upsert(self.name, _entities(ids, vectors), timeout=ANSWER_S)

    def delete(self, ids: I64) -> None:
        """Forget these ids, whether they are there or not."""
        with answering(self._address):
            self._client.delete(self.name, ids=ids.tolist(), timeout=ANSWER_S)

    def search(self, queries: F32, k: int, allowed: I64 | None) -> list[tuple[list[int], F32]]:
        """The ids and scores of the `k` best for each of the queries [q, dim], of those allowed where any are named."""
        params = {"ef": max(2 * k, 64)} if self.kind == "hnsw" else {}
        with answering(self._address):
            answers = self._client.search(
                self.name,
                queries,
                filter="" if allowed is None else _one_of(allowed),
                limit=k,
                output_fields=["id"],
                search_params={"metric_type": METRICS[self._metric], "params": params},
                timeout=ANSWER_S,
            )
        return [([hit["id"] for hit in hits], self._scores([hit["distance"] for hit in hits])) for hits in answers]

    def drop(self) -> None:
        """Delete it and all in it."""
        with answering(self._address):
            self._client.drop_collection(self.name, timeout=TIMEOUT_S)

    def clear(self) -> None:
        """Forget everything, whatever lies under its name."""
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
        if (dim, metric) != (self._dim, METRICS[self._metric]):
            raise SpaceMismatch(
                f"the Milvus collection {self.name} is of vectors of width {dim} by {metric}, "
                f"expected {self._dim} by {METRICS[self._metric]}"
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
        schema.add_field("vector", DataType.FLOAT_VECTOR, dim=self._dim)
        index = MilvusClient.prepare_index_params()
        index.add_index(
            "vector",
            index_name="vector",
            index_type=self.kind.upper(),
            metric_type=METRICS[self._metric],
            params=BUILD[self.kind],
        )
        self._client.create_collection(self.name, schema=schema, consistency_level="Strong", timeout=TIMEOUT_S)
        # Nothing to wait for: an empty collection is indexed at once, and later rows as Milvus sees fit.
        self._client.create_index(self.name, index, sync=False, timeout=TIMEOUT_S)

    def _rows(self, ids: I64, fields: list[str]) -> Any:
        with answering(self._address):
            return self._client.query(self.name, _one_of(ids), output_fields=fields, timeout=ANSWER_S)

    def _scores(self, distances: list[float]) -> F32:
        """Ours from Milvus': its L2 is the distance squared, the other two are scores already."""
        found = np.array(distances, np.float32)
        return -np.sqrt(np.maximum(found, 0)) if self._metric is Metric.EUCLIDEAN else found


def _connected(address: Address) -> Any:
    """A client: pymilvus' own types are not known to mypy. All clients of one address share a connection."""
    limits = json.dumps({"methodConfig": [{"name": [{}], "timeout": f"{UNSAID_S:g}s"}]})
    options = {"grpc.service_config": limits}
    return MilvusClient(uri=address.uri, token=address.token, timeout=CONNECT_S, grpc_options=options)


def _entities(ids: I64, vectors: F32) -> list[dict[str, Any]]:
    return [{"id": i, "vector": each} for i, each in zip(ids.tolist(), vectors, strict=True)]


def _one_of(ids: I64) -> str:
    return f"id in {ids.tolist()}"

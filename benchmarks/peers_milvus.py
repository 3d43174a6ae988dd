"""milvus-lite, asked by pymilvus over its server's port in our process."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from milvus_lite.server_manager import server_manager_instance
from pymilvus import DataType, MilvusClient

from benchmarks.peers_store import LINKS, LOOKED_AT, WALKS, Ask, K, Step, Store
from models.types import F32

BUILD = {"M": LINKS, "efConstruction": LOOKED_AT}
NAME = "vectors"
BATCH = 10_000
TIMEOUT_S = 1800.0


class Milvus:
    """A collection with a graph as its index."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._client: Any = MilvusClient(uri=str(path))

    def build(self, vectors: F32) -> None:
        """Inserted, flushed and opened again: until then it looks at every row."""
        schema = MilvusClient.create_schema(auto_id=False, enable_dynamic_field=False)
        schema.add_field("id", DataType.INT64, is_primary=True)
        schema.add_field("vector", DataType.FLOAT_VECTOR, dim=vectors.shape[1])
        index = MilvusClient.prepare_index_params()
        index.add_index("vector", index_type="HNSW", metric_type="L2", params=BUILD)
        self._client.create_collection(NAME, schema=schema, index_params=index)
        for start in range(0, len(vectors), BATCH):
            rows = [{"id": i, "vector": each} for i, each in enumerate(vectors[start : start + BATCH], start)]
            self._client.insert(NAME, rows, timeout=TIMEOUT_S)
        self._client.flush(NAME, timeout=TIMEOUT_S)
        self._reopen()

    def steps(self) -> Sequence[Step]:
        """Lengths of the list that a walk keeps."""
        return [{"ef": walk} for walk in WALKS]

    def asking(self, step: Step) -> Ask:
        """Only ids are asked for."""
        how = {"metric_type": "L2", "params": dict(step)}

        def ask(query: F32) -> Sequence[int]:
            found = self._client.search(NAME, [query], limit=K, search_params=how, timeout=TIMEOUT_S)
            return [hit["id"] for hit in found[0]]

        return ask

    def close(self) -> None:
        """Stop its server, which the client's own closing leaves running."""
        self._client.close()
        server_manager_instance.release_server(str(self._path))

    def _reopen(self) -> None:
        self.close()
        self._client = MilvusClient(uri=str(self._path))
        self._client.load_collection(NAME, timeout=TIMEOUT_S)


@contextmanager
def lite(folder: Path) -> Iterator[Store]:
    """In a file of the folder."""
    store = Milvus(folder / "peers.db")
    try:
        yield store
    finally:
        store.close()

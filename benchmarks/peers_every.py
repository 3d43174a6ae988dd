"""All that are measured beside each other, and what of them is written down."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import cast

from benchmarks.peers_store import Peer, Store


@dataclass(frozen=True, slots=True)
class Opening:
    """A function of a module that is loaded only in the process that measures it: not all are installed."""

    module: str
    function: str

    def __call__(self, folder: Path) -> AbstractContextManager[Store]:
        opened = getattr(import_module(f"benchmarks.{self.module}"), self.function)
        return cast(Callable[[Path], AbstractContextManager[Store]], opened)(folder)


SIGHTSOUND, LANCE, MILVUS = ("faiss",), ("lancedb",), ("pymilvus", "milvus_lite", "faiss")
PEERS: tuple[Peer, ...] = (
    Peer("Sightsound's table, flat", "sightsound", SIGHTSOUND, Opening("peers_sightsound", "flat")),
    Peer("Sightsound's table, IVF-PQ", "sightsound", SIGHTSOUND, Opening("peers_sightsound", "lists")),
    Peer("Sightsound's table, HNSW", "sightsound", SIGHTSOUND, Opening("peers_sightsound", "graph")),
    Peer("Sightsound's gallery, in process", "sightsound", SIGHTSOUND, Opening("peers_sightsound", "gallery")),
    Peer("FAISS, HNSW", "faiss-cpu", ("faiss",), Opening("peers_faiss", "graph")),
    Peer("hnswlib", "hnswlib", ("hnswlib",), Opening("peers_hnswlib", "graph")),
    Peer("LanceDB, IVF-PQ and refining", "lancedb", LANCE, Opening("peers_lance", "product_codes")),
    Peer("LanceDB, IVF-HNSW", "lancedb", LANCE, Opening("peers_lance", "graph")),
    Peer("Chroma's server, HNSW", "chromadb", ("chromadb",), Opening("peers_chroma", "server")),
    Peer("milvus-lite, HNSW", "milvus-lite", MILVUS, Opening("peers_milvus", "lite"), most=50_000),
)

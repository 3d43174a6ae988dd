"""A gallery of many windows with made-up features, written straight into the catalog: thousands a second."""

from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path

import numpy as np
from onnx import TensorProto
from onnx.helper import make_graph, make_model, make_node, make_opsetid, make_tensor_value_info
from onnx.numpy_helper import from_array

from index.catalog import clips, galleries
from index.catalog.database import Database
from index.clips import Clip
from index.galleries import Galleries
from models.bundle.manifest import EncoderRef, HeadSpec, Manifest, RouteSpec
from models.bundle.store import save
from models.types import F32, Metric, Modality, Window

NAME, ROUTE = "many", "text->video"
WIDTH, DIM = 128, 64
CLASSES = 33
BATCH = 10_000
VIDEO = EncoderRef(name="made-up-video@1", sha256="a" * 64, width=WIDTH)
TEXT = EncoderRef(name="made-up-text@1", sha256="b" * 64, width=WIDTH)
HEADS: tuple[Modality, ...] = ("text", "video")


def library(folder: Path, features: F32, *layers: F32) -> Galleries:
    """The gallery `many` with a clip of one window and one label for each row of features [n, width].

    Its bundle has the route `text->video` by L2 distance. Both heads multiply with these layers [in, out], the first
    [width, ...] and the last [..., 64], with ReLU between them. Clip i has the id `clip_id(i)`; features should be
    numbers that float16 holds.
    """
    _bundle(folder / "bundles" / NAME, layers)
    made = Galleries.open(folder)
    made.create(NAME, NAME)
    made.close()
    _fill(folder / "catalog.sqlite", features)
    return Galleries.open(folder)


def library_of(folder: Path, vectors: F32) -> Galleries:
    """The same where both heads make the vectors [n, 64] of `widened` features."""
    return library(folder, widened(vectors), np.eye(WIDTH, DIM, dtype=np.float32))


def widened(vectors: F32) -> F32:
    """Features [n, 128] of which those heads keep these vectors [n, 64]."""
    return np.pad(vectors, ((0, 0), (0, WIDTH - DIM)))


def clip_id(i: int) -> str:
    """The id of the clip of row i."""
    return f"{i:016x}"


def _bundle(folder: Path, layers: Sequence[F32]) -> None:
    graphs: dict[str, bytes] = {head: _graph(head, layers) for head in HEADS}
    width = {"width": len(layers[0])}
    manifest = Manifest(
        name=NAME,
        method="made up",
        heads={
            head: HeadSpec(file=f"{head}.onnx", inputs=(head,), dim=DIM, sha256=sha256(graphs[head]).hexdigest())
            for head in HEADS
        },
        routes={ROUTE: RouteSpec(query="text", gallery="video", metric=Metric.EUCLIDEAN)},
        backbones={"video": VIDEO.model_copy(update=width)},
        text_encoder=TEXT.model_copy(update=width),
        seen_classes=(),
        vocabulary=(),
        betas={},
        trained_on="nothing",
        evaluation={},
        export_difference=0,
    )
    save(folder, manifest, graphs, "# Heads for benchmarks\n")


def _graph(head: Modality, layers: Sequence[F32]) -> bytes:
    """From the feature to `embedding`: the layers `0`, `1` ..., their sums, and what ReLU leaves of them."""
    nodes, last = [], str(head)
    for i, _ in enumerate(layers):
        if i:
            nodes.append(make_node("Relu", [last], [f"positive {i}"]))
            last = f"positive {i}"
        made = "embedding" if i == len(layers) - 1 else f"sums {i}"
        nodes.append(make_node("MatMul", [last, f"layer {i}"], [made]))
        last = made
    graph = make_graph(
        nodes,
        head,
        [make_tensor_value_info(head, TensorProto.FLOAT, ["b", len(layers[0])])],
        [make_tensor_value_info("embedding", TensorProto.FLOAT, ["b", DIM])],
        [from_array(each, f"layer {i}") for i, each in enumerate(layers)],
    )
    return bytes(make_model(graph, opset_imports=[make_opsetid("", 18)], ir_version=8).SerializeToString())


def _fill(catalog: Path, features: F32) -> None:
    database = Database(f"sqlite:///{catalog}")
    with database.writing() as connection:
        key = galleries.get(connection, NAME).key
        for start in range(0, len(features), BATCH):
            rows = enumerate(features[start : start + BATCH], start)
            clips.add_all(connection, key, [(clip(i), [{"video": row}], {"video": VIDEO.sha256}) for i, row in rows])
    database.close()


def clip(i: int) -> Clip:
    """The clip of row i."""
    return Clip(
        id=clip_id(i),
        name=f"clip {i}.mp4",
        labels=(f"class {i % CLASSES}",),
        media_type="video/mp4",
        size_bytes=1,
        sha256=f"{i:064x}",
        duration_s=10.0,
        windows=(Window(0.0, 10.0),),
        senses=frozenset({"video"}),
        metadata={},
        added_at=float(i),
    )

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


def library(folder: Path, features: F32, weights: F32 | None = None) -> Galleries:
    """The gallery `many` with a clip of one window and one label for each row of features [n, 128].

    Its bundle has linear heads to 64 dimensions and the route `text->video` by L2 distance: both of these weights
    [128, 64], or each of random ones. Clip i has the id `clip_id(i)`; features should be numbers that float16 holds.
    """
    drawn = [_random(seed) for seed in range(len(HEADS))]
    _bundle(folder / "bundles" / NAME, drawn if weights is None else [weights] * len(HEADS))
    made = Galleries.open(folder)
    made.create(NAME, NAME)
    made.close()
    _fill(folder / "catalog.sqlite", features)
    return Galleries.open(folder)


def clip_id(i: int) -> str:
    """The id of the clip of row i."""
    return f"{i:016x}"


def _bundle(folder: Path, weights: Sequence[F32]) -> None:
    graphs: dict[str, bytes] = {head: _linear(head, each) for head, each in zip(HEADS, weights, strict=True)}
    manifest = Manifest(
        name=NAME,
        method="linear",
        heads={
            head: HeadSpec(file=f"{head}.onnx", inputs=(head,), dim=DIM, sha256=sha256(graphs[head]).hexdigest())
            for head in HEADS
        },
        routes={ROUTE: RouteSpec(query="text", gallery="video", metric=Metric.EUCLIDEAN)},
        backbones={"video": VIDEO},
        text_encoder=TEXT,
        seen_classes=(),
        vocabulary=(),
        betas={},
        trained_on="nothing",
        evaluation={},
        export_difference=0,
    )
    save(folder, manifest, graphs, "# Linear heads, for benchmarks\n")


def _random(seed: int) -> F32:
    return np.random.default_rng(seed).standard_normal((WIDTH, DIM), np.float32) / np.float32(WIDTH**0.5)


def _linear(head: Modality, weights: F32) -> bytes:
    graph = make_graph(
        [make_node("MatMul", [head, "weights"], ["embedding"])],
        head,
        [make_tensor_value_info(head, TensorProto.FLOAT, ["b", WIDTH])],
        [make_tensor_value_info("embedding", TensorProto.FLOAT, ["b", DIM])],
        [from_array(weights, "weights")],
    )
    return bytes(make_model(graph, opset_imports=[make_opsetid("", 18)], ir_version=8).SerializeToString())


def _fill(catalog: Path, features: F32) -> None:
    database = Database(f"sqlite:///{catalog}")
    with database.writing() as connection:
        key = galleries.get(connection, NAME).key
        for start in range(0, len(features), BATCH):
            rows = enumerate(features[start : start + BATCH], start)
            clips.add_all(connection, key, [(_clip(i), [{"video": row}], {"video": VIDEO.sha256}) for i, row in rows])
    database.close()


def _clip(i: int) -> Clip:
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

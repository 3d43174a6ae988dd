"""A real bundle small enough to write in a test, linear heads of width 8 to 4 in ONNX; and a library around it."""

from collections.abc import Collection, Mapping, Sequence
from functools import cache
from hashlib import sha256
from pathlib import Path
from shutil import copytree, rmtree

import numpy as np
from onnx import ModelProto, NodeProto, TensorProto, checker, helper, numpy_helper

from index.galleries import Galleries
from models.bundle.manifest import EncoderRef, HeadSpec, Manifest, RouteSpec, SeenClass, Words
from models.bundle.store import load_manifest, save
from models.features.backbone import Backbone
from models.features.extract import Extractor
from models.features.text import TextEncoder
from models.media.cage import Cage
from models.media.limits import Limits
from models.types import F32, Metric, Modality
from tests.tiny.clips import tiny_clip
from tests.tiny.copies import temporary
from tests.tiny.encoders import tiny_audio_backbone, tiny_text_encoder, tiny_video_backbone

DIM = 4
AV_DIM = DIM + 2
CLASSES = ("dog barking", "bell ringing", "ball bouncing", "siren flashing")
SEEN = CLASSES[:3]
AUDIO = EncoderRef(name="tiny-audio@1", sha256="a" * 64, width=8)
VIDEO = EncoderRef(name="tiny-video@1", sha256="b" * 64, width=8)
TEXT = EncoderRef(name="tiny-text@1", sha256="c" * 64, width=8)
HEADS: dict[str, tuple[tuple[Modality, ...], int]] = {
    "audio": (("audio",), DIM),
    "video": (("video",), DIM),
    "text": (("text",), DIM),
    "av": (("audio", "video"), AV_DIM),
    "text_av": (("text",), AV_DIM),
}
EUCLIDEAN, INNER = Metric.EUCLIDEAN, Metric.INNER
ROUTES = {
    "text->audio": RouteSpec(query="text", gallery="audio", metric=EUCLIDEAN),
    "text->video": RouteSpec(query="text", gallery="video", metric=EUCLIDEAN),
    "text->av": RouteSpec(query="text_av", gallery="av", metric=INNER),
    "audio->video": RouteSpec(query="audio", gallery="video", metric=EUCLIDEAN),
    "video->audio": RouteSpec(query="video", gallery="audio", metric=EUCLIDEAN),
    "audio->text": RouteSpec(query="audio", gallery="text", metric=EUCLIDEAN),
    "video->text": RouteSpec(query="video", gallery="text", metric=EUCLIDEAN),
    "av->text": RouteSpec(query="av", gallery="text_av", metric=INNER),
}
WITHIN = {f"{each}->{each}": RouteSpec(query=each, gallery=each, metric=EUCLIDEAN) for each in ("audio", "video", "av")}
"""Routes that the bundle's heads allow, and that only `narrowed` ones have."""


def tiny_bundle(
    folder: Path,
    *,
    name: str = "tiny",
    seed: int = 0,
    audio: EncoderRef = AUDIO,
    video: EncoderRef = VIDEO,
    text: EncoderRef = TEXT,
    seen: Mapping[str, F32] | None = None,
) -> Manifest:
    """Write a bundle at `folder` whose random linear maps depend on the seed; audio and video weigh 0.5 each.

    `seen` are the seen classes with their text features [8]; random ones of three classes by default.
    """
    refs: dict[Modality, EncoderRef] = {"audio": audio, "video": video, "text": text}
    maps = tiny_maps(refs, seed)
    graphs = {head: _graph(head, maps).SerializeToString() for head in HEADS}
    manifest = _manifest(name, refs, graphs, _random_classes(seed) if seen is None else seen)
    save(folder, manifest, graphs, f"# {name}\n\nRandom linear heads, for tests.\n")
    return manifest


def narrowed(folder: Path, name: str, *, routes: Collection[str], words: Words = "any") -> Manifest:
    """Write a bundle beside that of `folder` which has only these routes, and the heads that they name."""
    made = load_manifest(folder)
    left = {each: route for each, route in (ROUTES | WITHIN).items() if each in routes}
    heads = {each: made.heads[each] for route in left.values() for each in (route.query, route.gallery)}
    graphs = {each: (folder / head.file).read_bytes() for each, head in heads.items()}
    manifest = made.model_copy(update={"name": name, "routes": left, "heads": heads, "words": words})
    save(folder.with_name(name), manifest, graphs, f"# {name}\n\nA part of {made.name}.\n")
    return manifest


def tiny_library(folder: Path, *, clips_per_label: int = 2) -> Path:
    """A whole data folder: encoders, the bundle "tiny" and the gallery "demo" with real clips of three labels.

    Clips of one label differ in pitch and brightness; they are named "<label> <i>.mp4". Returns `folder`.
    """
    return Path(copytree(_library(clips_per_label), folder, dirs_exist_ok=True))


@cache
def _library(clips_per_label: int) -> Path:
    """It takes two seconds, with a process that decodes: once for all tests of a process."""
    folder = temporary()
    encoders = folder / "backbones"
    audio = Backbone.open(tiny_audio_backbone(encoders / "tiny-audio@1"))
    video = Backbone.open(tiny_video_backbone(encoders / "tiny-video@1"))
    text = TextEncoder.open(tiny_text_encoder(encoders / "tiny-text@1"))
    seen = dict(zip(SEEN, text.encode(SEEN), strict=True))
    refs = [EncoderRef.of(each.card) for each in (audio, video, text)]
    tiny_bundle(folder / "bundles" / "tiny", audio=refs[0], video=refs[1], text=refs[2], seen=seen)
    paths = [path for i in range(3) for path in _rendered(folder / "rendered", i, clips_per_label)]
    galleries = Galleries.open(folder)
    gallery = galleries.create("demo", "tiny")
    with Cage(Limits(), workers=1) as cage:
        extractor = Extractor({"audio": audio, "video": video}, cage)
        for path in paths:
            gallery.add(path, name=path.name, labels=[path.stem[:-2]], features=extractor.extract(path))
    galleries.close()
    rmtree(folder / "rendered")
    return folder


def _rendered(folder: Path, label: int, count: int) -> list[Path]:
    """Clips of the label: its pitch and its colour, a little different each."""
    light: list[int] = [40, 40, 40]
    light[label] = 200
    return [
        tiny_clip(
            folder / f"{CLASSES[label]} {i}.mp4",
            seconds=1.0,
            tone_hz=300.0 * (label + 1) + 20 * i,
            colour=(light[0] + 10 * i, light[1] + 10 * i, light[2] + 10 * i),
        )
        for i in range(count)
    ]


def tiny_maps(refs: dict[Modality, EncoderRef], seed: int) -> dict[Modality, F32]:
    """The linear map [width, 4] of each modality."""
    numbers = np.random.default_rng(seed)
    return {
        modality: numbers.normal(size=(ref.width, DIM)).astype(np.float32) / np.float32(ref.width**0.5)
        for modality, ref in refs.items()
    }


def _random_classes(seed: int) -> dict[str, F32]:
    features = np.random.default_rng(seed).normal(size=(len(SEEN), TEXT.width)).astype(np.float32)
    return dict(zip(SEEN, features, strict=True))


def _manifest(
    name: str, refs: dict[Modality, EncoderRef], graphs: dict[str, bytes], seen: Mapping[str, F32]
) -> Manifest:
    return Manifest(
        name=name,
        method="tiny",
        heads={
            head: HeadSpec(file=f"{head}.onnx", inputs=inputs, dim=dim, sha256=sha256(graphs[head]).hexdigest())
            for head, (inputs, dim) in HEADS.items()
        },
        routes=ROUTES,
        backbones={"audio": refs["audio"], "video": refs["video"]},
        text_encoder=refs["text"],
        seen_classes=tuple(SeenClass(name=each, feature=tuple(row.tolist())) for each, row in seen.items()),
        vocabulary=CLASSES,
        betas={"audio": 0.1, "video": 0.2, "av": 0.3},
        trained_on="nothing",
        evaluation={},
        export_difference=0.0,
    )


def _graph(head: str, maps: dict[Modality, F32]) -> ModelProto:
    inputs, dim = HEADS[head]
    nodes = [helper.make_node("MatMul", [each, f"{each}_map"], [f"{each}_embedding"]) for each in inputs]
    tail = {"av": _av, "text_av": _text_av}.get(head)
    nodes += tail() if tail else [helper.make_node("Identity", [f"{head}_embedding"], ["embedding"])]
    graph = helper.make_graph(
        nodes,
        head,
        [helper.make_tensor_value_info(each, TensorProto.FLOAT, ["b", maps[each].shape[0]]) for each in inputs],
        [helper.make_tensor_value_info("embedding", TensorProto.FLOAT, ["b", dim])],
        [*_constants(), *(numpy_helper.from_array(maps[each], f"{each}_map") for each in inputs)],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    checker.check_model(model, full_check=True)
    return model


def _constants() -> list[TensorProto]:
    numbers = {"half": [-0.5], "zero": [0.0], "one": [1.0]}
    constants = [numpy_helper.from_array(np.array(row, np.float32), name) for name, row in numbers.items()]
    return [*constants, numpy_helper.from_array(np.array([1], np.int64), "last")]


def _av() -> list[NodeProto]:
    """[a + v, -(|a|^2 + |v|^2) / 2, -1]: its product with [t, 1, |t|^2] is -(|a-t|^2 + |v-t|^2) / 2."""
    return [
        helper.make_node("Add", ["audio_embedding", "video_embedding"], ["sum"]),
        helper.make_node("ReduceSumSquare", ["audio_embedding"], ["audio_square"], axes=[1]),
        helper.make_node("ReduceSumSquare", ["video_embedding"], ["video_square"], axes=[1]),
        helper.make_node("Add", ["audio_square", "video_square"], ["squares"]),
        helper.make_node("Mul", ["squares", "half"], ["less"]),
        helper.make_node("Mul", ["squares", "zero"], ["zeros"]),
        helper.make_node("Sub", ["zeros", "one"], ["minus_one"]),
        _concat(["sum", "less", "minus_one"]),
    ]


def _text_av() -> list[NodeProto]:
    """[t, 1, |t|^2]."""
    return [
        helper.make_node("ReduceSumSquare", ["text_embedding"], ["square"], axes=[1]),
        helper.make_node("Mul", ["square", "zero"], ["zeros"]),
        helper.make_node("Add", ["zeros", "one"], ["ones"]),
        _concat(["text_embedding", "ones", "square"]),
    ]


def _concat(parts: Sequence[str]) -> NodeProto:
    return helper.make_node("Concat", list(parts), ["embedding"], axis=1)

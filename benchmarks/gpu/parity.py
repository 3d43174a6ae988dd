"""Whether the device gives what a processor gives: heads, backbones, search hits."""

from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING

from benchmarks.gpu.task import Context, Row, Task, left_out

if TYPE_CHECKING:
    from torch import Tensor, nn

    from models.types import F32, U8

PART = "parity"
CLOSE = 1e-4
"""The largest difference between a device's and a processor's numbers, as a share of the largest: that of an export."""
ROWS, VECTORS, DIM, K = 257, 20_000, 64, 10


def head_rows(context: Context) -> Iterator[Row]:
    """Of AVCA's heads, whose weights are random: torch on the device, and ONNX Runtime there."""
    import numpy as np
    import torch

    from models.methods import build
    from tests.tiny.world import world
    from training.export import head_graphs
    from training.recipe import named

    training, recipe = world(seen=8, unseen=4, clips=6, audio=512, video=512, text=300).training, named("avca")
    method = build("avca", training.task, recipe.options).eval()
    graphs, widths, numbers = head_graphs(method, training.widths), training.widths, np.random.default_rng(0)
    drawn = {
        name: numbers.standard_normal((ROWS, width), np.float32)
        for name, width in (("audio", widths.audio), ("video", widths.video), ("text", widths.text))
    }
    for name, head in method.to(torch.device(context.device)).heads().items():
        inputs: Inputs = {str(each): drawn[each] for each in head.inputs}
        on_device = partial(_by_torch, head.module, inputs, context.device)
        yield from _compared(context, f"head {name}", graphs[name], inputs, on_device)


def backbone_rows(context: Context) -> Iterator[Row]:
    """Of the demo's two networks, whose weights are random, and their front ends: in the same two ways."""
    import numpy as np
    import torch

    from training.backbones.audio_cnn import AudioCNN
    from training.backbones.export import _OneClip
    from training.backbones.video_cnn import TAKES, VideoCNN

    torch.backends.cudnn.allow_tf32 = False  # of this process: its ten bits would be most of the difference
    numbers = np.random.default_rng(0)
    sound = numbers.uniform(-0.5, 0.5, 32_000).astype(np.float32)
    pictures = numbers.integers(0, 256, (16, TAKES.size, TAKES.size, 3), dtype=np.uint8)
    for name, network, values in (("waveform", AudioCNN(), sound), ("frames", VideoCNN(), pictures)):
        torch.manual_seed(0)
        clip: nn.Module = _OneClip(network.eval())
        graph, inputs = _exported(clip, values), {name: values}
        on_device = partial(_by_torch, clip.to(torch.device(context.device)), inputs, context.device)
        yield from _compared(context, f"backbone of {name}", graph, inputs, on_device)


def hit_rows(context: Context) -> Iterator[Row]:
    """Of search by torch, by every metric, against numpy in float64."""
    import numpy as np

    from index.vectors.torch_device import TorchDevice
    from models.scoring import normalised, scores
    from models.types import Metric

    vectors, queries = np.random.default_rng(0).standard_normal((2, VECTORS, DIM), np.float32)
    for metric in Metric:
        prepared = normalised(vectors) if metric is Metric.COSINE else vectors
        expected = np.argsort(-scores(queries[:ROWS], prepared, metric), axis=1, kind="stable")[:, :K]
        _, found = TorchDevice("flat", prepared, metric, place=context.device).search(queries[:ROWS], K)
        share = float(np.mean([np.isin(a, b).mean() for a, b in zip(found, expected, strict=True)]))
        said = f"{share:.2%} of the {K} best of {VECTORS:,} are the same, 99.9% expected"
        yield Row(PART, f"search by torch, {metric.value}", said, holds=share >= 0.999)


def table_rows(context: Context) -> Iterator[Row]:
    """Of a table as the service has it, changed and then asked by eight threads at once, against its host."""
    import numpy as np

    from index.vectors.exact import ExactIndex
    from index.vectors.gpu_store import GpuIndex
    from index.vectors.torch_device import TorchDevice
    from models.types import Metric

    ids, vectors = np.arange(VECTORS), np.random.default_rng(0).standard_normal((VECTORS, DIM), np.float32)
    host = ExactIndex(DIM, Metric.COSINE)
    host.add(ids[:-100], vectors[:-100])
    index = GpuIndex(host, kind="flat", fill=partial(TorchDevice, place=context.device))
    index.add(ids[-100:], vectors[-100:])
    index.remove(ids[:100])
    with ThreadPoolExecutor(8) as pool:
        found = np.stack(list(pool.map(lambda query: index.search(query[None], K).ids[0], vectors[:ROWS])))
    index.close()
    share = float((found == host.search(vectors[:ROWS], K).ids).mean())
    yield Row(PART, "a table by torch, eight threads", f"{share:.2%} of its hits are its host's", holds=share == 1)


TORCH_AND_ONNX = ("onnx", "onnxscript", "onnxruntime")
TASKS = (
    Task("heads", (*TORCH_AND_ONNX, "pydantic", "threadpoolctl"), head_rows),
    Task("backbones", (*TORCH_AND_ONNX, "pydantic", "threadpoolctl"), backbone_rows),
    Task("search by torch", (), hit_rows),
    Task("a table by torch", ("pydantic",), table_rows),
)

Inputs = Mapping[str, "F32 | U8"]


def _compared(
    context: Context, what: str, graph: bytes, inputs: Inputs, on_device: "Callable[[], F32]"
) -> Iterator[Row]:
    """What torch gives there, and what ONNX Runtime does, against ONNX Runtime on the processor."""
    from models.features.graph import Graph

    expected = Graph(graph, name=what, inputs=list(inputs), threads=1).embedding(inputs)
    yield _difference(f"{what}: torch", on_device(), expected)
    there = Graph(graph, name=what, inputs=list(inputs), threads=1, device="gpu")
    if there.device == "cpu":
        yield left_out(PART, f"{what}: ONNX Runtime", "this ONNX Runtime can use no NVIDIA GPU")
        return
    yield _difference(f"{what}: ONNX Runtime", there.embedding(inputs), expected)


def _difference(what: str, found: "F32", expected: "F32") -> Row:
    import numpy as np

    share = float(np.abs(found - expected).max() / np.abs(expected).max())
    return Row(PART, what, f"differs by {share:.1e} of the largest number, {CLOSE:.0e} allowed", holds=share <= CLOSE)


def _by_torch(module: "nn.Module", inputs: Inputs, where: str) -> "F32":
    import torch

    with torch.inference_mode():
        given: list[Tensor] = [torch.from_numpy(each).to(where) for each in inputs.values()]
        found: F32 = module(*given).cpu().numpy()
    return found


def _exported(clip: "nn.Module", values: "F32 | U8") -> bytes:
    import torch

    from training.backbones.export import _graph

    return _graph(clip, torch.from_numpy(values))

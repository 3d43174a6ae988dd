"""A trained backbone as a folder: an ONNX graph with its front end inside, and its card."""

from hashlib import sha256
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from models.errors import BundleInvalid
from models.features.backbone import INPUTS, Backbone
from models.features.card import BackboneCard
from models.features.graph import Graph
from models.features.rows import Rows
from models.media.media import FrameSpec, Media, SoundSpec
from models.types import Sense
from training.export import quiet_exporter
from training.frames import are_apart

TOLERANCE = 1e-4
"""The largest difference between torch's and ONNX Runtime's feature that is let through, as a share of the largest
magnitude in it: what rounding leaves grows with the numbers, and small features must not differ by more of themselves.
"""

OURS = "yours: trained on your clips"
"""The licence of a backbone that was trained here."""


class _OneClip(nn.Module):
    """A network of batches as one of single clips: [n, ...] to `embedding` [rows, width], one row where it has one."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, clip: Tensor) -> Tensor:
        return self.network(clip[None]).flatten(0, -2)


def export_backbone(
    network: nn.Module,
    folder: Path,
    *,
    name: str,
    takes: SoundSpec | FrameSpec,
    width: int,
    source: str,
    rows: Rows | None = None,
    version: str = "1",
    licence: str = OURS,
    tolerance: float = TOLERANCE,
    example_s: float = 2.0,
) -> BackboneCard:
    """Write `backbone.json` and the graph into a folder, after comparing it with torch on clips of two lengths.

    Args:
        network: from clips [b, n, ...] to features [b, width], or to rows of features [b, rows, width].
        rows: what a row is made of, if that is known. Rows of frames are looked at: where each is the one that its
            frame gives alone, the card says that frames of many windows may share a call.
        tolerance: the largest difference of a feature that is let through, as a share of its largest magnitude.
        example_s: how long a clip the graph is traced with; where a network gives rows, long enough for several,
            as a dimension of one is taken to be always one.

    Raises:
        BundleInvalid: a feature differs from torch's by more; nothing is written then.
    """
    content = _graph(_OneClip(network).eval(), _example(takes, seconds=example_s, seed=0))
    sense: Sense = "audio" if isinstance(takes, SoundSpec) else "video"
    graph = Graph(content, name=name, inputs=[INPUTS[sense]], threads=1)
    apart = isinstance(takes, FrameSpec) and rows == Rows("frame") and are_apart(graph, takes)
    card = BackboneCard(
        name=name,
        version=version,
        sense=sense,
        takes=takes,
        rows=rows,
        batch="rows" if apart else "none",
        width=width,
        file="backbone.onnx",
        sha256=sha256(content).hexdigest(),
        licence=licence,
        source=source,
    )
    compare(network, Backbone(card, graph), tolerance=tolerance)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / card.file).write_bytes(content)
    (folder / "backbone.json").write_text(card.model_dump_json(indent=2))
    return card


def _graph(network: nn.Module, example: Tensor) -> bytes:
    steps = torch.export.Dim("steps", min=2)
    with quiet_exporter():
        program = torch.onnx.export(
            network,
            (example,),
            input_names=["waveform" if example.ndim == 1 else "frames"],
            output_names=["embedding"],
            dynamic_shapes=({0: steps},),
            dynamo=True,
            external_data=False,
            verbose=False,
        )
    assert program is not None, "the dynamo exporter returns a program"
    return program.model_proto.SerializeToString()


def _example(takes: SoundSpec | FrameSpec, *, seconds: float, seed: int) -> Tensor:
    """Noise of that length, as the backbone takes it."""
    rng, steps = np.random.default_rng(seed), round(seconds * takes.rate)
    if isinstance(takes, SoundSpec):
        return torch.from_numpy(rng.uniform(-0.5, 0.5, steps).astype(np.float32))
    return torch.from_numpy(rng.integers(0, 256, (steps, takes.size, takes.size, 3), dtype=np.uint8))


def compare(network: nn.Module, backbone: Backbone, *, tolerance: float = TOLERANCE) -> None:
    """Raises BundleInvalid where a backbone gives others than the network it was made of.

    Args:
        tolerance: as of `export_backbone`.
    """
    takes = backbone.card.takes
    for seconds in (0.7, 3.3):
        clip = _example(takes, seconds=seconds, seed=1)
        with torch.inference_mode():
            expected = network(clip[None]).flatten(0, -2).mean(dim=0).numpy()
        found = backbone.feature(_media(takes, clip, seconds))
        difference, scale = float(np.abs(found - expected).max()), float(np.abs(expected).max())
        if not difference <= tolerance * scale < np.inf:  # NaN is over it too
            raise BundleInvalid(
                f"{backbone.card.ref} differs from torch by {difference:.1e} in a feature of up to {scale:.1e}, "
                f"over {tolerance:.0e} of it"
            )


def _media(takes: SoundSpec | FrameSpec, clip: Tensor, seconds: float) -> Media:
    if isinstance(takes, SoundSpec):
        return Media(seconds, takes, FrameSpec(rate=1, size=2, shorter_side=2), clip.numpy(), None)
    return Media(seconds, SoundSpec(rate=1), takes, None, clip.numpy())

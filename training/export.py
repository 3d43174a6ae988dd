"""From a trained method to a bundle: ONNX graphs that give what torch gives, and the manifest that says so."""

import copy
import logging
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

import numpy as np
import onnx
import torch
from onnx.utils import Extractor
from torch import Tensor, nn

from models.bundle.manifest import Channel, ClassificationSpec, EncoderRef, HeadSpec, Manifest, SeenClass
from models.bundle.runtime import Bundle
from models.bundle.store import save
from models.calibration import StackingCurve
from models.errors import BundleInvalid
from models.methods.base import Head, Method, Widths
from models.probability import RouteSigmoid
from models.temperature import ClassTemperature
from models.types import F32, Modality
from training.card import write
from training.drafts import drafted
from training.progress import Fitted
from training.splits import ClassTable

TOLERANCE = 1e-4
"""The largest difference between torch's and ONNX Runtime's embeddings that is let through."""

BATCHES = (1, 257)
"""What both are compared on: one clip, and more than any power of two that a graph could have been fixed to."""

MODALITIES: tuple[Modality, ...] = ("audio", "video", "text")


@dataclass(frozen=True, slots=True)
class EncoderRefs:
    """What the features were made with."""

    audio: EncoderRef
    video: EncoderRef
    text: EncoderRef

    @property
    def widths(self) -> Widths:
        """How wide the features are."""
        return Widths(self.audio.width, self.video.width, self.text.width)


@dataclass(frozen=True, slots=True)
class Measured:
    """What is measured of a method on clips that it was not trained on, for its bundle to tell.

    Args:
        betas: what calibrated stacking takes off the scores of seen classes, one a channel.
        evaluation: figures for people, by name.
        probabilities, temperatures: what makes probabilities of scores, by route, and by channel.
        curves: what other betas give, by channel.
    """

    betas: Mapping[Channel, float]
    evaluation: Mapping[str, float] = field(default_factory=dict)
    probabilities: Mapping[str, RouteSigmoid] = field(default_factory=dict)
    temperatures: Mapping[Channel, ClassTemperature] = field(default_factory=dict)
    curves: Mapping[Channel, StackingCurve] = field(default_factory=dict)


def export(
    fitted: Fitted,
    *,
    folder: Path,
    name: str,
    encoders: EncoderRefs,
    classes: ClassTable,
    measured: Measured,
    trained_on: str,
) -> Manifest:
    """Write a trained method as a bundle, after comparing it with torch.

    Args:
        folder: where the bundle will be; must not exist.
        classes: the vocabulary; those that were seen go into the bundle with their text features.

    Raises:
        BundleInvalid: a head gives other embeddings in ONNX Runtime, by more than 1e-4; or the encoders' widths
            are not those it was trained with.
        Conflict: there is something at `folder` already.
    """
    if encoders.widths != fitted.training.widths:
        raise BundleInvalid(f"encoders have {encoders.widths}, the method was trained with {fitted.training.widths}")
    method = copy.deepcopy(fitted.method).cpu().eval()
    graphs = head_graphs(method, encoders.widths)
    manifest = Manifest(
        name=name,
        method=fitted.recipe.method,
        heads={head: _spec(head, each, graphs[head]) for head, each in method.heads().items()},
        routes=method.routes(),
        backbones={"audio": encoders.audio, "video": encoders.video},
        text_encoder=encoders.text,
        seen_classes=_seen(classes),
        vocabulary=classes.names,
        words=method.words,
        betas=dict(measured.betas),
        attention=method.attention,
        trained_on=trained_on,
        evaluation=dict(measured.evaluation),
        export_difference=0,
        probabilities=dict(measured.probabilities),
        temperatures=dict(measured.temperatures),
        classification=ClassificationSpec(curves=dict(measured.curves)),
    )
    difference = checked_difference(manifest, graphs, method, random_features(fitted))
    checked = manifest.model_copy(update={"export_difference": difference})
    save(folder, checked, graphs, write(checked, fitted.recipe))
    return checked


def head_graphs(method: Method, widths: Widths) -> dict[str, bytes]:
    """The ONNX bytes of every head: inputs named by modality, output `embedding`, any number of rows.

    All heads are traced in one go and then taken apart, as most of the exporter's time does not depend on what
    it exports: 2 to 3 s a head one by one, 5 s all together.
    """
    heads = method.heads()
    clips, texts = torch.export.Dim("clips"), torch.export.Dim("texts")
    with quiet_exporter():
        program = torch.onnx.export(
            _AllHeads(heads).eval(),
            (torch.zeros(2, widths.audio), torch.zeros(2, widths.video), torch.zeros(2, widths.text)),
            input_names=list(MODALITIES),
            output_names=[_output(head) for head in heads],
            dynamic_shapes=({0: clips}, {0: clips}, {0: texts}),
            dynamo=True,
            external_data=False,
            verbose=False,
        )
    assert program is not None, "the dynamo exporter returns a program"
    whole = Extractor(program.model_proto)
    return {head: _part(whole, head, each) for head, each in heads.items()}


@contextmanager
def quiet_exporter() -> Iterator[None]:
    """Keeps back what the exporter says of its own insides: deprecations, and that torchvision is not there."""
    logger = logging.getLogger("torch.onnx._internal.exporter._registration")
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logger.setLevel(level)


def random_features(fitted: Fitted) -> dict[Modality, F32]:
    """Rows with the mean and spread of each training feature: as many as the largest of `BATCHES`."""
    training = fitted.training
    known = {"audio": training.features.audio, "video": training.features.video, "text": training.classes.text}
    numbers = np.random.default_rng(fitted.recipe.seed)
    return {
        modality: numbers.normal(
            known[modality].mean(axis=0), known[modality].std(axis=0), (max(BATCHES), known[modality].shape[1])
        ).astype(np.float32)
        for modality in MODALITIES
    }


def largest_difference(bundle: Bundle, head: str, each: Head, features: Mapping[Modality, F32]) -> float:
    """The largest absolute difference between a bundle's and torch's embeddings, on batches of 1 and 257."""
    differences = []
    for rows in BATCHES:
        batch = {modality: features[modality][:rows] for modality in each.inputs}
        with torch.inference_mode():
            expected = each.module.eval()(*(torch.from_numpy(batch[modality]) for modality in each.inputs))
        differences.append(float(np.abs(bundle.embed(head, batch) - expected.numpy()).max()))
    # `max` would let a NaN that is not the first go by.
    return float(np.max(differences))


class _AllHeads(nn.Module):
    """All heads as one module, from all modalities to all embeddings."""

    def __init__(self, heads: Mapping[str, Head]) -> None:
        super().__init__()
        self.parts = nn.ModuleList(each.module for each in heads.values())
        self.inputs = [each.inputs for each in heads.values()]

    def forward(self, audio: Tensor, video: Tensor, text: Tensor) -> tuple[Tensor, ...]:
        """One embedding a head, in order."""
        given = {"audio": audio, "video": video, "text": text}
        return tuple(part(*(given[each] for each in of)) for part, of in zip(self.parts, self.inputs, strict=True))


def _output(head: str) -> str:
    return f"{head}_embedding"


def _part(whole: Extractor, head: str, each: Head) -> bytes:
    """One head's nodes and weights out of the graph of all."""
    part = whole.extract_model(list(each.inputs), [_output(head)])
    part.graph.name = head
    part.graph.output[0].name = "embedding"
    for node in part.graph.node:
        node.output[:] = ["embedding" if name == _output(head) else name for name in node.output]
    del part.graph.value_info[:]
    onnx.checker.check_model(part, full_check=True)
    return bytes(part.SerializeToString())


def _spec(head: str, each: Head, graph: bytes) -> HeadSpec:
    shape = onnx.load_from_string(graph).graph.output[0].type.tensor_type.shape
    return HeadSpec(
        file=f"{head}.onnx", inputs=each.inputs, dim=shape.dim[1].dim_value, sha256=sha256(graph).hexdigest()
    )


def _seen(classes: ClassTable) -> tuple[SeenClass, ...]:
    rows = zip(classes.names, classes.text.tolist(), classes.seen, strict=True)
    return tuple(SeenClass(name=name, feature=tuple(text)) for name, text, seen in rows if seen)


def checked_difference(
    manifest: Manifest, graphs: Mapping[str, bytes], method: Method, features: Mapping[Modality, F32]
) -> float:
    """The largest difference of all heads, of a bundle that is written only for this."""
    with drafted(manifest, graphs) as bundle:
        found = {head: largest_difference(bundle, head, each, features) for head, each in method.heads().items()}
    if odd := {head: difference for head, difference in found.items() if not difference <= TOLERANCE}:
        raise BundleInvalid(f"torch and ONNX Runtime differ by {odd}; expected at most {TOLERANCE} of each head")
    return max(found.values())

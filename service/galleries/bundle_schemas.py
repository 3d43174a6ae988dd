"""The shapes of answers about one bundle."""

from models.bundle.manifest import Channel, ClassificationSpec, EncoderRef, RouteSpec, Words
from models.probability import RouteSigmoid
from models.temperature import ClassTemperature
from models.types import Modality, Sense
from service.schemas import Frozen


class BundleHead(Frozen):
    """One graph of a bundle: what it reads, how wide its vectors are, and the sha256 of its bytes."""

    inputs: tuple[Modality, ...]
    dim: int
    sha256: str


class BundleDetail(Frozen):
    """All that a bundle says of itself; `sha256` is its manifest's, `card` Markdown, `size_bytes` of all files."""

    name: str
    sha256: str
    size_bytes: int
    method: str
    heads: dict[str, BundleHead]
    routes: dict[str, RouteSpec]
    channels: tuple[Channel, ...]
    backbones: dict[Sense, EncoderRef]
    text_encoder: EncoderRef
    seen_classes: tuple[str, ...]
    vocabulary: tuple[str, ...]
    words: Words
    betas: dict[Channel, float]
    attention: str | None
    trained_on: str
    evaluation: dict[str, float]
    export_difference: float
    probabilities: dict[str, RouteSigmoid]
    temperatures: dict[Channel, ClassTemperature]
    classification: ClassificationSpec
    card: str


class BundleSummary(Frozen):
    """A trained method that galleries can be embedded with."""

    name: str
    method: str
    routes: tuple[str, ...]
    trained_on: str
    evaluation: dict[str, float]
    size_bytes: int


class BundleList(Frozen):
    """All bundles."""

    bundles: tuple[BundleSummary, ...]

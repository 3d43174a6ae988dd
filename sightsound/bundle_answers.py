"""What the service answers about bundles; docs/reindexing.md says what each field means."""

from typing import Literal

from pydantic import Field

from sightsound.answers import Answer, Channel, Modality, Sense


class BundleSummary(Answer):
    """A trained method that galleries can be embedded with."""

    name: str
    method: str
    routes: tuple[str, ...]
    trained_on: str
    evaluation: dict[str, float]
    size_bytes: int


class BundleList(Answer):
    """All bundles."""

    bundles: tuple[BundleSummary, ...]


class BundleHead(Answer):
    """One graph of a bundle: what it reads, how wide its vectors are, and the sha256 of its bytes."""

    inputs: tuple[Modality, ...]
    dim: int
    sha256: str


class BundleRoute(Answer):
    """From a query head to a gallery head by a metric."""

    query: str
    gallery: str
    metric: Literal["euclidean", "cosine", "inner"]


class BundleEncoder(Answer):
    """The backbone or text encoder that features must come from, as `name@version`."""

    name: str
    sha256: str
    width: int


class RouteSigmoid(Answer):
    """What makes probabilities of a route's scores, 1 / (1 + exp(-(slope * score + intercept))), and how good it is."""

    slope: float
    intercept: float
    queries: int
    pairs: int
    base_rate: float
    log_loss: float | None = None
    error: float | None = None
    hits_error: float | None = None
    fitted_on: str


class ClassTemperature(Answer):
    """What makes probabilities of classes of the scores of one channel, and how good it is."""

    temperature: float
    clips: int
    classes: int
    accuracy: float
    log_loss: float
    error: float
    fitted_on: str


class StackingCurve(Answer):
    """What betas give on validation clips: accuracies of seen and of unseen classes, and their harmonic mean."""

    betas: tuple[float, ...]
    seen: tuple[float, ...]
    unseen: tuple[float, ...]
    harmonic: tuple[float, ...]
    clips: int
    measured_on: str


class BundleClassification(Answer):
    """What validation told of classifying, by channel; no curves of bundles that keep none."""

    curves: dict[Channel, StackingCurve] = Field(default_factory=dict)


class BundleDetail(Answer):
    """All that a bundle says of itself; `sha256` is its manifest's, `card` Markdown, `size_bytes` of all files."""

    name: str
    sha256: str
    size_bytes: int
    method: str
    heads: dict[str, BundleHead]
    routes: dict[str, BundleRoute]
    channels: tuple[Channel, ...]
    backbones: dict[Sense, BundleEncoder]
    text_encoder: BundleEncoder
    seen_classes: tuple[str, ...]
    vocabulary: tuple[str, ...]
    words: Literal["any", "vocabulary"]
    betas: dict[Channel, float]
    attention: str | None
    trained_on: str
    evaluation: dict[str, float]
    export_difference: float
    probabilities: dict[str, RouteSigmoid]
    temperatures: dict[Channel, ClassTemperature]
    classification: BundleClassification = BundleClassification()
    card: str

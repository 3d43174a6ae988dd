"""What a bundle says of itself: `bundle.json`, the seam between training and serving."""

from functools import lru_cache
from hashlib import sha256
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from models.bundle.senses import SENSES
from models.calibration import StackingCurve
from models.errors import RouteMissing
from models.features.card import EncoderCard
from models.probability import RouteSigmoid
from models.temperature import ClassTemperature
from models.types import Metric, Modality, Sense

Sha256 = str
Channel = Literal["audio", "video", "av"]
"""Which modalities of a clip are looked at together when it is classified."""

WIDEST_FIRST: tuple[Channel, ...] = ("av", "video", "audio")
"""The channels in the order in which a clip is classified by one of them."""

BUNDLE_NAME = r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$"

Words = Literal["any", "vocabulary"]
"""Which words a bundle understands."""


class Frozen(BaseModel):
    """A value that checks itself on construction and refuses keys it does not know."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class HeadSpec(Frozen):
    """One ONNX graph from features to an embedding [b, dim]; one input [b, width] a modality, of its name."""

    file: str
    inputs: tuple[Modality, ...] = Field(min_length=1)
    dim: int = Field(gt=0)
    sha256: Sha256


class RouteSpec(Frozen):
    """From a query head to a gallery head by a metric."""

    query: str
    gallery: str
    metric: Metric


class EncoderRef(Frozen):
    """The backbone or text encoder that the features must come from."""

    name: str = Field(pattern=r"^[^@\s]+@[^@\s]+$", description="name@version")
    sha256: Sha256
    width: int = Field(gt=0)

    @classmethod
    def of(cls, card: EncoderCard) -> "EncoderRef":
        """How a bundle names this encoder."""
        return cls(name=card.ref, sha256=card.sha256, width=card.width)


class SeenClass(Frozen):
    """A class that training saw, with its text feature [width of the text encoder]."""

    name: str
    feature: tuple[float, ...]


class ClassificationSpec(Frozen):
    """What validation told of classifying: by channel, how seen and unseen classes do under each beta."""

    curves: dict[Channel, StackingCurve] = Field(default_factory=dict)


class Manifest(Frozen):
    """Everything that serving needs to know of a trained method.

    `routes` are named `query->gallery`, such as `text->audio`, `audio->video`, `av->text`, by what their heads read;
    classification uses the routes `audio->text`, `video->text` and `av->text`. `betas` is what calibrated stacking
    takes off the score of every seen class, one a channel. `vocabulary` lists the class names to choose from by
    default, seen ones included; `words` says whether the bundle understands any words or only these. `attention`
    names the head, if any, whose output [b, 2] weighs audio and video. `probabilities` has, by route, what makes a
    score the probability that a hit is of the query's class, fitted on validation; none of bundles without it.
    `temperatures` has the like of classes, by channel. `classification` has the curves that `betas` were chosen by.
    """

    schema_version: Literal[1] = 1
    name: str = Field(pattern=BUNDLE_NAME)
    method: str
    heads: dict[str, HeadSpec]
    routes: dict[str, RouteSpec]
    backbones: dict[Sense, EncoderRef]
    text_encoder: EncoderRef
    seen_classes: tuple[SeenClass, ...]
    vocabulary: tuple[str, ...]
    words: Words = "any"
    betas: dict[Channel, float]
    attention: str | None = None
    trained_on: str
    evaluation: dict[str, float]
    export_difference: float = Field(ge=0)
    probabilities: dict[str, RouteSigmoid] = Field(default_factory=dict)
    temperatures: dict[Channel, ClassTemperature] = Field(default_factory=dict)
    classification: ClassificationSpec = ClassificationSpec()

    @model_validator(mode="after")
    def _routes_name_heads(self) -> "Manifest":
        named = {head for route in self.routes.values() for head in (route.query, route.gallery)}
        if self.attention is not None:
            named.add(self.attention)
        if odd := named - self.heads.keys():
            raise ValueError(f"routes name heads {sorted(odd)}; the bundle has {sorted(self.heads)}")
        return self

    @model_validator(mode="after")
    def _routes_are_named_by_what_they_read(self) -> "Manifest":
        for name, route in self.routes.items():
            read = [set(self.heads[head].inputs) for head in (route.query, route.gallery)]
            if [set(SENSES.get(side, (side,))) for side in name.split("->")] != read:
                heads = " to one that reads ".join(" and ".join(sorted(each)) for each in read)
                raise ValueError(f"the route {name!r} goes from a head that reads {heads}")
        return self

    @model_validator(mode="after")
    def _probabilities_are_of_routes(self) -> "Manifest":
        if odd := self.probabilities.keys() - self.routes.keys():
            raise ValueError(f"probabilities of {sorted(odd)}; the bundle has {sorted(self.routes)}")
        return self

    @property
    def channels(self) -> tuple[Channel, ...]:
        """What clips can be classified by, the widest first."""
        return tuple(channel for channel in WIDEST_FIRST if f"{channel}->text" in self.routes)

    def route(self, name: str) -> RouteSpec:
        """The route of that name; raises RouteMissing, naming those there are."""
        if name not in self.routes:
            raise RouteMissing(
                f"the bundle {self.name!r} has no route {name!r}; it has {', '.join(sorted(self.routes))}"
            )
        return self.routes[name]

    def space(self, route: RouteSpec) -> Sha256:
        """The space of a route's gallery vectors: a hash over the gallery head's bytes, the metric and the dim."""
        head = self.heads[route.gallery]
        return _space(f"{head.sha256}:{route.metric.value}:{head.dim}")


@lru_cache(maxsize=1024)
def _space(told: str) -> Sha256:
    """The hash of what tells spaces apart, which every search asks for."""
    return sha256(told.encode()).hexdigest()

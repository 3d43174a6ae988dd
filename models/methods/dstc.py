"""DSTC: each modality keeps a space of its own, and translations between them keep the class (arXiv 2103.14103)."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Literal

from pydantic import ConfigDict
from pydantic.dataclasses import dataclass
from torch import Tensor, nn

from models.bundle.manifest import RouteSpec
from models.layers import projection
from models.losses.pointwise import Distance, pointwise
from models.losses.transitive import cross_entropies
from models.methods.base import Batch, GradientMethod, Head, Phase, Task, Turn
from models.methods.options import Dropout, Size
from models.methods.pairs import Pair, pair_features, pair_widths
from models.types import Metric

TERMS = ("cross_entropy", "pointwise", "transitive", "cyclic_pointwise", "cyclic_transitive")


@dataclass(frozen=True, config=ConfigDict(extra="forbid"))
class Options:
    """What a recipe may choose; the defaults are the paper's for AudioSetZSL.

    Args:
        pair: the modalities x and y.
        hidden: width of the hidden layer of the encoders of x and of y.
        out: width of both spaces.
        translator: widths of the hidden layers of both translators.
        dropout: of the encoders, between their layers.
        distance: of the pointwise terms: squared L2, or the same between directions.
        metric: of the routes.
    """

    pair: Pair = ("audio", "video")
    hidden: tuple[Size, Size] = (256, 512)
    out: Size = 256
    translator: tuple[Size, ...] = (128, 64, 128)
    dropout: Dropout = 0.0
    distance: Distance = "euclidean"
    metric: Literal["euclidean", "cosine"] = "cosine"


class DSTC(GradientMethod):
    """Two modalities, each with an encoder, a classifier of its own space, and a translator to the other's.

    Encoders and classifiers learn first; then the classifiers stay as they are, and judge what is translated.
    """

    def __init__(self, task: Task, options: Options) -> None:
        super().__init__()
        self.options = options
        self.pair = options.pair
        widths = pair_widths(task, options.pair)
        self.encoders = nn.ModuleDict(
            {
                each: projection(width=widths[each], hidden=hidden, out=options.out, dropout=options.dropout)
                for each, hidden in zip(options.pair, options.hidden, strict=True)
            }
        )
        self.classifiers = nn.ModuleDict({each: nn.Linear(options.out, task.classes) for each in options.pair})
        self.translators = nn.ModuleDict({each: translator(options.out, options.translator) for each in options.pair})

    def phases(self) -> tuple[Phase, ...]:
        """`classify` by the cross-entropy alone, then `translate` by all terms with the classifiers frozen."""
        encoders, classifiers, translators = (
            tuple(part.parameters()) for part in (self.encoders, self.classifiers, self.translators)
        )
        return (
            Phase("classify", (Turn(self.classification, encoders + classifiers),)),
            Phase("translate", (Turn(self.terms, encoders + translators),)),
        )

    def classification(self, batch: Batch) -> dict[str, Tensor]:
        """`cross_entropy`, of either modality by its own classifier."""
        return {"cross_entropy": self._judged(self._encoded(batch), batch.label)}

    def terms(self, batch: Batch) -> dict[str, Tensor]:
        """The five terms of docs/methods.md, in its order."""
        x, y = self._encoded(batch)
        y_as_x, x_as_y = self._translated(x, y)
        x_again, y_again = self._translated(y_as_x, x_as_y)
        return {
            "cross_entropy": self._judged((x, y), batch.label),
            "pointwise": pointwise([(x, y_as_x), (y, x_as_y)], distance=self.options.distance),
            "transitive": self._judged((y_as_x, x_as_y), batch.label),
            "cyclic_pointwise": pointwise([(x, x_again), (y, y_again)], distance=self.options.distance),
            "cyclic_transitive": self._judged((x_again, y_again), batch.label),
        }

    def heads(self) -> dict[str, Head]:
        """Each modality in its own space, and in the other's: `audio_as_video` is T_av(E_a(a))."""
        heads: dict[str, Head] = {}
        for each, other in (self.pair, self.pair[::-1]):
            heads[each] = Head(self.encoders[each], inputs=(each,))
            translated = nn.Sequential(self.encoders[each], self.translators[each])
            heads[f"{each}_as_{other}"] = Head(translated, inputs=(each,))
        return heads

    def routes(self) -> dict[str, RouteSpec]:
        """Between both, the gallery translated into the query's space; and between clips by one modality."""
        metric = Metric(self.options.metric)
        routes = {}
        for query, gallery in (self.pair, self.pair[::-1]):
            routes[f"{query}->{gallery}"] = RouteSpec(query=query, gallery=f"{gallery}_as_{query}", metric=metric)
            if query != "text":
                routes[f"{query}->{query}"] = RouteSpec(query=query, gallery=query, metric=metric)
        return routes

    def _encoded(self, batch: Batch) -> tuple[Tensor, Tensor]:
        """Both modalities, each in its own space."""
        x, y = self.pair
        of_x, of_y = pair_features(batch, self.pair)
        return self.encoders[x](of_x), self.encoders[y](of_y)

    def _translated(self, in_x: Tensor, in_y: Tensor) -> tuple[Tensor, Tensor]:
        """Points of the space of x and points of that of y, each taken to the other: first what is now in x."""
        x, y = self.pair
        return self.translators[y](in_y), self.translators[x](in_x)

    def _judged(self, embeddings: tuple[Tensor, Tensor], label: Tensor) -> Tensor:
        """The cross-entropies of points of the space of x and of points of that of y, by the classifier of each."""
        logits = [self.classifiers[each](of) for each, of in zip(self.pair, embeddings, strict=True)]
        return cross_entropies(logits, label)


def translator(width: int, hidden: Sequence[int]) -> nn.Sequential:
    """A perceptron [b, width] to [b, width]: batch norm and ReLU after each hidden layer, nothing after the last.

    Source: T_av, T_va of DSTC (arXiv 2103.14103).
    """
    layers: list[nn.Module] = []
    for before, after in pairwise((width, *hidden)):
        layers += [nn.Linear(before, after), nn.BatchNorm1d(after), nn.ReLU()]
    return nn.Sequential(*layers, nn.Linear((width, *hidden)[-1], width))

"""How well embedded clips are classified and retrieved, by every route there is: one definition for all callers."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from models.bundle.manifest import Channel
from models.evaluation.gzsl import Accuracies, accuracies
from models.evaluation.hubness import Correction, correct
from models.evaluation.metrics import SeenUnseen, class_means, mean_known, split
from models.evaluation.ranking import chance_by_label
from models.evaluation.retrieval import Retrieval
from models.evaluation.scorer import Scorer
from models.hubness import RouteBias
from models.types import F64, I64, Bool

CHANNELS: tuple[Channel, ...] = ("audio", "video", "av")


@dataclass(frozen=True, slots=True)
class Labels:
    """The classes of the embedded rows: `clips` [n], `seen` [c] by class, and `texts` [n].

    `texts` is None where the text rows are the classes themselves, one each: clips can then be classified. Where
    every clip has a text of its own, in the order of the clips, text is retrieved like any other modality.
    """

    clips: I64
    seen: Bool
    texts: I64 | None = None

    def __post_init__(self) -> None:
        if self.texts is not None and len(self.texts) != len(self.clips):
            raise ValueError(f"found {len(self.texts)} texts of {len(self.clips)} clips, expected one each")


@dataclass(frozen=True, slots=True)
class Precision:
    """Mean average precision in [0, 1] of a route: averaged by class, then over classes; and over all queries.

    `chance` is what random rankings are expected to have, averaged by class; `by_class` [c] the mean of each class's
    queries, NaN for a class without any; `by_query` [q] that of each query, NaN for one with nothing to find.
    """

    found: SeenUnseen
    chance: SeenUnseen
    by_sample: float
    by_class: F64 = field(compare=False)
    by_query: F64 = field(compare=False, default_factory=lambda: np.empty(0))


@dataclass(frozen=True, slots=True)
class Evaluation:
    """Classification by channel, retrieval by route, of so many clips; by routes that have a bias both ways."""

    clips: int
    classification: Mapping[Channel, Accuracies]
    retrieval: Mapping[str, Precision]
    corrections: Mapping[str, Correction] = field(default_factory=dict)


def evaluate(
    scorer: Scorer,
    labels: Labels,
    betas: Mapping[Channel, float],
    *,
    leave_one_out: bool = True,
    biases: Mapping[str, RouteBias] | None = None,
) -> Evaluation:
    """Every figure that the scorer's routes allow.

    Args:
        betas: what calibrated stacking takes off the scores of seen classes, by channel; 0 where there is none.
        leave_one_out: whether the clip that a query is, or belongs to, is left out of its ranking.
        biases: by route, those whose effect is asked for.
    """
    return Evaluation(
        clips=len(labels.clips),
        classification={
            channel: accuracies(scorer.scores(f"{channel}->text"), labels.clips, labels.seen, betas.get(channel, 0.0))
            for channel in classifying(scorer, labels)
        },
        retrieval={
            name: precision(scorer, name, labels, leave_one_out=leave_one_out) for name in retrieving(scorer, labels)
        },
        corrections={
            name: correct(retrieval(scorer, name, labels, leave_one_out=leave_one_out), bias)
            for name, bias in (biases or {}).items()
        },
    )


def crosses(name: str) -> bool:
    """Whether a route goes from one modality to another, not back to its own."""
    query, gallery = name.split("->")
    return query != gallery


def classifying(scorer: Scorer, labels: Labels) -> list[Channel]:
    """The channels that clips can be classified by, the widest last."""
    return [channel for channel in CHANNELS if labels.texts is None and f"{channel}->text" in scorer.routes]


def retrieving(scorer: Scorer, labels: Labels) -> list[str]:
    """The routes that retrieve: those to clips and, where clips have texts of their own, to texts."""
    return [name for name in scorer.routes if labels.texts is not None or not name.endswith("->text")]


def precision(scorer: Scorer, name: str, labels: Labels, *, leave_one_out: bool) -> Precision:
    """The mean average precision of a route, and that of chance."""
    query_labels, gallery_labels, own = _ends(name, labels, leave_one_out=leave_one_out)
    found = scorer.average_precisions(name, query_labels=query_labels, gallery_labels=gallery_labels, own=own)
    return averaged(found, name, labels, leave_one_out=leave_one_out)


def averaged(found: F64, name: str, labels: Labels, *, leave_one_out: bool) -> Precision:
    """The same of average precisions [q] that there are already."""
    query_labels, gallery_labels, own = _ends(name, labels, leave_one_out=leave_one_out)
    chance = chance_by_label(query_labels=query_labels, gallery_labels=gallery_labels, own=own)
    classes = len(labels.seen)
    by_class = class_means(found, query_labels, classes)
    return Precision(
        found=split(by_class, labels.seen),
        chance=split(class_means(chance, query_labels, classes), labels.seen),
        by_sample=mean_known(found),
        by_class=by_class,
        by_query=found,
    )


def retrieval(scorer: Scorer, name: str, labels: Labels, *, leave_one_out: bool) -> Retrieval:
    """What a route finds, to be evaluated with and without a bias.

    The bank is its own queries, each left out of the bank that it meets; where it is asked with classes' words, those
    of all seen classes, as they are there whatever is asked. Raises ValueError for a route that a fusion stands for.
    """
    queries, gallery, metric = scorer.searched(name)
    query_labels, gallery_labels, own = _ends(name, labels, leave_one_out=leave_one_out)
    return Retrieval(
        queries,
        gallery,
        metric,
        query_labels=query_labels,
        gallery_labels=gallery_labels,
        own=own,
        bank=queries[labels.seen] if _is_of_classes(name.split("->")[0], labels) else None,
        seen_items=labels.seen[gallery_labels],
    )


def _ends(name: str, labels: Labels, *, leave_one_out: bool) -> tuple[I64, I64, I64 | None]:
    """The labels of a route's queries [q] and gallery [g], and the item left out of each query's ranking [q]."""
    query, gallery = name.split("->")
    query_labels, gallery_labels = _labels_of(query, labels), _labels_of(gallery, labels)
    paired = leave_one_out and not _is_of_classes(query, labels)
    return query_labels, gallery_labels, np.arange(len(query_labels)) if paired else None


def _is_of_classes(modality: str, labels: Labels) -> bool:
    return modality == "text" and labels.texts is None


def _labels_of(modality: str, labels: Labels) -> I64:
    if modality != "text":
        return labels.clips
    return np.arange(len(labels.seen)) if labels.texts is None else labels.texts

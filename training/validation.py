"""How well a method does on held-out clips, with the beta that suits each channel best."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial

import numpy as np
import torch

from models.bundle.manifest import WIDEST_FIRST, Channel
from models.calibration import (
    FINE_GRID,
    FIXED_GRID,
    Stacking,
    StackingCurve,
    beta_grid,
    choose_beta,
    stack,
    stacking_curve,
)
from models.errors import TrainingDiverged
from models.evaluation.evaluating import Labels, classifying, crosses, precision, retrieval, retrieving
from models.evaluation.hubness import OFF
from models.evaluation.likelihood import likelihood
from models.evaluation.ranking import by_label
from models.evaluation.scorer import Fusion, Ranker, Scorer
from models.methods.base import Head, Method
from models.probability import RouteSigmoid
from models.temperature import ClassTemperature, class_temperature
from models.types import F32
from training import device_ranking
from training.protocol import OURS, Protocol
from training.splits import Split

GRIDS = {"fixed": FIXED_GRID, "fine": FINE_GRID}
"""By the name that a protocol has for them."""
NUMBERS = 2**23
"""Of features that are embedded at once: 8,192 rows of 1,024; fewer of features over time."""


@dataclass(frozen=True, slots=True)
class Validation:
    """Generalised zero-shot accuracies by channel; of a method that cannot classify, mAP by route (by sample).

    `merit` is what epochs are chosen by, in [0, 1]: with all the modalities that the method can look at together, the
    harmonic mean, or where all clips are of seen or all of unseen classes their accuracy; else the mean mAP.
    """

    classification: dict[Channel, Stacking]
    retrieval: dict[str, float]
    merit: float

    @property
    def betas(self) -> dict[Channel, float]:
        """The chosen beta of every channel."""
        return {channel: stacking.beta for channel, stacking in self.classification.items()}


def validate(method: Method, validation: Split, protocol: Protocol = OURS) -> Validation:
    """The method's figures on validation clips. The method is put into evaluation mode."""
    found, labels = scorer(method, validation), labels_of(validation)
    if stackings := _stackings(found, validation, protocol):
        widest = next(stackings[each] for each in WIDEST_FIRST if each in stackings)
        return Validation(stackings, {}, _merit(widest, labels))
    precisions = {
        name: precision(found, name, labels, leave_one_out=protocol.leave_one_out).by_sample
        for name in retrieving(found, labels)
        if crosses(name)
    }
    return Validation({}, precisions, sum(precisions.values()) / len(precisions))


def served_betas(method: Method, validation: Split, protocol: Protocol = OURS) -> dict[Channel, float]:
    """The betas that suit the scores of the method's bundle, which has routes but no fusions."""
    found = _stackings(scorer(method, validation, fusions={}), validation, protocol)
    return {channel: stacking.beta for channel, stacking in found.items()}


def served_probabilities(method: Method, validation: Split, *, fitted_on: str) -> dict[str, RouteSigmoid]:
    """What makes probabilities of the scores of the routes that the method's bundle searches clips by."""
    found, labels = scorer(method, validation, fusions={}), labels_of(validation)
    asked = {name: retrieval(found, name, labels, leave_one_out=True) for name in _to_clips(found, labels)}
    fitted = {name: likelihood(each, OFF, fitted_on=fitted_on) for name, each in asked.items()}
    return {name: each.route for name, each in fitted.items() if each is not None}


def served_temperatures(
    method: Method, validation: Split, betas: Mapping[Channel, float], *, fitted_on: str
) -> dict[Channel, ClassTemperature]:
    """What makes probabilities of the classes that the method's bundle gives clips, its betas taken off."""
    found, labels = scorer(method, validation, fusions={}), labels_of(validation)
    stacked = {
        each: stack(found.scores(f"{each}->text"), labels.seen, betas[each]) for each in classifying(found, labels)
    }
    fitted = {channel: class_temperature(each, labels.clips, fitted_on=fitted_on) for channel, each in stacked.items()}
    return {channel: each for channel, each in fitted.items() if each is not None}


def served_curves(
    method: Method, validation: Split, betas: Mapping[Channel, float], *, measured_on: str
) -> dict[Channel, StackingCurve]:
    """What other betas than the chosen ones give, by channel; none where validation has one side only."""
    found, labels = scorer(method, validation, fusions={}), labels_of(validation)
    curves = {
        channel: stacking_curve(
            found.scores(f"{channel}->text"), labels.clips, labels.seen, chosen=betas[channel], measured_on=measured_on
        )
        for channel in classifying(found, labels)
    }
    return {channel: each for channel, each in curves.items() if each is not None}


def scorer(method: Method, split: Split, *, fusions: Mapping[str, Fusion] | None = None) -> Scorer:
    """The scores of a method on a split, by route; with the method's own fusions, or those given.

    The method is put into evaluation mode.
    """
    heads = method.eval().heads()
    chosen = method.fusions() if fusions is None else fusions
    return Scorer(lambda head: embed(heads[head], split, method.device), method.routes(), chosen, rank=_ranker(method))


def labels_of(split: Split) -> Labels:
    """The classes of a split's clips and texts."""
    label = split.features.label
    return Labels(clips=label, seen=split.classes.seen, texts=None if split.features.text is None else label)


def class_scores(method: Method, split: Split, channel: Channel) -> F32:
    """The score of every clip for every class: [n, c]. The method is put into evaluation mode."""
    return scorer(method, split).scores(f"{channel}->text")


@torch.inference_mode()
def embed(head: Head, split: Split, device: torch.device) -> F32:
    """What a head makes of a split's clips [n, dim] or, if it reads text, of its texts, else its classes [c, dim].

    Raises TrainingDiverged where that is not finite: weights can overflow in a step whose loss still was a number.
    """
    text = split.classes.text if split.features.text is None else split.features.text
    features = {"audio": split.features.audio, "video": split.features.video, "text": text}
    given = [features[each] for each in head.inputs]
    step = max(NUMBERS // sum(rows.shape[1] for rows in given), 1)
    parts = [
        head.module(*(torch.from_numpy(rows[start : start + step]).to(device) for rows in given)).cpu().numpy()
        for start in range(0, len(given[0]), step)
    ]
    embedded = np.concatenate(parts).astype(np.float32, copy=False)
    if not np.isfinite(embedded).all():
        raise TrainingDiverged(f"the embeddings of {' and '.join(head.inputs)} are no longer finite; try a lower rate")
    return embedded


def _ranker(method: Method) -> Ranker:
    """What ranks where the method is."""
    return by_label if method.device.type == "cpu" else partial(device_ranking.by_label, device=method.device)


def _to_clips(found: Scorer, labels: Labels) -> list[str]:
    return [name for name in retrieving(found, labels) if not name.endswith("->text")]


def _merit(widest: Stacking, labels: Labels) -> float:
    seen = labels.seen[labels.clips]
    if seen.all():
        return widest.seen_accuracy
    return widest.harmonic_mean if seen.any() else widest.unseen_accuracy


def _stackings(found: Scorer, validation: Split, protocol: Protocol) -> dict[Channel, Stacking]:
    return {
        channel: _stacking(found, f"{channel}->text", validation, protocol)
        for channel in classifying(found, labels_of(validation))
    }


def _stacking(found: Scorer, route: str, validation: Split, protocol: Protocol) -> Stacking:
    scored, seen = found.scores(route), validation.classes.seen
    # The fixed betas are of L2 distances: probabilities and inner products have scales of their own.
    fixed = GRIDS.get(protocol.betas) if found.scores_distances(route) else None
    grid = beta_grid(scored, seen) if fixed is None else fixed
    return choose_beta(scored, validation.features.label, seen, grid, equals=protocol.equal_betas)

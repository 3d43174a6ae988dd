"""A trial's figures as they are written down: percent, one row a method and seed."""

from collections.abc import Mapping, Sequence
from math import isnan
from typing import Any

from models.bundle.manifest import Channel, Frozen
from models.evaluation.evaluating import CHANNELS, Evaluation, Precision, crosses
from models.evaluation.gzsl import Accuracies
from models.evaluation.metrics import mean_known
from training.comparison.trial import Trial
from training.progress import Fitted
from training.recipe import Recipe


class Classified(Frozen):
    """Mean class accuracies in percent; the keys are the field's names of them."""

    S: float | None
    U: float | None
    HM: float | None
    ZSL: float | None
    beta: float


class Retrieved(Frozen):
    """Mean average precision in percent: averaged by class, seen and unseen, and over all queries."""

    S: float | None
    U: float | None
    HM: float | None
    by_sample: float | None
    by_class: float | None
    chance_S: float | None
    chance_U: float | None


class Row(Frozen):
    """A method with a seed on a data set. S, U, HM, ZSL and beta are those of `channel`, the widest there is.

    `samples_per_s` is the speed of training without validation, None for a closed form; `recipe` what was trained,
    with the options that were chosen.
    """

    dataset: str
    method: str
    seed: int
    protocol: str
    channel: Channel | None
    S: float | None
    U: float | None
    HM: float | None
    ZSL: float | None
    beta: float | None
    samples_per_s: float | None
    epoch: int
    parameters: int
    classification: dict[Channel, Classified]
    retrieval: dict[str, Retrieved]
    by_class: dict[str, dict[str, float | None]]
    choices: dict[str, Any]
    recipe: Recipe


def row(trial: Trial, *, dataset: str, method: str, classes: Sequence[str], choices: Mapping[str, object]) -> Row:
    """The row of a trial of the recipe `method`; `choices` says what of the data set was read."""
    evaluation = trial.evaluation
    classification = {
        channel: _classified(each, trial.betas[channel]) for channel, each in evaluation.classification.items()
    }
    channel = next((each for each in reversed(CHANNELS) if each in classification), None)
    widest = None if channel is None else classification[channel]
    return Row(
        dataset=dataset,
        method=method,
        seed=trial.chosen.recipe.seed,
        protocol=trial.chosen.protocol.name,
        channel=channel,
        **({"S": None, "U": None, "HM": None, "ZSL": None, "beta": None} if widest is None else widest.model_dump()),
        samples_per_s=_speed(trial.chosen),
        epoch=trial.chosen.best.epoch,
        parameters=sum(each.numel() for each in trial.tested.method.parameters()),
        classification=classification,
        retrieval={name: _retrieved(each) for name, each in evaluation.retrieval.items()},
        by_class=_by_class(evaluation, channel, classes),
        choices=trial.chosen.protocol.model_dump() | dict(choices),
        recipe=trial.chosen.recipe,
    )


def _speed(fitted: Fitted) -> float | None:
    """Samples a second over all steps of all phases."""
    recipe = fitted.recipe
    if not recipe.learns_by_steps:
        return None
    samples = [recipe.batch * recipe.phase_steps.get(each.phase, recipe.steps_per_epoch) for each in fitted.history]
    seconds = sum(count / each.samples_per_s for count, each in zip(samples, fitted.history, strict=True))
    return round(sum(samples) / seconds, 1)


def _classified(found: Accuracies, beta: float) -> Classified:
    each = found.stacked
    return Classified(
        S=percent(each.seen),
        U=percent(each.unseen),
        HM=percent(each.harmonic),
        ZSL=percent(found.zsl),
        beta=round(beta, 6),
    )


def _retrieved(found: Precision) -> Retrieved:
    return Retrieved(
        S=percent(found.found.seen),
        U=percent(found.found.unseen),
        HM=percent(found.found.harmonic),
        by_sample=percent(found.by_sample),
        by_class=percent(mean_known(found.by_class)),
        chance_S=percent(found.chance.seen),
        chance_U=percent(found.chance.unseen),
    )


def _by_class(
    evaluation: Evaluation, channel: Channel | None, classes: Sequence[str]
) -> dict[str, dict[str, float | None]]:
    """Every class's accuracy by the widest channel, and its average precision by every route between modalities."""
    found = {} if channel is None else {"accuracy": evaluation.classification[channel].by_class}
    for name, each in evaluation.retrieval.items():
        if crosses(name):
            found[f"average precision {name}"] = each.by_class
    return {name: dict(zip(classes, map(percent, values), strict=True)) for name, values in found.items()}


def percent(value: float) -> float | None:
    """A share in [0, 1] as percent, to two places; None for NaN, as of a side without classes."""
    return None if isnan(value) else round(100 * float(value), 2)

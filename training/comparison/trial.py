"""One method on one data set by one protocol: chosen on validation, tested once."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from statistics import mean

from models.bundle.manifest import Channel
from models.evaluation.evaluating import Evaluation, evaluate
from training.fit import fit
from training.progress import Fitted, Progress
from training.protocol import Protocol
from training.recipe import Recipe
from training.splits import Dataset
from training.validation import labels_of, scorer


@dataclass(frozen=True, slots=True)
class Trial:
    """What was chosen on validation, what was tested, and the test's figures."""

    chosen: Fitted
    tested: Fitted
    betas: dict[Channel, float]
    evaluation: Evaluation


def attempt(
    dataset: Dataset,
    recipe: Recipe,
    *,
    protocol: Protocol,
    report: Callable[[Progress], None],
    checkpoints: Path | None = None,
    device: str = "cpu",
    threads: int = 1,
) -> Trial:
    """Train, choose, train again where the data set has a second stage, and test.

    The second stage starts from the same seed, on training and validation clips, for as many epochs as were best
    in the first; betas are those of the first.

    Source: the two-stage protocol of the AVCA paper (arXiv 2203.03598), section 4.

    Args:
        checkpoints: a folder for the state of both stages, from which an interrupted trial goes on.
    """
    chosen = fit(
        recipe,
        dataset.training,
        validation=dataset.validation,
        report=report,
        protocol=protocol,
        checkpoint=_checkpoint(checkpoints, 1),
        device=device,
        threads=threads,
    )
    tested = chosen
    if dataset.retraining is not None:
        tested = fit(
            chosen.recipe,
            dataset.retraining,
            validation=dataset.validation,
            report=report,
            protocol=protocol,
            last_epoch=chosen.best.epoch,
            checkpoint=_checkpoint(checkpoints, 2),
            device=device,
            threads=threads,
        )
    betas = chosen_betas(chosen.betas, protocol)
    return Trial(chosen, tested, betas, measured(tested, dataset, betas))


def measured(fitted: Fitted, dataset: Dataset, betas: dict[Channel, float]) -> Evaluation:
    """A fitted method's figures on the test clips."""
    found = scorer(fitted.method, dataset.test)
    return evaluate(found, labels_of(dataset.test), betas, leave_one_out=fitted.protocol.leave_one_out)


def chosen_betas(betas: dict[Channel, float], protocol: Protocol) -> dict[Channel, float]:
    """The betas to test with: each channel's own, or the mean of all."""
    if protocol.tested_beta == "own" or not betas:
        return betas
    return dict.fromkeys(betas, mean(betas.values()))


def _checkpoint(folder: Path | None, stage: int) -> Path | None:
    return None if folder is None else folder / f"stage-{stage}.pt"

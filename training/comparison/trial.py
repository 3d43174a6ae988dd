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
from training.splits import Dataset, TrainingSet
from training.validation import labels_of, scorer

Report = Callable[[Progress], None]


@dataclass(frozen=True, slots=True)
class Trial:
    """What was chosen on validation, what was tested, and the test's figures."""

    chosen: Fitted
    tested: Fitted
    betas: dict[Channel, float]
    evaluation: Evaluation


@dataclass(frozen=True, slots=True)
class Setting:
    """What all trials on a data set have in common.

    A trial is to choose, to train again where the data set has a second stage, and to test. The second stage starts
    from the same seed, on training and validation clips, for as many epochs as were best in the first; betas are
    those of the first.

    Source: the two-stage protocol of the AVCA paper (arXiv 2203.03598), section 4.
    """

    dataset: Dataset
    protocol: Protocol
    device: str = "cpu"
    threads: int = 1

    def choose(self, recipe: Recipe, report: Report, *, checkpoint: Path | None = None) -> Fitted:
        """Train on the training clips, with epochs, options and betas chosen on the validation clips."""
        return self._fit(recipe, self.dataset.training, report, last_epoch=None, checkpoint=checkpoint)

    def train_again(self, chosen: Fitted, report: Report, *, checkpoint: Path | None = None) -> Fitted:
        """The second stage; what was chosen, where there is none."""
        if self.dataset.retraining is None:
            return chosen
        best = chosen.best.epoch
        return self._fit(chosen.recipe, self.dataset.retraining, report, last_epoch=best, checkpoint=checkpoint)

    def test(self, chosen: Fitted, tested: Fitted) -> Trial:
        """The figures of what came out of the last stage on the test clips, with the betas of the first."""
        betas = chosen_betas(chosen.betas, self.protocol)
        found = scorer(tested.method, self.dataset.test)
        labels = labels_of(self.dataset.test)
        evaluation = evaluate(found, labels, betas, leave_one_out=self.protocol.leave_one_out)
        return Trial(chosen, tested, betas, evaluation)

    def _fit(
        self,
        recipe: Recipe,
        training: TrainingSet,
        report: Report,
        *,
        last_epoch: int | None,
        checkpoint: Path | None,
    ) -> Fitted:
        return fit(
            recipe,
            training,
            validation=self.dataset.validation,
            report=report,
            protocol=self.protocol,
            last_epoch=last_epoch,
            checkpoint=checkpoint,
            device=self.device,
            threads=self.threads,
        )


def chosen_betas(betas: dict[Channel, float], protocol: Protocol) -> dict[Channel, float]:
    """The betas to test with: each channel's own, or the mean of all."""
    if protocol.tested_beta == "own" or not betas:
        return betas
    return dict.fromkeys(betas, mean(betas.values()))

"""What a run reports while it goes on, and what comes out of it."""

from dataclasses import dataclass

from models.bundle.manifest import Channel
from models.methods.base import Method
from training.protocol import Protocol
from training.recipe import Recipe
from training.splits import TrainingSet
from training.validation import Validation


@dataclass(frozen=True, slots=True)
class Progress:
    """An epoch that is over, `epoch` of `epochs` counted from 1, or so many candidates of a closed form.

    `left` epochs or candidates of the run are still to come, those of later phases too, unless it ends early. `loss`
    is the epoch's mean, 0 for a closed form; `samples_per_s` is the speed of its steps alone, 0 likewise.
    """

    phase: str
    epoch: int
    epochs: int
    left: int
    loss: float
    learning_rate: float
    samples_per_s: float
    validation: Validation

    @property
    def merit(self) -> float:
        """What epochs are chosen by: see `Validation.merit`."""
        return self.validation.merit


@dataclass(frozen=True, slots=True)
class Fitted:
    """A trained method, in evaluation mode, with the weights of its best epoch, and how it came about.

    `recipe` has the options that were chosen. `history` has every epoch of every phase.
    """

    method: Method
    recipe: Recipe
    protocol: Protocol
    training: TrainingSet
    best: Progress
    history: tuple[Progress, ...]

    @property
    def betas(self) -> dict[Channel, float]:
        """The beta of calibrated stacking that validation chose for each channel at the best epoch."""
        return self.best.validation.betas


def better(candidate: Progress, best: Progress | None, protocol: Protocol) -> bool:
    """Whether a later epoch takes the place of the best one so far, by the protocol's rule for equals."""
    if best is None or candidate.merit > best.merit:
        return True
    if protocol.equal_epochs == "lowest_loss":
        return candidate.merit == best.merit and candidate.loss < best.loss
    # As in the papers' code: while nothing is right, every epoch overwrites.
    return candidate.merit == best.merit == 0

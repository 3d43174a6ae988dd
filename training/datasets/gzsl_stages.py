"""Which classes each stage of a benchmark is about, by the lists of its release."""

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from models.errors import TrainingDataInvalid
from training.datasets.class_lists import ClassNames, listed
from training.datasets.gzsl_layout import STAGES, Layout


@dataclass(frozen=True, slots=True)
class Stages:
    """The classes of every stage, sorted: those of stage 1, and those of stage 2."""

    train: tuple[str, ...]
    val_seen: tuple[str, ...]
    val_unseen: tuple[str, ...]
    retrain: tuple[str, ...]
    test_seen: tuple[str, ...]
    test_unseen: tuple[str, ...]

    @classmethod
    def read(cls, layout: Layout, known: ClassNames) -> "Stages":
        """From the lists of a class split.

        Raises:
            TrainingDataInvalid: lists that do not fit together: a class that is seen and not trained on, or unseen
                and trained on; the list and the class are named.
        """
        of = {stage: known.spelt(listed(layout.classes(stage)), source=layout.classes(stage)) for stage in STAGES}
        stages = cls(
            train=of["stage_1_train"],
            val_seen=of["stage_1_val_seen"],
            val_unseen=of["stage_1_val_unseen"],
            retrain=of["stage_2_train"],
            test_seen=of["stage_2_test_seen"],
            test_unseen=of["stage_2_test_unseen"],
        )
        stages._check(layout)
        return stages

    def _check(self, layout: Layout) -> None:
        _refuse({*self.val_seen} - {*self.train}, layout.classes("stage_1_val_seen"), "is not trained on")
        _refuse({*self.val_unseen} & {*self.train}, layout.classes("stage_1_val_unseen"), "is trained on")
        retrain = {*self.train, *self.val_unseen}
        _refuse({*self.retrain} - retrain, layout.classes("stage_2_train"), "is in no list of stage 1")
        _refuse(retrain - {*self.retrain}, layout.classes("stage_2_train"), "is in stage 1, and not in this list")
        _refuse({*self.test_seen} - retrain, layout.classes("stage_2_test_seen"), "is not trained on")
        _refuse({*self.test_unseen} & retrain, layout.classes("stage_2_test_unseen"), "is trained on")


def _refuse(odd: Collection[str], path: Path, why: str) -> None:
    if odd:
        raise TrainingDataInvalid(f"{path}: the class {min(odd)!r} {why}")

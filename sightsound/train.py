"""A method trained on one's own clips, as a bundle beside the backbones that its features came from."""

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path

import numpy as np
from rich.console import Console

from models.bundle.manifest import Manifest
from models.cores import cores
from models.errors import SightsoundError, TrainingDataInvalid
from models.features.extract import ClipFeatures, Extractor
from models.features.running import Running
from models.media.cage import Cage
from models.media.limits import Limits
from sightsound import outputs
from sightsound.chosen_encoders import SENSES, Asked, Encoders, open_encoders
from sightsound.progress import Step, Steps
from training import experiment, parallel
from training.datasets import own_clips
from training.device import device as found_device
from training.experiment import LabelledClip
from training.fit import fit
from training.progress import Fitted, Progress
from training.recipe import Precision, Recipe, find
from training.splits import ClassTable, FeatureSet, Split, TrainingSet


def train(
    recipe: str,
    *,
    clips: Path,
    data: Path,
    name: str | None,
    seed: int | None,
    precision: Precision | None,
    checkpoint: Path | None,
    device: str,
    asked: Asked,
    console: Console,
) -> Manifest | None:
    """Train a recipe, by its name or file, on the clips of a csv; the bundle is written under `data`.

    Features are those of the encoders that are asked for, or the only ones there are.

    Clips that cannot be decoded or lack a sense are left out and named. Of several processes that torchrun started
    the first computes features, reports and writes; what the others return is None.

    Raises:
        DataMissing: the recipe, the csv, its clips or the encoders are not there.
        QueryInvalid, SettingsInvalid: the bundle's name, the device or the checkpoint's place cannot be.
        Conflict: there is a bundle of that name.
        TrainingDataInvalid: the csv, or what is left of its clips, cannot be trained on.
        RecipeInvalid, TrainingDiverged: as `training.fit.fit`.
    """
    changes = {"seed": seed, "precision": precision}
    chosen = find(recipe).changed({key: value for key, value in changes.items() if value is not None})
    folder = outputs.new_bundle(data, name or chosen.method)
    found_device(device)
    if checkpoint is not None:
        outputs.check_file(checkpoint, option="--checkpoint")
    listed = own_clips.read(clips)
    running = Running("cpu" if device == "cpu" else "gpu")
    encoders = open_encoders(data / "backbones", asked, device=running.device)
    with parallel.joined(device), Steps(outputs.of_first(console)) as steps:
        splits = parallel.of_first(lambda: _splits(listed, encoders, running=running, steps=steps))
        fitted = _fitted(chosen, splits, checkpoint=checkpoint, device=device, steps=steps)
        if parallel.rank() > 0:
            return None
        with steps.step("Writing the bundle", 1):
            return experiment.export_method(
                fitted,
                folder=folder,
                validation=splits["val"],
                test=splits.get("test"),
                encoders=encoders.cards,
                trained_on=f"{len(fitted.training.features)} windows of the clips in {clips.name}",
            )


def _fitted(
    recipe: Recipe, splits: Mapping[str, Split], *, checkpoint: Path | None, device: str, steps: Steps
) -> Fitted:
    training = TrainingSet(splits["train"].features, splits["train"].classes)
    with steps.step(f"Training {recipe.method}") as step:
        return fit(
            recipe,
            training,
            validation=splits["val"],
            report=partial(_epoch, step),
            checkpoint=checkpoint,
            device=device,
            threads=cores(),
        )


def _splits(listed: Sequence[LabelledClip], encoders: Encoders, *, running: Running, steps: Steps) -> dict[str, Split]:
    """The features of the clips' windows and the classes, by split; seen are those with windows to train on."""
    names, _ = own_clips.sides(listed)
    rows = _rows_by_split(listed, names, encoders, running=running, steps=steps)
    if empty := [split for split, each in rows.items() if not each and split != "test"]:
        raise TrainingDataInvalid(f"no clip for {' or '.join(empty)} could be used")
    features = {split: experiment.joined(each) for split, each in rows.items() if each}
    seen = np.isin(np.arange(len(names)), features["train"].label)
    classes = ClassTable(names, encoders.text.encode(names), seen)
    return {split: Split(each, classes) for split, each in features.items()}


def _rows_by_split(
    listed: Sequence[LabelledClip], names: Sequence[str], encoders: Encoders, *, running: Running, steps: Steps
) -> dict[str, list[FeatureSet]]:
    rows: dict[str, list[FeatureSet]] = {"train": [], "val": [], "test": []}
    with Cage(Limits(), workers=cores()) as cage, steps.step("Computing features", len(listed)) as step:
        extractor = Extractor(encoders.backbones, cage, threads=running.calls)
        for clip, found in zip(listed, extractor.extract_all(clip.path for clip in listed), strict=True):
            step.advance()
            try:
                rows[clip.split].extend(_rows(found, names.index(clip.label)))
            except SightsoundError as error:
                steps.say(f"left out {clip.path}: {error}")
    return rows


def _rows(found: ClipFeatures | SightsoundError, label: int) -> list[FeatureSet]:
    """A row for every window that has both senses; raises what was wrong where there is none."""
    if isinstance(found, SightsoundError):
        raise found
    whole = [each.features for each in found.windows if each.features.keys() == set(SENSES)]
    if not whole:
        raise TrainingDataInvalid("no window has both sound and pictures")
    return [
        FeatureSet(experiment.stored(each["audio"]), experiment.stored(each["video"]), np.array([label]))
        for each in whole
    ]


def _epoch(step: Step, at: Progress) -> None:
    step.advance(f"{at.phase} {at.epoch}/{at.epochs}, validation {at.merit:.1%}", left=at.left)

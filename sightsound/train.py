"""A method trained on one's own clips, as a bundle beside the backbones that its features came from."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TypeVar

import numpy as np
from rich.console import Console

from models.bundle.manifest import Manifest
from models.errors import DataMissing, QueryInvalid, SightsoundError, TrainingDataInvalid
from models.features.backbone import Backbone
from models.features.card import EncoderCard
from models.features.extract import ClipFeatures, Extractor
from models.features.text import TextEncoder
from models.media.cage import Cage
from models.media.limits import Limits
from models.types import Modality, Sense
from sightsound.demo_making import cores
from sightsound.progress import Step, Steps
from training import experiment, parallel
from training.datasets import own_clips
from training.experiment import LabelledClip
from training.progress import Progress
from training.recipe import FOLDER, Recipe, named, names, read
from training.splits import ClassTable, FeatureSet

T = TypeVar("T")
SENSES: tuple[Sense, ...] = ("audio", "video")


@dataclass(frozen=True, slots=True)
class Encoders:
    """What turns clips and words into features."""

    backbones: Mapping[Sense, Backbone]
    text: TextEncoder

    @property
    def cards(self) -> dict[Modality, EncoderCard]:
        """What a bundle says of them."""
        cards: dict[Modality, EncoderCard] = {"text": self.text.card}
        return cards | {sense: backbone.card for sense, backbone in self.backbones.items()}


def train(
    recipe: str,
    *,
    clips: Path,
    data: Path,
    name: str | None,
    seed: int | None,
    checkpoint: Path | None,
    device: str,
    console: Console,
) -> Manifest:
    """Train a recipe, by its name or file, on the clips of a csv; the bundle is written under `data`.

    Clips that cannot be decoded or lack a sense are left out and named.

    Raises:
        DataMissing: the csv, its clips or the encoders are not there.
        TrainingDataInvalid: the csv, or what is left of its clips, cannot be trained on.
        RecipeInvalid, TrainingDiverged, Conflict: as `training.fit.fit`.
    """
    chosen = _recipe(recipe)
    chosen = chosen if seed is None else chosen.model_copy(update={"seed": seed})
    listed = own_clips.read(clips)
    encoders = open_encoders(data / "backbones")
    with parallel.joined(), Steps(console) as steps:
        features = _features(listed, encoders, steps=steps, console=console)
        with steps.step(f"Training {chosen.method}", chosen.epochs) as step:
            return experiment.train_method(
                chosen,
                folder=data / "bundles" / (name or chosen.method),
                training=features["train"],
                validation=features["val"],
                classes=_classes(listed, encoders.text),
                encoders=encoders.cards,
                trained_on=f"{len(features['train'])} windows of the clips in {clips.name}",
                report=partial(_epoch, step),
                checkpoint=checkpoint,
                device=device,
                threads=cores(),
            )


def open_encoders(folder: Path) -> Encoders:
    """The one backbone of each sense and the one text encoder of a folder; raises DataMissing, QueryInvalid."""
    backbones = [Backbone.open(each.parent) for each in sorted(folder.glob("*/backbone.json"))]
    texts = sorted(each.parent for each in folder.glob("*/text_encoder.json"))
    found: dict[Sense, Backbone] = {}
    for sense in SENSES:
        found[sense] = _only([each for each in backbones if each.card.sense == sense], f"{sense} backbone", folder)
    return Encoders(found, TextEncoder.open(_only(texts, "text encoder", folder)))


def _only(found: Sequence[T], what: str, folder: Path) -> T:
    if not found:
        raise DataMissing(f"there is no {what} in {folder}; `sightsound demo` makes a data folder with all three")
    if len(found) > 1:
        raise QueryInvalid(f"there are {len(found)} {what}s in {folder}; expected one")
    return found[0]


def _recipe(text: str) -> Recipe:
    """By file, else by name."""
    path = Path(text)
    if path.suffix == ".toml" or path.is_file():
        return read(path)
    if text not in names():
        raise DataMissing(f"{text!r} is neither a recipe file nor one of those in {FOLDER}: {', '.join(names())}")
    return named(text)


def _classes(listed: Sequence[LabelledClip], text: TextEncoder) -> ClassTable:
    classes, seen = own_clips.sides(listed)
    return ClassTable(classes, text.encode(classes), seen)


def _features(
    listed: Sequence[LabelledClip], encoders: Encoders, *, steps: Steps, console: Console
) -> dict[str, FeatureSet]:
    """The features of the clips' windows by split."""
    classes, _ = own_clips.sides(listed)
    rows: dict[str, list[FeatureSet]] = {"train": [], "val": [], "test": []}
    with Cage(Limits(), workers=cores()) as cage, steps.step("Computing features", len(listed)) as step:
        extractor = Extractor(encoders.backbones, cage)
        for clip, found in zip(listed, extractor.extract_all(clip.path for clip in listed), strict=True):
            step.advance()
            try:
                rows[clip.split].extend(_rows(found, classes.index(clip.label)))
            except SightsoundError as error:
                console.print(f"left out {clip.path}: {error}", highlight=False)
    if empty := [split for split, each in rows.items() if not each and split != "test"]:
        raise TrainingDataInvalid(f"no clip for {' or '.join(empty)} could be used")
    return {split: experiment.joined(each) for split, each in rows.items() if each}


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
    step.advance(f"{at.phase}, validation {at.merit:.1%}")

"""From labelled clips to bundles: backbones trained on the seen classes, features, methods, export."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import isnan
from pathlib import Path
from typing import Literal

import numpy as np
from torch import nn

from models.bundle.manifest import Channel, EncoderRef, Manifest
from models.errors import SenseMissing, SightsoundError
from models.evaluation.evaluating import classifying, crosses, precision, retrieving
from models.evaluation.gzsl import accuracies
from models.features.backbone import Backbone
from models.features.card import EncoderCard
from models.features.rows import Rows
from models.media.cage import Cage
from models.media.media import FrameSpec, Media, SoundSpec
from models.methods.base import Method
from models.types import F32, Modality, Sense
from training.backbones import audio_cnn, video_cnn
from training.backbones.export import export_backbone
from training.backbones.fit import Schedule, fit_backbone, word_table
from training.backbones.segments import Clip, Segments, Vary, vary_pictures, vary_sound
from training.export import EncoderRefs, Measured, export
from training.fit import fit
from training.progress import Fitted, Progress
from training.recipe import Recipe
from training.splits import ClassTable, FeatureSet, Split, TrainingSet
from training.validation import (
    labels_of,
    scorer,
    served_betas,
    served_curves,
    served_probabilities,
    served_temperatures,
)

WIDTH = 128
"""Of the trained backbones' features."""

SEGMENT_S = 2.0
"""How much of a clip a backbone is shown at a time while it is trained."""


@dataclass(frozen=True, slots=True)
class LabelledClip:
    """A clip on disk, its class, and whether it is for training, validation or test."""

    path: Path
    label: str
    split: Literal["train", "val", "test"]


@dataclass(frozen=True, slots=True)
class Plan:
    """How the backbone of one sense is made."""

    network: Callable[[], nn.Module]
    takes: SoundSpec | FrameSpec
    vary: Vary
    schedule: Schedule


PLANS: dict[Sense, Plan] = {
    "audio": Plan(lambda: audio_cnn.AudioCNN(WIDTH), audio_cnn.TAKES, vary_sound, Schedule(epochs=12)),
    "video": Plan(lambda: video_cnn.VideoCNN(WIDTH), video_cnn.TAKES, vary_pictures, Schedule(epochs=12)),
}


def decode(clips: Sequence[LabelledClip], cage: Cage) -> Iterator[Media]:
    """Each clip as the backbones take it; raises what is wrong with the first that cannot be decoded."""
    paths = [clip.path for clip in clips]
    for media in cage.decode_all(paths, sound=audio_cnn.TAKES, pictures=video_cnn.TAKES):
        if isinstance(media, SightsoundError):
            raise media
        yield media


def train_backbone(
    sense: Sense,
    media: Sequence[Media],
    labels: Sequence[str],
    *,
    plan: Plan,
    folder: Path,
    seed: int,
    report: Callable[[int, float], None],
    threads: int,
) -> Backbone:
    """Train and write the backbone `demo-<sense>@1` under a folder of backbones, from clips of seen classes.

    Raises:
        SenseMissing: a clip lacks the sense.
    """
    segments = Segments(_content(sense, media), word_table(list(labels)), round(SEGMENT_S * plan.takes.rate), plan.vary)
    network = fit_backbone(
        plan.network, segments, plan.schedule, width=WIDTH, seed=seed, report=report, threads=threads
    )
    card = export_backbone(
        network,
        folder / f"demo-{sense}@1",
        name=f"demo-{sense}",
        takes=plan.takes,
        width=WIDTH,
        source=f"trained on {len(media)} clips of {len(set(labels))} classes, seed {seed}",
        rows=Rows("window"),
    )
    return Backbone.open(folder / card.ref)


def feature_set(
    media: Sequence[Media], labels: Sequence[str], backbones: Mapping[Sense, Backbone], classes: Sequence[str]
) -> Iterator[FeatureSet]:
    """The features of clips one by one, as a set of one row each, to be joined by `joined`."""
    for each, label in zip(media, labels, strict=True):
        yield FeatureSet(
            audio=stored(backbones["audio"].feature(each)),
            video=stored(backbones["video"].feature(each)),
            label=np.array([classes.index(label)]),
        )


def joined(rows: Sequence[FeatureSet]) -> FeatureSet:
    """Several sets as one."""
    return FeatureSet(
        audio=np.concatenate([row.audio for row in rows]),
        video=np.concatenate([row.video for row in rows]),
        label=np.concatenate([row.label for row in rows]),
    )


def train_method(
    recipe: Recipe,
    *,
    folder: Path,
    training: FeatureSet,
    validation: FeatureSet,
    classes: ClassTable,
    encoders: Mapping[Modality, EncoderCard],
    trained_on: str,
    report: Callable[[Progress], None],
    threads: int,
) -> Manifest:
    """Train a method by its recipe and export it as the bundle `folder`, which gives it its name."""
    held_out = Split(validation, classes)
    fitted = fit(recipe, TrainingSet(training, classes), validation=held_out, report=report, threads=threads)
    return export_method(
        fitted, folder=folder, validation=held_out, test=None, encoders=encoders, trained_on=trained_on
    )


def export_method(
    fitted: Fitted,
    *,
    folder: Path,
    validation: Split,
    test: Split | None,
    encoders: Mapping[Modality, EncoderCard],
    trained_on: str,
) -> Manifest:
    """Export a trained method as the bundle `folder`, with the betas and the figures of the routes that it serves."""
    return export(
        fitted,
        folder=folder,
        name=folder.name,
        encoders=EncoderRefs(**{modality: EncoderRef.of(card) for modality, card in encoders.items()}),
        classes=validation.classes,
        measured=_measured(fitted.method, validation, test, held_out=_validation(validation, trained_on)),
        trained_on=trained_on,
    )


def _measured(method: Method, validation: Split, test: Split | None, *, held_out: str) -> Measured:
    """By what the bundle serves; `held_out` says what the validation clips are."""
    betas = served_betas(method, validation)
    figures = served_figures(method, validation, betas, of="validation")
    if test is not None:
        figures |= served_figures(method, test, betas, of="test")
    return Measured(
        betas,
        figures,
        probabilities=served_probabilities(method, validation, fitted_on=held_out),
        temperatures=served_temperatures(method, validation, betas, fitted_on=held_out),
        curves=served_curves(method, validation, betas, measured_on=held_out),
    )


def _validation(validation: Split, trained_on: str) -> str:
    clips, classes = len(validation.features.label), len(np.unique(validation.features.label))
    return f"{clips} validation clips of {classes} classes, of {trained_on}"


def served_figures(method: Method, split: Split, betas: Mapping[Channel, float], *, of: str) -> dict[str, float]:
    """How well a method does on clips by what its bundle serves: accuracies, or mAP where it cannot classify.

    A side without clips has no figures. `of` begins the names.
    """
    found, labels = scorer(method, split, fusions={}), labels_of(split)
    if channels := classifying(found, labels):
        scored, beta = found.scores(f"{channels[-1]}->text"), betas[channels[-1]]
        stacked = accuracies(scored, labels.clips, labels.seen, beta).stacked
        figures = {
            "seen accuracy": stacked.seen,
            "unseen accuracy": stacked.unseen,
            "harmonic mean": stacked.harmonic,
        }
    else:
        routes = [name for name in retrieving(found, labels) if crosses(name)]
        figures = {f"mAP {name}": precision(found, name, labels, leave_one_out=True).by_sample for name in routes}
    return {f"{of} {name}": value for name, value in figures.items() if not isnan(value)}


def _content(sense: Sense, media: Sequence[Media]) -> list[Clip]:
    """One sense of every clip: none may lack it, or clips and their words would no longer go together."""
    found = [each.samples if sense == "audio" else each.frames for each in media]
    present = [each for each in found if each is not None]
    if len(present) < len(found):
        raise SenseMissing(
            f"{len(found) - len(present)} of {len(found)} training clips have no {sense}; expected all to"
        )
    return present


def stored(feature: F32) -> F32:
    """A row [1, width] with the precision that a gallery keeps, so that training and search see the same."""
    return feature.astype(np.float16).astype(np.float32)[None]

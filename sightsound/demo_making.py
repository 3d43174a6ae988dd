"""The demo's data folder as it fills: render clips, train on them, export, fill a gallery, evaluate."""

from collections.abc import Sequence
from functools import partial
from pathlib import Path

import numpy as np

from index.evaluation import evaluate
from index.galleries import Galleries
from models.bundle.classification import Classifier
from models.bundle.manifest import Manifest
from models.cores import cores
from models.errors import SightsoundError
from models.evaluation.evaluating import Evaluation
from models.features.backbone import Backbone
from models.features.card import EncoderCard
from models.features.extract import Extractor
from models.features.text import TextEncoder
from models.media.cage import Cage
from models.media.limits import Limits
from models.media.media import Media
from models.types import Modality, Sense
from sightsound.progress import Step, Steps
from training import experiment, recipe, text_encoder
from training.datasets.demo_world.vocabulary import CLASSES, SEEN
from training.datasets.demo_world.world import Listing, render_world
from training.experiment import LabelledClip
from training.progress import Progress
from training.splits import ClassTable, FeatureSet

GALLERY = "demo"
RECIPES = ("avgzslnet", "cjme")
"""In the order they are tried; the one with the best validation serves."""

Backbones = dict[Sense, Backbone]


def make(data: Path, listed: Sequence[Listing], *, seed: int, steps: Steps) -> tuple[str, dict[str, Evaluation]]:
    """Fill an empty data folder; the name of the bundle that serves, and how every bundle does on held-out clips."""
    with Cage(Limits(), workers=cores()) as cage:
        clips = render(data / "world", listed, seed=seed, steps=steps)
        text = fetch_text_encoder(data / "backbones", steps=steps)
        learned = [clip for clip in clips if clip.split != "test"]
        media = decode(learned, cage, steps=steps)
        backbones = train_backbones(learned, media, folder=data / "backbones", seed=seed, steps=steps)
        by_split = features(learned, media, backbones, steps=steps)
        encoders: dict[Modality, EncoderCard] = {"text": text.card}
        encoders |= {sense: backbone.card for sense, backbone in backbones.items()}
        classes = class_table(text)
        manifests = [
            train(
                name,
                data / "bundles",
                by_split["train"],
                by_split["val"],
                classes=classes,
                encoders=encoders,
                seed=seed,
                steps=steps,
            )
            for name in RECIPES
        ]
        best = max(manifests, key=lambda each: each.evaluation["validation harmonic mean"])
        galleries = Galleries.open(data)
        held_out = [clip for clip in clips if clip.split == "test"]
        ingest(held_out, galleries, best.name, Extractor(backbones, cage), steps=steps)
    found = {each.name: evaluated(galleries, each.name, text) for each in manifests}
    galleries.close()
    return best.name, found


def render(world: Path, listed: Sequence[Listing], *, seed: int, steps: Steps) -> list[LabelledClip]:
    """Draw and sound the world."""
    with steps.step("Rendering clips", len(listed)) as step:
        for done in render_world(world, listed, seed=seed, workers=cores()):
            step.to(done)
    return [LabelledClip(world / each.path, each.label, each.split) for each in listed]


def fetch_text_encoder(folder: Path, *, steps: Steps) -> TextEncoder:
    """The text encoder, from where its weights can be had."""
    place = folder / f"{text_encoder.NAME}@{text_encoder.VERSION}"
    with steps.step("Fetching the text encoder", 1) as step:
        text_encoder.prepare_text_encoder(place, report=lambda note: step.to(0, note))
    return TextEncoder.open(place)


def decode(clips: list[LabelledClip], cage: Cage, *, steps: Steps) -> list[Media]:
    """The clips as the backbones take them, in order."""
    media = []
    with steps.step("Decoding clips", len(clips)) as step:
        for each in experiment.decode(clips, cage):
            media.append(each)
            step.to(len(media))
    return media


def train_backbones(
    clips: list[LabelledClip], media: list[Media], *, folder: Path, seed: int, steps: Steps
) -> Backbones:
    """A backbone for sound and one for pictures, from the training clips: seen classes only."""
    chosen = [i for i, clip in enumerate(clips) if clip.split == "train"]
    backbones = {}
    for sense, plan in experiment.PLANS.items():
        with steps.step(f"Training the {sense} backbone", plan.schedule.epochs) as step:
            backbones[sense] = experiment.train_backbone(
                sense,
                [media[i] for i in chosen],
                [clips[i].label for i in chosen],
                plan=plan,
                folder=folder,
                seed=seed,
                report=partial(_epoch, step),
                threads=cores(),
            )
    return backbones


def features(
    clips: list[LabelledClip], media: list[Media], backbones: Backbones, *, steps: Steps
) -> dict[str, FeatureSet]:
    """The features of the clips, by split."""
    rows: list[FeatureSet] = []
    with steps.step("Computing features", len(clips)) as step:
        for row in experiment.feature_set(media, [clip.label for clip in clips], backbones, CLASSES):
            rows.append(row)
            step.to(len(rows))
    parts: dict[str, list[FeatureSet]] = {}
    for clip, row in zip(clips, rows, strict=True):
        parts.setdefault(clip.split, []).append(row)
    return {split: experiment.joined(each) for split, each in parts.items()}


def class_table(text: TextEncoder) -> ClassTable:
    """The world's classes."""
    return ClassTable(CLASSES, text.encode(CLASSES), np.array([name in SEEN for name in CLASSES]))


def train(
    name: str,
    folder: Path,
    training: FeatureSet,
    validation: FeatureSet,
    *,
    classes: ClassTable,
    encoders: dict[Modality, EncoderCard],
    seed: int,
    steps: Steps,
) -> Manifest:
    """A method trained by the recipe of that name, as a bundle."""
    chosen = recipe.named(name, on="demo").model_copy(update={"seed": seed})
    with steps.step(f"Training {chosen.method}", chosen.epochs) as step:
        return experiment.train_method(
            chosen,
            folder=folder / f"demo-{chosen.method}",
            training=training,
            validation=validation,
            classes=classes,
            encoders=encoders,
            trained_on=f"the demo world, seed {seed}: {len(training)} clips of {len(SEEN)} classes",
            report=partial(_validated, step),
            threads=cores(),
        )


def ingest(clips: list[LabelledClip], galleries: Galleries, bundle: str, extractor: Extractor, *, steps: Steps) -> None:
    """Fill the gallery; each file is decoded once."""
    gallery = galleries.create(GALLERY, bundle)
    with steps.step("Filling the gallery", len(clips)) as step:
        found = extractor.extract_all(clip.path for clip in clips)
        for done, (clip, features) in enumerate(zip(clips, found, strict=True), start=1):
            if isinstance(features, SightsoundError):
                raise features
            gallery.add(clip.path, name=clip.path.name, labels=[clip.label], features=features)
            step.to(done)


def evaluated(galleries: Galleries, bundle: str, text: TextEncoder) -> Evaluation:
    """How a bundle does on what the gallery holds."""
    stored = galleries.get(GALLERY).features("audio", "video")
    return evaluate(Classifier(galleries.bundle(bundle), text), stored, CLASSES)


def _epoch(step: Step, epoch: int, loss: float) -> None:
    step.to(epoch, f"loss {loss:.3f}")


def _validated(step: Step, at: Progress) -> None:
    step.to(at.epoch, f"HM {at.merit:.0%}")

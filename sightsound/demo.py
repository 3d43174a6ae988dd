"""The main job end to end: render clips, train on them, export, fill a gallery, show how well it does."""

import os
import resource
import shutil
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import numpy as np
from pydantic import BaseModel, ConfigDict, ValidationError
from rich.console import Console

from index.evaluation import Evaluation, evaluate
from index.gallery import Galleries, Gallery
from models.bundle.classification import Classifier
from models.errors import Conflict, SightsoundError
from models.features.backbone import Backbone
from models.features.card import EncoderCard
from models.features.extract import Extractor
from models.features.text import TextEncoder
from models.media.cage import Cage
from models.media.limits import Limits
from models.types import Modality, Sense
from sightsound import figures
from sightsound.figures import Figure
from sightsound.progress import Step, Steps
from training import experiment, recipe, text_encoder
from training.datasets.demo_world.vocabulary import CLASSES, SEEN
from training.datasets.demo_world.world import Listing, listings, render_world
from training.experiment import LabelledClip
from training.fit import Progress
from training.splits import ClassTable, FeatureSet

GALLERY = "demo"
RECIPES = ("demo-avgzslnet", "demo-cjme")
"""In the order they are tried; the one with the best validation serves."""

REPORT = "report.json"


class Report(BaseModel):
    """What a finished demo showed, kept in its data folder."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    seed: int
    bundle: str
    figures: list[Figure]
    seconds: dict[str, float]

    @property
    def holds(self) -> bool:
        """Whether every figure keeps its bound."""
        return all(figure.holds for figure in self.figures)


def prepare(data: Path, *, seed: int, console: Console, clips: Sequence[Listing] | None = None) -> Report:
    """The demo's data folder, made if it is not there, and its report, printed.

    Args:
        clips: what to render, all of the world by default.

    Raises:
        Conflict: the folder holds something else, or a demo of another seed.
    """
    if data.exists():
        report = _read(data, seed)
        console.print(f"The demo in {data} is ready since an earlier run.")
    else:
        with _draft(data) as draft:
            report = _make(draft, listings() if clips is None else clips, seed=seed, console=console)
    console.print(figures.table(f"What the demo shows, by the bundle {report.bundle}", report.figures))
    return report


@contextmanager
def _draft(data: Path) -> Iterator[Path]:
    """A folder beside `data` that takes its name at the end, or is deleted where making the demo fails."""
    draft = data.with_name(data.name + ".partial")
    shutil.rmtree(draft, ignore_errors=True)  # of a run that was killed
    draft.mkdir(parents=True)
    try:
        yield draft
        draft.rename(data)
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def _read(data: Path, seed: int) -> Report:
    path = data / REPORT
    if not path.is_file():
        raise Conflict(f"{data} exists and holds no finished demo; expected a folder to be made, or one with {REPORT}")
    try:
        report = Report.model_validate_json(path.read_bytes())
    except ValidationError as error:
        raise Conflict(f"{path} is not the report of a demo that this version made") from error
    if report.seed != seed:
        raise Conflict(f"{data} holds the demo of seed {report.seed}, not {seed}; choose another --data folder")
    return report


def _make(data: Path, listed: Sequence[Listing], *, seed: int, console: Console) -> Report:
    started = time.monotonic()
    with Steps(console) as steps, Cage(Limits(), workers=_cores()) as cage:
        demo = _Demo(data, seed=seed, steps=steps, cage=cage)
        clips = demo.render(listed)
        demo.text_encoder()
        demo.learn([clip for clip in clips if clip.split != "test"])
        bundle = demo.ingest([clip for clip in clips if clip.split == "test"])
    evaluations = demo.evaluations()
    console.print(figures.comparison(evaluations))
    cost = figures.of_cost(seconds=time.monotonic() - started, peak_bytes=_peak_bytes())
    found = [*figures.of_evaluation(evaluations[bundle]), *cost]
    report = Report(seed=seed, bundle=bundle, figures=found, seconds=steps.seconds)
    (data / REPORT).write_text(report.model_dump_json(indent=2))
    return report


class _Demo:
    """The data folder as it fills, step by step."""

    def __init__(self, data: Path, *, seed: int, steps: Steps, cage: Cage) -> None:
        self._data, self._seed, self._steps, self._cage = data, seed, steps, cage
        self._backbones: dict[Sense, Backbone] = {}

    def render(self, listed: Sequence[Listing]) -> list[LabelledClip]:
        """Draw and sound the world."""
        world = self._data / "world"
        with self._steps.step("Rendering clips", len(listed)) as step:
            for done in render_world(world, listed, seed=self._seed, workers=_cores()):
                step.to(done)
        return [LabelledClip(world / each.file, each.label, each.split) for each in listed]

    def text_encoder(self) -> None:
        """Fetch the text encoder, and encode the class names."""
        folder = self._data / "backbones" / f"{text_encoder.NAME}@{text_encoder.VERSION}"
        with self._steps.step("Fetching the text encoder", 1) as step:
            text_encoder.prepare_text_encoder(folder, report=lambda note: step.to(0, note))
        self._text = TextEncoder.open(folder)

    def learn(self, clips: list[LabelledClip]) -> None:
        """Train the backbones on the seen classes, then the methods on their features."""
        media = []
        with self._steps.step("Decoding clips to learn from", len(clips)) as step:
            for each in experiment.decode(clips, self._cage):
                media.append(each)
                step.to(len(media))
        training = [i for i, clip in enumerate(clips) if clip.split == "train"]
        labels = [clip.label for clip in clips]
        for sense, plan in experiment.PLANS.items():
            with self._steps.step(f"Training the {sense} backbone", plan.schedule.epochs) as step:
                self._backbones[sense] = experiment.train_backbone(
                    sense,
                    [media[i] for i in training],
                    [labels[i] for i in training],
                    plan=plan,
                    folder=self._data / "backbones",
                    seed=self._seed,
                    report=partial(_epoch, step),
                    threads=_cores(),
                )
        rows: list[FeatureSet] = []
        with self._steps.step("Computing features", len(clips)) as step:
            for row in experiment.feature_set(media, labels, self._backbones, CLASSES):
                rows.append(row)
                step.to(len(rows))
        validation = sorted(set(range(len(clips))) - set(training))
        self._train(experiment.joined([rows[i] for i in training]), experiment.joined([rows[i] for i in validation]))

    def _train(self, training: FeatureSet, validation: FeatureSet) -> None:
        seen = np.array([name in SEEN for name in CLASSES])
        classes = ClassTable(CLASSES, self._text.encode(CLASSES), seen)
        encoders: dict[Modality, EncoderCard] = {"text": self._text.card}
        encoders |= {sense: backbone.card for sense, backbone in self._backbones.items()}
        self._manifests = []
        for name in RECIPES:
            chosen = recipe.named(name).model_copy(update={"seed": self._seed})
            with self._steps.step(f"Training {chosen.method}", chosen.epochs) as step:
                manifest = experiment.train_method(
                    chosen,
                    folder=self._data / "bundles",
                    training=training,
                    validation=validation,
                    classes=classes,
                    encoders=encoders,
                    trained_on=f"the demo world, seed {self._seed}: {len(training)} clips of {len(SEEN)} classes",
                    report=partial(_validated, step),
                    threads=_cores(),
                )
            self._manifests.append(manifest)

    def ingest(self, clips: list[LabelledClip]) -> str:
        """Fill the gallery with held-out clips, under the bundle that did best on validation, which is returned."""
        best = max(self._manifests, key=lambda each: each.evaluation["validation harmonic mean"])
        self._galleries = Galleries.open(self._data)
        self._gallery: Gallery = self._galleries.create(GALLERY, best.name)
        extractor = Extractor(self._backbones, self._cage)
        with self._steps.step("Filling the gallery", len(clips)) as step:
            found = extractor.extract_all(clip.path for clip in clips)
            for done, (clip, features) in enumerate(zip(clips, found, strict=True), start=1):
                if isinstance(features, SightsoundError):
                    raise features
                self._gallery.add(clip.path, name=clip.path.name, labels=[clip.label], features=features)
                step.to(done)
        return best.name

    def evaluations(self) -> dict[str, Evaluation]:
        """Every bundle evaluated on what the gallery holds; closes the gallery."""
        stored = self._gallery.features("audio", "video")
        found = {
            each.name: evaluate(Classifier(self._galleries.bundle(each.name), self._text), stored, CLASSES)
            for each in self._manifests
        }
        self._galleries.close()
        return found


def _epoch(step: Step, epoch: int, loss: float) -> None:
    step.to(epoch, f"loss {loss:.3f}")


def _validated(step: Step, at: Progress) -> None:
    step.to(at.epoch, f"HM {at.harmonic_mean:.0%}")


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _peak_bytes() -> int:
    """The memory of this process at its largest, and as much for each worker as the largest child ever had."""
    own = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    child = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    return (own + _cores() * child) * 1024

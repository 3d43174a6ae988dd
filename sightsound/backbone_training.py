"""A backbone of sound trained on one's own clips, as CJME's was: the network of Kumar et al., by weak labels."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from rich.console import Console

from models.bundle.senses import said_lacking
from models.cores import cores
from models.errors import QueryInvalid, SightsoundError, TrainingDataInvalid
from models.features.card import NAME, BackboneCard
from models.features.extract import NO_PICTURES
from models.media.cage import Cage
from models.media.limits import Limits
from models.media.stream import Ended
from models.types import Absence, Sense
from sightsound import outputs
from sightsound.progress import Step, Steps
from training.backbones.export import OURS
from training.backbones.kumar import TAKES, export_kumar
from training.backbones.placing import building, check_free
from training.backbones.tape import Tape
from training.backbones.weak_labels import Epoch, Plan, Recordings, Trained, begun, precision, train_kumar
from training.backbones.weights import file_version, read_weights
from training.datasets import own_clips
from training.experiment import LabelledClip
from training.writing import write_whole

VERSION = "1"
NAMED = re.compile(NAME)


@dataclass(frozen=True, slots=True)
class Heard:
    """The windows of a clip that have sound: rows of a tape."""

    clip: LabelledClip
    windows: Sequence[int]


@dataclass(frozen=True, slots=True)
class Result:
    """What was written, and how well it tells held-out clips apart."""

    card: BackboneCard
    figures: Mapping[str, float]


def train_backbone(
    clips: Path,
    plan: Plan,
    *,
    data: Path,
    name: str,
    separator: str | None,
    start: Path | None,
    weights: Path | None,
    console: Console,
) -> Result:
    """Write the backbone `<name>@1` of a data folder, trained on the sound of the clips of a csv.

    Args:
        separator: what stands between several labels of one clip.
        start: a checkpoint of the same network, such as its authors', to go on from.
        weights: a file for the trained weights, as their checkpoint has them.

    Raises:
        DataMissing, TrainingDataInvalid: the csv or what is left of its clips cannot be trained on.
        QueryInvalid, Conflict, SettingsInvalid: the name or a place to write cannot be.
        BundleInvalid: the checkpoint does not hold this network.
        TrainingDiverged: the loss is no longer a number.
    """
    folder = _new_folder(data, name)
    if weights is not None:
        outputs.check_file(weights, option="--weights")
    ours = replace(plan, weights=None if start is None else read_weights(start))
    begun(ours, sounds=1)  # what does not fit is found before hours of decoding
    listed = own_clips.read(clips)
    folder.parent.mkdir(parents=True, exist_ok=True)
    with Steps(console) as steps, Tape(folder.parent) as tape:
        parts = _recordings(_heard(listed, tape, steps=steps), tape, separator=separator)
        trained = _trained(parts, ours, steps=steps)
        figures = _figures(trained, parts)
        with steps.step("Writing the backbone", 1), building(folder) as draft:
            source = f"{_source(parts['train'], clips, seed=plan.seed)}{_origin(start)}"
            card = export_kumar(trained.network, draft, version=VERSION, licence=OURS, name=name, source=source)
            if weights is not None:
                write_whole(weights, lambda file: torch.save(trained.network.state_dict(), file))
    return Result(card, figures)


def _source(training: Recordings, clips: Path, *, seed: int) -> str:
    shown, labels = training.heard.shape
    return f"Kumar et al.'s network, trained on {shown} clips of {labels} labels in {clips.name}, seed {seed}"


def _origin(start: Path | None) -> str:
    return "" if start is None else f", begun from {start.name} {file_version(start)}"


def _new_folder(data: Path, name: str) -> Path:
    if not NAMED.fullmatch(name):
        raise QueryInvalid(f"--name {name!r} is no backbone's name; expected lower case letters, digits, . _ and -")
    folder = data / "backbones" / f"{name}@{VERSION}"
    check_free(folder)
    outputs.check_folder(folder, option="--data")
    return folder


def _heard(listed: Sequence[LabelledClip], tape: Tape, *, steps: Steps) -> list[Heard]:
    """The clips that have sound, which goes onto the tape; those without are named."""
    found: list[Heard] = []
    windows: list[int] = []
    absent: list[Mapping[Sense, Absence]] = []
    with Cage(Limits(), workers=cores()) as cage, steps.step("Decoding sound", len(listed)) as step:
        for each in cage.stream([clip.path for clip in listed], sound=TAKES, pictures=NO_PICTURES):
            if not isinstance(each, Ended):
                if each.media.samples is not None:
                    windows.append(tape.add(each.media.samples))
                absent.append(each.media.absent)
                continue
            step.advance()
            clip = listed[each.file]
            if isinstance(each.outcome, SightsoundError) or not windows:
                steps.say(f"left out {clip.path}: {_problem(each, absent)}")
            else:
                found.append(Heard(clip, windows))
            windows, absent = [], []
    return found


def _problem(ended: Ended, absent: Sequence[Mapping[Sense, Absence]]) -> str:
    return str(ended.outcome) if isinstance(ended.outcome, SightsoundError) else said_lacking(["audio"], absent)


def _recordings(heard: Sequence[Heard], tape: Tape, *, separator: str | None) -> dict[str, Recordings]:
    """By split, what is trained and measured on: clips with a label that is trained on."""
    trained = [each for each in heard if each.clip.split == "train"]
    labels = sorted({label for each in trained for label in _labels(each.clip, separator)})
    if len(labels) < 2:
        raise TrainingDataInvalid(f"{len(labels)} labels have clips with sound to train on; expected at least 2")
    parts = {}
    for split in ("train", "val", "test"):
        known = [
            each for each in heard if each.clip.split == split and set(labels) & set(_labels(each.clip, separator))
        ]
        if known:
            parts[split] = _of(known, tape, labels=labels, separator=separator)
    if "val" not in parts:
        raise TrainingDataInvalid("no validation clip has sound and a label that is trained on; expected some")
    return parts


def _of(heard: Sequence[Heard], tape: Tape, *, labels: Sequence[str], separator: str | None) -> Recordings:
    stretches = tape.stretches()
    windows = [stretches[row] for each in heard for row in each.windows]
    clip = np.repeat(np.arange(len(heard)), [len(each.windows) for each in heard])
    table = [[label in _labels(each.clip, separator) for label in labels] for each in heard]
    return Recordings(windows, clip, np.array(table, np.float32))


def _labels(clip: LabelledClip, separator: str | None) -> set[str]:
    parts = [clip.label] if separator is None else clip.label.split(separator)
    return {part.strip() for part in parts} - {""}


def _trained(parts: Mapping[str, Recordings], plan: Plan, *, steps: Steps) -> Trained:
    windows = len(parts["train"].windows)
    batches = windows // min(plan.schedule.batch, windows) * plan.schedule.epochs
    with steps.step("Training", batches) as step:
        told = _Told(step, plan.schedule.epochs)
        return train_kumar(parts["train"], parts["val"], plan, report=told.epoch, stepped=told.batch)


@dataclass
class _Told:
    """What stands behind the bar while it moves."""

    step: Step
    epochs: int
    note: str = ""

    def batch(self) -> None:
        self.step.advance(self.note)

    def epoch(self, epoch: Epoch) -> None:
        self.note = f"epoch {epoch.number}/{self.epochs}, validation mAP {epoch.validation.found:.1%}"


def _figures(trained: Trained, parts: Mapping[str, Recordings]) -> dict[str, float]:
    found = {"validation": trained.epoch.validation}
    if "test" in parts:
        found["test"] = precision(trained.network, parts["test"])
    return {
        name: value
        for of, each in found.items()
        for name, value in ((f"{of} mAP", each.found), (f"{of} mAP by chance", each.chance))
    }

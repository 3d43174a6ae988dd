"""Renders the whole world into a folder, in parallel, the same for the same seed."""

import csv
import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import astuple, dataclass, fields
from multiprocessing import get_context
from pathlib import Path
from typing import Literal, get_args

import numpy as np

from models.media.encode import write_mp4
from training.datasets.demo_world import picture, sound
from training.datasets.demo_world.events import ACTIONS
from training.datasets.demo_world.vocabulary import CLASSES, SEEN, Cast

Split = Literal["train", "val", "test"]
SPLITS: tuple[Split, ...] = get_args(Split)

SEEN_CLIPS = {"train": 18, "val": 5, "test": 5}
UNSEEN_CLIPS = {"train": 0, "val": 12, "test": 12}


@dataclass(frozen=True, slots=True)
class Listing:
    """One clip of the world: its path from the list's folder, its class, its split."""

    path: str
    label: str
    split: Split


def listings() -> list[Listing]:
    """Every clip of the world, in a fixed order."""
    return [
        Listing(f"{label.replace(' ', '-')}-{split}-{take:02d}.mp4", label, split)
        for label in CLASSES
        for split in SPLITS
        for take in range((SEEN_CLIPS if label in SEEN else UNSEEN_CLIPS)[split])
    ]


def render_world(folder: Path, clips: Sequence[Listing], *, seed: int, workers: int | None = None) -> Iterator[int]:
    """Render clips and then `world.csv`; yields how many clips are done."""
    folder.mkdir(parents=True, exist_ok=True)
    tasks = [(folder / clip.path, clip.label, [seed, index]) for index, clip in enumerate(clips)]
    with ProcessPoolExecutor(workers or os.cpu_count(), mp_context=get_context("spawn")) as pool:
        for done, _ in enumerate(pool.map(_render_task, tasks, chunksize=8), start=1):
            yield done
    with (folder / "world.csv").open("w", newline="") as table:
        writer = csv.writer(table)
        writer.writerow([field.name for field in fields(Listing)])
        writer.writerows(astuple(clip) for clip in clips)


def render_clip(path: Path, *, label: str, seed: list[int]) -> None:
    """Render one clip of a class: one performance, drawn and sounded."""
    rng = np.random.default_rng(seed)
    cast = Cast.of(label)
    performance = ACTIONS[cast.action](rng, float(rng.uniform(2.0, 3.2)))
    frames = picture.draw(cast, performance, rng)
    samples = sound.synthesise(cast, performance, rng)
    write_mp4(path, frames=frames, frame_rate=picture.RATE, samples=samples, sample_rate=sound.RATE)


def _render_task(task: tuple[Path, str, list[int]]) -> None:
    path, label, seed = task
    render_clip(path, label=label, seed=seed)

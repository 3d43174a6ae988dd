"""Many clips decoded and run through two networks, against the same work with nothing else to do."""

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import ClassVar

import numpy as np

from benchmarks.contest import Contest
from benchmarks.decoding import render
from models.cores import cores
from models.features.backbone import Backbone
from models.features.card import BackboneCard
from models.features.extract import ClipFeatures, Extractor
from models.features.rows import Rows
from models.media.cage import Cage
from models.media.decoding.decode import decode
from models.media.limits import Limits
from models.media.media import FrameSpec, SoundSpec
from models.types import Sense
from tests.real_data import FOLDER

SOUND, PICTURES = SoundSpec(rate=16_000), FrameSpec(rate=1.6, size=224, shorter_side=256)
"""Sixteen frames of 10 s."""
WORKERS = 2
INGEST, ALONE = "Extractor.extract_all, {} clips", "a core's part of them: decode, then the networks"


@dataclass(frozen=True, slots=True)
class Ingest:
    """So many clips of 10 s, 640x360 at 30 frames a second, for YAMNet and MobileNetV2.

    The second way does the part of one core, on one core, one thing after another: as long as all of it takes where
    every core is busy with decoding and networks from the first moment to the last. A ratio of 1 is that; every core
    is busy for 85 % of the time at 1.18.
    """

    name: ClassVar[str] = "ingest"
    clips: int = 24
    seconds: float = 10.0
    folder: Path = FOLDER / "backbones"

    @contextmanager
    def contest(self) -> Iterator[Contest]:
        """The clip is rendered once; the cage's children are warm. Both ways give the same features."""
        ours, absent = INGEST.format(self.clips), [each for each in FILES if not (self.folder / each).exists()]
        if absent:
            yield Contest({}, [], {ours: f"there is no {' and no '.join(absent)} in {self.folder}"})
            return
        with TemporaryDirectory() as folder, Cage(Limits(), workers=WORKERS) as cage:
            clip = Path(folder) / "clip.mp4"
            render(clip, self.seconds)
            backbones = opened(self.folder)
            extractor = Extractor(backbones, cage)
            part = max(1, round(self.clips / cores()))
            _check(clip, extractor, backbones)
            yield Contest(
                {
                    ours: lambda: list(extractor.extract_all([clip] * self.clips)),
                    ALONE: lambda: _alone([clip] * part, backbones),
                },
                [(ours, ALONE)],
                shares={ALONE: min(1.0, part * cores() / self.clips)},
            )


def opened(folder: Path) -> dict[Sense, Backbone]:
    """The two networks, by one thread a call."""
    return {card.sense: _backbone(folder, card) for card in CARDS}


def _backbone(folder: Path, card: BackboneCard) -> Backbone:
    digest = sha256((folder / card.file).read_bytes()).hexdigest()
    with TemporaryDirectory() as beside:
        (Path(beside) / card.file).symlink_to((folder / card.file).absolute())
        written = card.model_copy(update={"sha256": digest})
        (Path(beside) / "backbone.json").write_text(written.model_dump_json())
        return Backbone.open(Path(beside))


def _alone(clips: Sequence[Path], backbones: Mapping[Sense, Backbone]) -> None:
    """On one core, the decoder's threads too: they run where the thread that starts them may."""
    allowed = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(allowed)})
    try:
        media = [decode(each, sound=SOUND, pictures=PICTURES, limits=Limits()) for each in clips]
        for each in media:
            for backbone in backbones.values():
                backbone.feature(each)
    finally:
        os.sched_setaffinity(0, allowed)


def _check(clip: Path, extractor: Extractor, backbones: Mapping[Sense, Backbone]) -> None:
    """Both ways give the same features; and the networks' memory is there from now on."""
    media = decode(clip, sound=SOUND, pictures=PICTURES, limits=Limits())
    (found,) = extractor.extract_all([clip])
    assert isinstance(found, ClipFeatures), found
    for sense, backbone in backbones.items():
        np.testing.assert_array_equal(found.windows[0].features[sense], backbone.feature(media))


def _card(name: str, file: str, takes: SoundSpec | FrameSpec, width: int) -> BackboneCard:
    pictures = isinstance(takes, FrameSpec)
    return BackboneCard(
        name=name,
        version="1",
        sense="video" if pictures else "audio",
        takes=takes,
        rows=Rows("frame") if pictures else Rows("stretch", length_s=0.96, step_s=0.48),
        batch="rows" if pictures else "none",
        width=width,
        file=file,
        sha256="0" * 64,
        licence="Apache-2.0",
        source="the tests' data",
    )


CARDS = (_card("yamnet", "yamnet.onnx", SOUND, 1024), _card("mobilenet-v2", "mobilenet_v2.onnx", PICTURES, 1280))
FILES = [each.file for each in CARDS]

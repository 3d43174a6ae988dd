"""A data folder whose clips are made-up bytes and features: what a gallery does needs no decoding."""

from pathlib import Path

import numpy as np

from index.clips import Clip
from index.galleries import Galleries
from index.gallery import Gallery
from index.media.base import place_of
from index.media.file import MediaFile
from index.media.store import LOCK
from models.features.extract import ClipFeatures, WindowFeatures
from models.types import F32, Absence, Modality, Sense, Window
from tests.tiny.bundles import SEEN, tiny_bundle
from tests.tiny.copies import lay

BOTH: tuple[Sense, ...] = ("audio", "video")
REASONS: tuple[Absence, ...] = ("missing", "silent", "damaged")


def library(folder: Path, catalog: str | None = None) -> Galleries:
    """A library with the bundles "tiny" and "other", over the same backbones."""
    if catalog is None:
        lay(empty, folder)
    else:
        _bundles(folder)
    return Galleries.open(folder, catalog)


def empty(folder: Path, catalog: str | None) -> None:
    """Fill a data folder with the two bundles, and a catalog of no gallery."""
    _bundles(folder)
    Galleries.open(folder, catalog).close()


def eight_clips(folder: Path, catalog: str | None) -> None:
    """Fill a data folder with the two bundles and the gallery "demo", of eight clips by the bundle "tiny"."""
    galleries = library(folder, catalog)
    gallery = galleries.create("demo", "tiny")
    for seed in range(8):
        add(gallery, folder, seed)
    galleries.close()


def twenty_clips(folder: Path, catalog: str | None) -> None:
    """Twelve more, two of them with sound or pictures alone, and two of a class that was seen in training."""
    eight_clips(folder, catalog)
    galleries = Galleries.open(folder, catalog)
    gallery = galleries.get("demo")
    for seed in range(8, 16):
        add(gallery, folder, seed)
    add(gallery, folder, 16, senses=("audio",))
    add(gallery, folder, 17, senses=("video",))
    for seed in (18, 19):
        path = folder / f"seen {seed}.mp4"
        path.write_bytes(f"seen {seed}".encode())
        gallery.add(path, name=path.name, labels=[SEEN[0].title()], features=clip_features(seed))
    galleries.close()


def _bundles(folder: Path) -> None:
    for seed, name in enumerate(("tiny", "other")):
        tiny_bundle(folder / "bundles" / name, name=name, seed=seed)


def vectors(seed: int, senses: tuple[Sense, ...] = BOTH) -> dict[Sense, F32]:
    """Features [8] that float16 holds exactly, other ones for each seed."""
    numbers = np.random.default_rng(seed)
    rows = {sense: numbers.integers(-64, 64, 8).astype(np.float32) / np.float32(32) for sense in BOTH}
    return {sense: rows[sense] for sense in senses}


def query(seed: int, *modalities: Modality) -> dict[Modality, F32]:
    """One query [8] of each of these modalities."""
    numbers = np.random.default_rng(1000 + seed)
    everything: tuple[Modality, ...] = ("audio", "video", "text")
    rows = {each: numbers.standard_normal(8, np.float32) for each in everything}
    return {each: rows[each] for each in modalities}


def clip_features(seed: int, *, senses: tuple[Sense, ...] = BOTH, windows: int = 1) -> ClipFeatures:
    """A clip of so many windows of 2 s, all of which lack the other senses for the same reason."""
    why = REASONS[seed % 3]
    absent: dict[Sense, Absence] = {sense: why for sense in BOTH if sense not in senses}
    cuts = [
        WindowFeatures(Window(2.0 * i, 2.0 * i + 2), vectors(seed + 100 * i, senses), absent) for i in range(windows)
    ]
    return ClipFeatures(2.0 * windows, tuple(cuts))


def add(gallery: Gallery, folder: Path, seed: int, *, senses: tuple[Sense, ...] = BOTH, windows: int = 1) -> Clip:
    """Put the clip of that seed into the gallery, from a file written to `folder`."""
    path = folder / f"clip {seed}.mp4"
    path.write_bytes(f"the bytes of clip {seed}".encode())
    features = clip_features(seed, senses=senses, windows=windows)
    return gallery.add(path, name=path.name, labels=[f"label {seed % 3}", "thing"], features=features)


def media_files(folder: Path) -> list[str]:
    """The names of all files under `media/`, drafts included, but for the lock."""
    return sorted(each.name for each in (folder / "media").rglob("*") if each.is_file() and each.name != LOCK)


def path_of(file: MediaFile) -> Path:
    """Where the file of a clip is, or would be, as media lie in a folder."""
    return Path(str(file))


def place(folder: Path, digest: str) -> Path:
    """Where the bytes of this sha256 are, or would be, in a data folder."""
    return folder / "media" / place_of(digest)

"""The demo world as features, made once and kept, so that all methods can be compared on it."""

from collections.abc import Sequence
from pathlib import Path

from models.cores import cores
from models.errors import Conflict
from models.media.cage import Cage
from models.media.limits import Limits
from sightsound import demo_making
from sightsound.demo import drafted
from sightsound.progress import Steps
from training.datasets import kept_features
from training.datasets.demo_world.world import Listing, listings


def prepare(folder: Path, *, seed: int, steps: Steps, listed: Sequence[Listing] | None = None) -> None:
    """Fill a folder with the world's clips, backbones trained on its seen classes, and the features of all clips.

    What is there already is not made again; what is made is there when it is whole.

    Raises:
        Conflict: the folder holds something else.
    """
    if kept_features.kept(folder):
        return
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise Conflict(
            f"{folder} holds no features of the demo's world; expected a folder to be made, or one with them"
        )
    with drafted(folder) as draft:
        _make(draft, listings() if listed is None else listed, seed=seed, steps=steps)


def _make(folder: Path, listed: Sequence[Listing], *, seed: int, steps: Steps) -> None:
    with Cage(Limits(), workers=cores()) as cage:
        clips = demo_making.render(folder / "world", listed, seed=seed, steps=steps)
        text = demo_making.fetch_text_encoder(folder / "backbones", steps=steps)
        media = demo_making.decode(clips, cage, steps=steps)
        backbones = demo_making.train_backbones(clips, media, folder=folder / "backbones", seed=seed, steps=steps)
        features = demo_making.features(clips, media, backbones, steps=steps)
    kept_features.keep(folder, features=features, classes=demo_making.class_table(text), clips=clips)

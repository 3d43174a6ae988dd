"""The benchmarks that can be run: each with its protocol, its methods, and how its data are read."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from training.datasets import audiosetzsl, gzsl_release, kept_features, pascal, temporal_release, wikipedia
from training.datasets.gzsl_layout import ClassSplit
from training.datasets.word_vectors import W2VOrder
from training.splits import Dataset, of_seen_classes


@dataclass(frozen=True, slots=True)
class Choices:
    """What of a data set is read.

    Args:
        class_split: of the GZSL sets, with the features that belong to it.
        w2v_order: how class names find their word vectors there.
        steps: how many steps in time a feature of TCAF's release holds; None reads AVCA's averaged features.
        seed: of a random split.
    """

    class_split: ClassSplit = "main"
    w2v_order: W2VOrder = "corrected"
    steps: int | None = None
    seed: int = 0


@dataclass(frozen=True, slots=True)
class Benchmark:
    """A data set with the protocol its papers use and the recipes that are compared on it by default.

    `splits_by_seed` is whether another seed also splits the data another way; `recipes_on` names the data set whose
    tables in recipes hold here too; `over_time` is whether there is a release of features over time.
    """

    protocol: str
    recipes: tuple[str, ...]
    read: Callable[[Path, Choices], Dataset]
    class_splits: tuple[ClassSplit, ...] = ("main",)
    w2v_orders: tuple[W2VOrder, ...] = ("corrected",)
    over_time: bool = False
    splits_by_seed: bool = False
    seeds: tuple[int, ...] = (42,)
    recipes_on: str | None = None


def _demo(folder: Path, choices: Choices) -> Dataset:
    return kept_features.read(folder, name="demo")


def _audiosetzsl(folder: Path, choices: Choices) -> Dataset:
    return audiosetzsl.read(folder)


def _audiosetzsl_seen(folder: Path, choices: Choices) -> Dataset:
    """Training, validation and test clips of the 23 seen classes, as DSTC has them."""
    return of_seen_classes(audiosetzsl.read(folder), name="audiosetzsl-seen")


def _gzsl(name: str) -> Callable[[Path, Choices], Dataset]:
    def read(folder: Path, choices: Choices) -> Dataset:
        if choices.steps is not None:
            return temporal_release.read(
                folder,
                name,
                audio_steps=choices.steps,
                video_steps=choices.steps,
                split=choices.class_split,
                w2v_order=choices.w2v_order,
            )
        return gzsl_release.read(folder, name, split=choices.class_split, w2v_order=choices.w2v_order)

    return read


def _wikipedia(folder: Path, choices: Choices) -> Dataset:
    return wikipedia.read(folder, split_seed=choices.seed)


def _pascal(folder: Path, choices: Choices) -> Dataset:
    return pascal.read(folder, split_seed=choices.seed, division="released")


LINEAR = ("ale", "sje", "devise", "apn")
JOINT = ("cjme", "avgzslnet", "avca", "mdir")
UNIMODAL = ("audio-only", "video-only", "concat")
PAIRS = ("cca", "dscmr", "dstc")
TEN_SPLITS = tuple(range(10))


def _of_gzsl(name: str) -> Benchmark:
    return Benchmark(
        protocol="avca@1",
        recipes=(*LINEAR, "f-vaegan-d2", "f-vaegan-d2-mended", *JOINT),
        read=_gzsl(name),
        class_splits=("main", "cls"),
        w2v_orders=("corrected", "legacy"),
        over_time=True,
    )


BENCHMARKS = {
    "audiosetzsl": Benchmark(
        protocol="cjme@1",
        recipes=(
            *("pretrained", "gcca", *UNIMODAL, "conse", "devise", "sae", "eszsl", "ale"),
            *("cjme-no-attention", "cjme", "cjme-paper"),
            *("avgzslnet", "avgzslnet-paper", "avgzslnet-attention"),
        ),
        read=_audiosetzsl,
    ),
    "audiosetzsl-seen": Benchmark(
        protocol="dstc@1", recipes=("pretrained", *PAIRS), read=_audiosetzsl_seen, recipes_on="audiosetzsl"
    ),
    "vggsound-gzsl": _of_gzsl("vggsound-gzsl"),
    "ucf-gzsl": _of_gzsl("ucf-gzsl"),
    "activitynet-gzsl": _of_gzsl("activitynet-gzsl"),
    "wikipedia": Benchmark(protocol="dstc@1", recipes=PAIRS, read=_wikipedia, splits_by_seed=True, seeds=TEN_SPLITS),
    "pascal": Benchmark(protocol="dstc@1", recipes=PAIRS, read=_pascal, splits_by_seed=True, seeds=TEN_SPLITS),
    "demo": Benchmark(
        protocol="sightsound@1",
        recipes=(
            *("pretrained", "cca", "gcca", *UNIMODAL, "conse", "eszsl", "sae", *LINEAR),
            *("f-vaegan-d2", "f-vaegan-d2-mended", "cjme-no-attention", *JOINT, "avgzslnet-attention"),
            *("tcaf", "clipclap", "dscmr", "dstc"),
        ),
        read=_demo,
        seeds=(42, 43, 44),
    ),
}
"""By name."""

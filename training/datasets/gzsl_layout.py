"""Where the files of VGGSound-, UCF- and ActivityNet-GZSL lie, in the releases of AVCA and of TCAF alike."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from models.errors import QueryInvalid
from models.types import Sense

Stage = Literal[
    "stage_1_train",
    "stage_1_val_seen",
    "stage_1_val_unseen",
    "stage_2_train",
    "stage_2_test_seen",
    "stage_2_test_unseen",
]
ClassSplit = Literal["main", "cls"]
"""`main` has SeLaVi features; `cls` C3D and VGGish features, and fewer unseen test classes."""

FEATURE_STAGES: tuple[Stage, ...] = (
    "stage_1_train",
    "stage_1_val_seen",
    "stage_1_val_unseen",
    "stage_2_test_seen",
    "stage_2_test_unseen",
)
"""Those whose features are read: stage_2_train has the samples of the three of stage 1 once more."""

STAGES: tuple[Stage, ...] = (*FEATURE_STAGES, "stage_2_train")


@dataclass(frozen=True, slots=True)
class Benchmark:
    """One of the three data sets, and what its files call it."""

    name: str
    folder: str
    written_names: str
    vectors: str


BENCHMARKS = {
    each.name: each
    for each in (
        Benchmark("vggsound-gzsl", "VGGSound", "vggsound_w2v_class_names.csv", "word_embeddings_vggsound_normed.npy"),
        Benchmark("ucf-gzsl", "UCF", "ucf_w2v_class_names.csv", "word_embeddings_ucf_normed.npy"),
        Benchmark(
            "activitynet-gzsl", "ActivityNet", "activitynet_w2v_class_names.csv", "word_embeddings_activity_normed.npy"
        ),
    )
}


def benchmark(name: str) -> Benchmark:
    """The benchmark of that name; raises QueryInvalid, naming those there are."""
    if name not in BENCHMARKS:
        raise QueryInvalid(f"there is no benchmark {name!r}; there are {', '.join(BENCHMARKS)}")
    return BENCHMARKS[name]


@dataclass(frozen=True, slots=True)
class Layout:
    """The files of one benchmark with one class split.

    Args:
        folder: the benchmark's own, such as `avgzsl_benchmark_datasets/UCF`.
        form: what the name of the features' folder ends in: `features`, or `features_non_averaged`.
    """

    folder: Path
    benchmark: Benchmark
    split: ClassSplit = "main"
    form: Literal["features", "features_non_averaged"] = "features"

    @property
    def lists(self) -> Path:
        """The folder of the lists of classes."""
        return self.folder / "class-split"

    @property
    def all_classes(self) -> Path:
        """Every class of the source, also those of no stage: ids count in this list."""
        return self.lists / "all_class.txt"

    @property
    def written_names(self) -> Path:
        """How people write the classes' names."""
        return self.lists / self.benchmark.written_names

    def classes(self, stage: Stage) -> Path:
        """The classes of a stage."""
        return self.lists / f"{self.split}_split" / f"{stage}.txt"

    def samples(self, stage: Stage) -> Path:
        """The samples of a stage as it was planned; of some there are no features."""
        return self.lists / f"{self.split}_split" / f"{stage}.csv"

    @property
    def features(self) -> Path:
        """The folder of audio, video and text features."""
        return self.folder / "features" / f"{self.split}_{self.form}"

    def class_files(self, sense: Sense, stage: Stage) -> Path:
        """The folder of a stage's features."""
        return self.features / sense / stage

    @property
    def vectors(self) -> Path:
        """The classes' word vectors."""
        return self.features / "text" / self.benchmark.vectors

    @property
    def texts(self) -> tuple[Path, ...]:
        """All files that are read besides features."""
        return (self.all_classes, self.written_names, self.vectors, *(self.classes(stage) for stage in STAGES))

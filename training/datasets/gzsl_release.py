"""VGGSound-, UCF- and ActivityNet-GZSL from the files that came with AVCA (arXiv 2203.03598)."""

from pathlib import Path

from models.types import F32
from training.datasets.averaged_features import AveragedFeatures
from training.datasets.class_lists import ClassNames, written_names
from training.datasets.feature_files import Format, count
from training.datasets.feature_folder import FeatureFolder
from training.datasets.gzsl_layout import ClassSplit, Layout, benchmark
from training.datasets.gzsl_stages import Stages
from training.datasets.release import AVCA, Release
from training.datasets.samples import candidates
from training.datasets.word_vectors import W2VOrder, assigned, read_vectors
from training.splits import Dataset, Split, TrainingSet


def read(folder: Path, name: str, *, split: ClassSplit = "main", w2v_order: W2VOrder = "corrected") -> Dataset:
    """A benchmark by its name (`ucf-gzsl` …): its two stages, each with the classes it is a question of.

    A method learns on `training` (stage 1) and is chosen on `validation`, whose candidates are the classes of
    stage 1 and the unseen validation classes; it learns once more on `retraining`, which is both together, and is
    tested with the unseen test classes as further candidates.

    Args:
        folder: the benchmark's own, with `class-split` and `features`: `avgzsl_benchmark_datasets/UCF`.
        w2v_order: which word vector a class gets, see `word_vectors.assigned`.

    Raises:
        DataMissing: files are not there.
        TrainingDataInvalid: a file is damaged or does not fit the others; it is named, and its row.
    """
    return read_laid_out(
        Layout(folder, benchmark(name), split), form=AveragedFeatures(), release=AVCA, w2v_order=w2v_order
    )


def read_laid_out(layout: Layout, *, form: Format, release: Release, w2v_order: W2VOrder) -> Dataset:
    """A benchmark whose class files are of one form or another; raises as `read`."""
    release.require((*layout.texts, layout.features), folder=layout.folder)
    known = ClassNames.read(layout.all_classes)
    stages = Stages.read(layout, known)
    vectors = class_vectors(layout, known, w2v_order)
    first = candidates(known, vectors, seen=stages.train, unseen=stages.val_unseen)
    second = candidates(known, vectors, seen=stages.retrain, unseen=stages.test_unseen)
    files = FeatureFolder(layout.features, form, known, release)
    train = files.every("stage_1_train", stages.train)
    val_seen = files.those_there("stage_1_val_seen", stages.val_seen)
    val_unseen = files.every("stage_1_val_unseen", stages.val_unseen)
    test_seen = files.those_there("stage_2_test_seen", stages.test_seen)
    test_unseen = files.every("stage_2_test_unseen", stages.test_unseen)
    samples = files.read([*train, *val_seen, *val_unseen, *test_seen, *test_unseen])
    chosen_from = count(train)
    tested_from = count(train, val_seen, val_unseen)
    return Dataset(
        name=layout.benchmark.name if layout.split == "main" else f"{layout.benchmark.name} {layout.split}",
        training=TrainingSet(samples.among(first, stop=chosen_from), first),
        validation=Split(samples.among(first, start=chosen_from, stop=tested_from), first),
        retraining=TrainingSet(samples.among(second, stop=tested_from), second),
        test=Split(samples.among(second, start=tested_from), second),
    )


def class_vectors(layout: Layout, known: ClassNames, w2v_order: W2VOrder) -> F32:
    """The word vector [c, width] of every known class, in their order."""
    return assigned(
        read_vectors(layout.vectors),
        known,
        written=written_names(layout.written_names),
        order=w2v_order,
        source=layout.vectors,
    )

"""VGGSound-, UCF- and ActivityNet-GZSL with features over time, from the files of TCAF (arXiv 2207.09966)."""

from pathlib import Path

from training.datasets.gzsl_layout import ClassSplit, Layout, benchmark
from training.datasets.gzsl_release import read_laid_out
from training.datasets.release import TCAF
from training.datasets.temporal_features import TemporalFeatures
from training.datasets.word_vectors import W2VOrder
from training.splits import Dataset


def read(
    folder: Path,
    name: str,
    *,
    audio_steps: int,
    video_steps: int,
    split: ClassSplit = "main",
    w2v_order: W2VOrder = "corrected",
) -> Dataset:
    """A benchmark as `gzsl_release.read` gives it, each feature so many steps of its sense end to end.

    Shorter sequences end in steps that are zero, of longer ones the middle is taken. A feature takes
    steps x width x 4 bytes: of UCF's C3D features, 60 steps of 4096 of 6,816 clips are 6.7 GB.

    Args:
        folder: the benchmark's own: `avgzsl_benchmark_non_averaged_datasets/UCF`.
        audio_steps, video_steps: how many steps a feature holds.

    Raises:
        As `gzsl_release.read`.
    """
    return read_laid_out(
        Layout(folder, benchmark(name), split, "features_non_averaged"),
        form=TemporalFeatures(audio_steps, video_steps),
        release=TCAF,
        w2v_order=w2v_order,
    )

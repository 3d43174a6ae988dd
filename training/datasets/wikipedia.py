"""The Wikipedia set: 2,866 pairs of a picture and a section of text, in 10 categories (Rasiwasia et al., 2010)."""

from pathlib import Path
from typing import Literal

import numpy as np

from models.errors import TrainingDataInvalid
from models.types import I64
from training.datasets.image_text import chosen, pairs, told_apart
from training.datasets.matlab import matrix
from training.datasets.release import Release
from training.splits import Dataset, FeatureSet, Split, TrainingSet

RELEASE = Release("the Wikipedia cross-modal retrieval set", "http://www.svcl.ucsd.edu/projects/crossmodal/")
FEATURES = "raw_features.mat"
LISTS = {"tr": "trainset_txt_img_cat.list", "te": "testset_txt_img_cat.list"}
CATEGORIES = ("art", "biology", "geography", "history", "literature", "media", "music", "royalty", "sport", "warfare")
"""As the lists number them, from 1."""

IMAGE_WIDTH = 128
"""Counts of SIFT words."""

TextFeature = Literal["lda", "tfidf"]
"""Shares of 10 topics (T_tr, T_te), or weights of 1,000 words (T_tfidf_tr, T_tfidf_te)."""

TEXTS: dict[TextFeature, tuple[str, int]] = {"lda": ("T", 10), "tfidf": ("T_tfidf", 1000)}


def read(folder: Path, *, split_seed: int = 0, text_feature: TextFeature = "lda") -> Dataset:
    """The set with the protocol of DSTC: trained on the release's training pairs, tested on most of the others.

    Args:
        folder: of `raw_features.mat` and the two lists.
        split_seed: which third of the release's test pairs validates (231 of 693); the others are the test.
        text_feature: what texts are known by.

    Raises:
        DataMissing: a file is not there.
        TrainingDataInvalid: a file has something else than the release, named with its row.
    """
    RELEASE.require([folder / name for name in (FEATURES, *LISTS.values())], folder=folder)
    classes = told_apart(CATEGORIES)
    training, others = (_part(folder, part, text_feature) for part in LISTS)
    drawn = np.random.default_rng(split_seed).permutation(len(others))
    tested = len(others) * 2 // 3
    return Dataset(
        name="wikipedia",
        training=TrainingSet(training, classes),
        validation=Split(chosen(others, drawn[tested:]), classes),
        retraining=None,
        test=Split(chosen(others, drawn[:tested]), classes),
    )


def _part(folder: Path, part: str, text_feature: TextFeature) -> FeatureSet:
    """The pairs of the release's training (`tr`) or test (`te`) list."""
    name, width = TEXTS[text_feature]
    images = matrix(folder / FEATURES, f"I_{part}", width=IMAGE_WIDTH)
    texts = matrix(folder / FEATURES, f"{name}_{part}", width=width)
    label = _labels(folder / LISTS[part])
    if not len(images) == len(texts) == len(label):
        raise TrainingDataInvalid(
            f"{FEATURES} has {len(images)} rows of I_{part} and {len(texts)} of {name}_{part}, {LISTS[part]} has "
            f"{len(label)} lines; expected as many"
        )
    return pairs(images, texts, label)


def _labels(path: Path) -> I64:
    """Rows of `CATEGORIES` [n] from lines of a text's name, a picture's name and a category's number."""
    try:
        lines = path.read_text().splitlines()
    except UnicodeDecodeError as error:
        raise TrainingDataInvalid(f"{path.name} is no list of names: {error}") from error
    return np.array([_label(path, number, line) for number, line in enumerate(lines, start=1)], np.int64)


def _label(path: Path, number: int, line: str) -> int:
    *names, category = line.split("\t")
    if len(names) != 2 or category not in {str(each) for each in range(1, len(CATEGORIES) + 1)}:
        raise TrainingDataInvalid(
            f"{path.name}, line {number}: expected a text, a picture and a category from 1 to {len(CATEGORIES)}, "
            f"found {line[:80]!r}"
        )
    return int(category) - 1

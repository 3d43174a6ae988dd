"""AudioSetZSL: 156,416 clips of 33 classes, 10 of them unseen (Parida et al., WACV 2020, section 3)."""

from pathlib import Path

from models.errors import TrainingDataInvalid
from training.datasets.averaged_features import AveragedFeatures
from training.datasets.class_lists import ClassNames, listed
from training.datasets.feature_files import count
from training.datasets.feature_folder import FeatureFolder
from training.datasets.release import AUDIOSETZSL
from training.datasets.samples import candidates
from training.datasets.word_vectors import assigned, read_vectors
from training.splits import Dataset, Split, TrainingSet

EVERY, SEEN, UNSEEN = "all_class.txt", "seen_class.txt", "unseen_class.txt"
VECTORS = ("word_embeddings_audiosetzsl_normed.npy", "word_embeddings-dict-33.npy")
"""Unit vectors, and those of the first release; the first that is there is read. Decoders expect unit vectors."""


def read(folder: Path) -> Dataset:
    """The set with the protocol of its paper: trained on the seen classes, chosen and tested on all 33.

    Validation and test have the same unseen classes, so that beta is chosen on clips of what is to be unknown.
    That is the published protocol, and why later benchmarks keep unseen classes for validation apart.

    Args:
        folder: of `class-split` and of `features/<name>/{audio,video,text}`, where <name> is any one name.

    Raises:
        DataMissing: files are not there.
        TrainingDataInvalid: a file is damaged or does not fit the others; it is named, and its row.
    """
    lists = folder / "class-split"
    AUDIOSETZSL.require((lists / EVERY, lists / SEEN, lists / UNSEEN, folder / "features"), folder=folder)
    known = ClassNames.read(lists / EVERY)
    seen, unseen = (known.spelt(listed(lists / name), source=lists / name) for name in (SEEN, UNSEEN))
    _check_sides(seen, unseen, known, lists)
    features = _only_features(folder)
    source = _vectors(features, folder)
    written = {name.lower(): name for name in known.names}
    vectors = assigned(read_vectors(source), known, written=written, order="corrected", source=source)
    classes = candidates(known, vectors, seen=seen, unseen=unseen)
    files = FeatureFolder(features, AveragedFeatures(), known, AUDIOSETZSL)
    trn, val, tst = files.every("trn", seen), files.every("val", known.names), files.every("tst", known.names)
    samples = files.read([*trn, *val, *tst])
    chosen_from, tested_from = count(trn), count(trn, val)
    return Dataset(
        name="audiosetzsl",
        training=TrainingSet(samples.among(classes, stop=chosen_from), classes),
        validation=Split(samples.among(classes, start=chosen_from, stop=tested_from), classes),
        retraining=None,
        test=Split(samples.among(classes, start=tested_from), classes),
    )


def _check_sides(seen: tuple[str, ...], unseen: tuple[str, ...], known: ClassNames, lists: Path) -> None:
    if both := sorted({*seen} & {*unseen}):
        raise TrainingDataInvalid(f"{lists}: {SEEN} and {UNSEEN} both list {both[0]!r}")
    if neither := sorted({*known.names} - {*seen, *unseen}):
        raise TrainingDataInvalid(f"{lists}: neither {SEEN} nor {UNSEEN} lists {neither[0]!r}")


def _only_features(folder: Path) -> Path:
    found = sorted(path.parent for path in (folder / "features").glob("*/audio"))
    if not found:
        raise AUDIOSETZSL.missing([folder / "features" / "<name>" / "audio"], folder=folder)
    if len(found) > 1:
        raise TrainingDataInvalid(f"{folder}: expected one kind of features, found {', '.join(p.name for p in found)}")
    return found[0]


def _vectors(features: Path, folder: Path) -> Path:
    paths = [features / "text" / name for name in VECTORS]
    if not (there := [path for path in paths if path.exists()]):
        raise AUDIOSETZSL.missing(paths, folder=folder)
    return there[0]

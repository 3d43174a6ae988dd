"""The AVCA release is read as it lies on disk, and refused where its files are damaged or disagree."""

from pathlib import Path

import h5py
import numpy as np
import pytest

from models.errors import QueryInvalid
from models.types import F32
from tests.real_data import real
from tests.tiny.releases import SAMPLES, change, video_of
from training.datasets import generated, gzsl_release
from training.datasets.class_lists import ClassNames, listed
from training.datasets.generated_texts import copy_texts
from training.datasets.gzsl_layout import BENCHMARKS, FEATURE_STAGES, Layout, Stage
from training.datasets.gzsl_stages import Stages
from training.datasets.word_vectors import read_vectors
from training.fit import fit
from training.recipe import named
from training.splits import Dataset, Split

LEARNT: tuple[Stage, ...] = ("stage_1_train", "stage_1_val_seen", "stage_1_val_unseen")


def read(layout: Layout) -> Dataset:
    return gzsl_release.read(layout.folder, layout.benchmark.name, split=layout.split)


def on_disk(layout: Layout, stages: tuple[Stage, ...]) -> list[tuple[str, F32, F32]]:
    """Class, audio and video of every sample, file by file."""
    rows: list[tuple[str, F32, F32]] = []
    for stage in stages:
        for path in sorted(layout.class_files("audio", stage).iterdir()):
            beside = layout.class_files("video", stage) / path.name
            with h5py.File(path) as audio, h5py.File(beside) as video:
                rows += [(path.stem, *pair) for pair in zip(audio["data"][:], video["data"][:], strict=True)]
    return rows


def in_split(split: Split) -> list[tuple[str, F32, F32]]:
    found = split.features
    names = [split.classes.names[row] for row in found.label]
    return list(zip(names, found.audio, found.video, strict=True))


def names(split: Split, *, seen: bool) -> list[str]:
    return [name for name, flag in zip(split.classes.names, split.classes.seen, strict=True) if flag == seen]


@pytest.mark.parametrize(
    ("part", "stages"),
    [
        ("training", LEARNT[:1]),
        ("validation", LEARNT[1:]),
        ("retraining", LEARNT),
        ("test", ("stage_2_test_seen", "stage_2_test_unseen")),
    ],
)
def test_a_part_has_the_samples_of_its_stages_with_their_classes(
    whole: Layout, part: str, stages: tuple[Stage, ...]
) -> None:
    found, expected = in_split(getattr(read(whole), part)), on_disk(whole, stages)
    assert len(found) == sum(SAMPLES[stage] for stage in stages)
    assert [row[0] for row in found] == [row[0] for row in expected]
    for ours, theirs in zip(found, expected, strict=True):
        np.testing.assert_array_equal(ours[1], theirs[1])
        np.testing.assert_array_equal(ours[2], theirs[2])


def test_the_candidates_are_the_classes_trained_on_and_the_unseen_ones_of_the_stage(whole: Layout) -> None:
    dataset = read(whole)
    for split in (dataset.training, dataset.validation):
        assert names(split, seen=True) == listed(whole.classes("stage_1_train"))
        assert names(split, seen=False) == listed(whole.classes("stage_1_val_unseen"))
    assert dataset.retraining is not None
    for split in (dataset.retraining, dataset.test):
        assert names(split, seen=True) == sorted(listed(whole.classes("stage_2_train")))
        assert names(split, seen=False) == listed(whole.classes("stage_2_test_unseen"))


def test_the_training_set_and_the_retraining_set_are_one_array(whole: Layout) -> None:
    dataset = read(whole)
    assert dataset.retraining is not None
    assert np.shares_memory(dataset.training.features.video, dataset.retraining.features.video)
    assert np.shares_memory(dataset.validation.features.audio, dataset.retraining.features.audio)


def real_texts(name: str, folder: Path) -> Layout:
    """The lists and vectors of a benchmark, without features."""
    layout = Layout(folder, BENCHMARKS[name])
    lists = real("gzsl_text/avca_splits") / layout.benchmark.folder
    copy_texts(layout, lists=lists, stages=lists, vectors=real("gzsl_text") / layout.benchmark.vectors)
    return layout


@pytest.mark.parametrize(
    ("name", "classes", "samples"),
    [
        ("ucf-gzsl", (30, 30, 12, 42, 42, 9), (3174, 353, 1467, 555, 1267)),
        ("activitynet-gzsl", (99, 99, 51, 150, 150, 50), (9204, 1023, 4307, 1615, 4199)),
    ],
)
def test_the_real_lists_have_the_published_sizes(
    tmp_path: Path, name: str, classes: tuple[int, ...], samples: tuple[int, ...]
) -> None:
    layout = real_texts(name, tmp_path)
    known = ClassNames.read(layout.all_classes)
    found = Stages.read(layout, known)
    stages = (found.train, found.val_seen, found.val_unseen, found.retrain, found.test_seen, found.test_unseen)
    assert tuple(map(len, stages)) == classes
    counts = [generated.listed_samples(layout, stage, known) for stage in FEATURE_STAGES]
    assert tuple(sum(map(len, each.values())) for each in counts) == samples


def test_ucf_gzsl_with_drawn_features_has_the_published_sizes(tmp_path: Path) -> None:
    layout = real_texts("ucf-gzsl", tmp_path)
    generated.draw(layout, generated.Drawing(audio=2, video=2, hidden=4))
    dataset = read(layout)
    assert dataset.retraining is not None
    assert len(dataset.training.features) == 3174
    assert len(dataset.validation.features) == 353 + 1467
    assert len(dataset.retraining.features) == 3174 + 353 + 1467
    assert len(dataset.test.features) == 555 + 1267
    unseen = ["BandMarching", "BlowDryHair", "BrushingTeeth", "CuttingInKitchen", "PlayingFlute", "PlayingSitar"]
    assert names(dataset.test, seen=False) == [*unseen, "ShavingBeard", "Typing", "WritingOnBoard"]
    assert np.unique(dataset.test.features.label).tolist() == list(range(51))


def test_a_class_has_its_own_vector_or_in_the_legacy_order_anothers(layout: Layout) -> None:
    vectors = read_vectors(layout.vectors)
    written = list(vectors)
    # Written so that the first class comes last.
    rows = [f"Class{row:04d},{name}\n" for row, name in enumerate([*written[1:], written[0]])]
    layout.written_names.write_text("original,manual\n" + "".join(rows))
    table = read(layout).test.classes
    legacy = gzsl_release.read(layout.folder, "ucf-gzsl", w2v_order="legacy").test.classes
    np.testing.assert_array_equal(table.text[-1], vectors[written[0]])
    np.testing.assert_array_equal(legacy.text[-1], vectors[written[-1]])


def test_the_cls_split_has_lists_and_features_of_its_own_and_leaves_out_classes_with_files(layout: Layout) -> None:
    cls = Layout(layout.folder, layout.benchmark, "cls")
    layout.features.rename(cls.features)
    layout.classes("stage_1_train").parent.rename(cls.classes("stage_1_train").parent)
    left_out, kept = listed(cls.classes("stage_2_test_unseen"))
    cls.classes("stage_2_test_unseen").write_text(kept)
    dataset = read(cls)
    assert dataset.name == "ucf-gzsl cls"
    assert names(dataset.test, seen=False) == [kept]
    assert left_out not in dataset.test.classes.names


def test_names_that_differ_in_case_only_are_of_one_class(layout: Layout) -> None:
    path = layout.classes("stage_1_train")
    path.write_text(path.read_text().upper())
    for sense in ("audio", "video"):
        folder = layout.class_files(sense, "stage_1_train")
        (folder / "Class0000.h5").rename(folder / "cLASS0000.h5")
    assert read(layout).training.classes.names[0] == "Class0000"


def test_hidden_files_of_an_archive_are_not_looked_at(layout: Layout) -> None:
    (layout.class_files("audio", "stage_1_train") / "._Class0000.h5").write_bytes(b"what an archive leaves")
    assert len(read(layout).training.features) == SAMPLES["stage_1_train"]


def test_samples_in_another_order_are_joined_by_their_names(whole: Layout, layout: Layout) -> None:
    change(video_of(layout), lambda data, urls: (np.roll(data, 1, axis=0), np.roll(urls, 1)))
    ours, theirs = read(layout).training.features, read(whole).training.features
    np.testing.assert_array_equal(ours.video, theirs.video)
    np.testing.assert_array_equal(ours.audio, theirs.audio)


def test_a_seen_class_without_clips_to_validate_on_is_still_a_candidate(layout: Layout) -> None:
    for sense in ("audio", "video"):
        (layout.class_files(sense, "stage_1_val_seen") / "Class0001.h5").unlink()
    validation = read(layout).validation
    assert "Class0001" in validation.classes.names
    assert validation.classes.names.index("Class0001") not in validation.features.label


def test_an_unknown_benchmark_is_refused_naming_those_there_are(tmp_path: Path) -> None:
    with pytest.raises(QueryInvalid, match="no benchmark 'kinetics-gzsl'; there are vggsound-gzsl, ucf-gzsl"):
        gzsl_release.read(tmp_path, "kinetics-gzsl")


def test_a_method_learns_on_what_was_read(whole: Layout) -> None:
    dataset = read(whole)
    quick = named("cjme", on=dataset.name).model_copy(
        update={"options": {"hidden": 8, "text_hidden": 8, "out": 4}, "batch": 8, "steps_per_epoch": 2, "epochs": 1}
    )
    found = fit(quick, dataset.training, validation=dataset.validation, report=lambda _: None)
    assert 0 <= found.best.merit <= 1

"""What a report tells beneath its figures: by class, what was taken for what, and the worst queries."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from index.galleries import Galleries
from models.bundle.classification import Classifier
from models.media.cage import Cage
from models.media.limits import Limits
from service.encoding.encoders import Encoders
from service.evaluations import evaluations
from service.jobs.evaluating import Evaluate
from service.jobs.pulse import Pulse
from service.jobs.work import Workshop


@pytest.fixture(scope="module")
def workshop(library: Path) -> Iterator[Workshop]:
    galleries = Galleries.open(library)
    with Cage(Limits(), 1) as cage:
        yield Workshop(galleries, Encoders(library / "backbones", cage))
    galleries.close()


@pytest.fixture(scope="module")
def report(workshop: Workshop) -> Any:
    work = Evaluate(workshop, "demo", {}, folder=Path("a-job"))
    return work.do(0, work.plan(), Pulse())["found"]["report"]


def test_classes_are_told_with_their_clips(workshop: Workshop, report: Any) -> None:
    gallery = workshop.galleries.get("demo")
    words = [clip.labels[0] for clip in gallery.clips()]
    assert {name: each["clips"] for name, each in report["labels"].items()} == {
        each: words.count(each) for each in words
    }
    seen = {each for each in words if Classifier(gallery.active.bundle, encoder(workshop)).seen([each])[0]}
    assert {name for name, each in report["labels"].items() if each["seen"]} == seen


def encoder(workshop: Workshop) -> Any:
    return workshop.encoders.text(workshop.galleries.get("demo").active.bundle.manifest)


def test_accuracies_by_class_and_confusion_agree(report: Any) -> None:
    for channel in report["classification"].values():
        confusion, clips = channel["confusion"], report["labels"]
        right = {confusion["classes"][row]: n for row, column, n in confusion["cells"] if row == column}
        assert sum(n for _, _, n in confusion["cells"]) == report["clips"]
        assert channel["classes"] == {
            name: pytest.approx(right.get(name, 0) / each["clips"]) for name, each in clips.items()
        }
        mistaken = sum(each["clips"] for each in confusion["mistakes"])
        assert mistaken + sum(right.values()) == report["clips"]
        assert all(each["class"] != each["taken_for"] for each in confusion["mistakes"])


@pytest.mark.parametrize("route", ["text->video", "audio->video"])
def test_the_worst_queries_find_what_the_gallery_finds(workshop: Workshop, report: Any, route: str) -> None:
    gallery, told = workshop.galleries.get("demo"), report["retrieval"][route]["worst"]
    classifier = Classifier(gallery.active.bundle, encoder(workshop))
    precisions = [each["average_precision"] for each in told]
    assert precisions == sorted(precisions)
    clips = {clip.id: clip for clip in gallery.clips()}
    for each in told:
        if route.startswith("text->"):
            assert (each["clip"], each["window"]) == (None, None)
            found = gallery.search(route, {"text": classifier.text_features([each["class"]])}, k=100)
        else:
            assert clips[each["clip"]].labels[0] == each["class"]
            source = gallery.features("audio", "video")
            row = source.clip_ids.index(each["clip"])
            found = gallery.search(route, {"audio": source.features["audio"][row : row + 1]}, k=100)
            found = [hit for hit in found if hit.clip_id != each["clip"]]
        assert [hit["clip"] for hit in each["hits"]] == [hit.clip_id for hit in found[:3]]
        assert [hit["class"] for hit in each["hits"]] == [hit.labels[0] for hit in found[:3]]
        assert [hit["window"]["end_s"] for hit in each["hits"]] == [round(hit.window.end_s, 3) for hit in found[:3]]
        assert [hit.labels[0] for hit in found].index(each["class"]) == each["rank"] - 1


def test_a_list_has_each_evaluation_in_short(own_library: Path) -> None:
    galleries = Galleries.open(own_library)
    with Cage(Limits(), 1) as cage:
        work = Evaluate(Workshop(galleries, Encoders(own_library / "backbones", cage)), "demo", {}, folder=Path("a"))
        found = work.do(0, work.plan(), Pulse())["found"]
        work.finish({}, {}, found)
    (told,) = evaluations.listed(galleries.get("demo")).evaluations
    report = found["report"]
    assert (told.bundle, told.clips, told.classes) == (report["bundle"], report["clips"], report["classes"])
    for route, each in told.retrieval.items():
        assert each.by_sample == report["retrieval"][route]["by_sample"]
        assert list(each.interval or ()) == report["retrieval"][route]["interval"]
    assert told.classification["av"]["zsl"] == report["classification"]["av"]["zsl"]
    galleries.close()

"""Steps of jobs taken twice, as after a crash, and what they make of what a gallery holds."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from index.galleries import Galleries
from models.errors import InvalidInput, RouteMissing
from models.media.cage import Cage
from models.media.collection import Item
from models.media.limits import Limits
from service.encoding.encoders import Encoders
from service.jobs import items
from service.jobs.evaluating import Evaluate
from service.jobs.ingesting import Ingest
from service.jobs.pulse import Pulse
from service.jobs.reindexing import Reindex
from service.jobs.work import Workshop
from tests.tiny.clips import tiny_clip


def evaluation(workshop: Workshop, **request: object) -> Evaluate:
    return Evaluate(workshop, "demo", request, folder=Path("a-job"))


@pytest.fixture
def workshop(own_library: Path, tmp_path: Path) -> Iterator[Workshop]:
    galleries = Galleries.open(own_library)
    with Cage(Limits(), 1) as cage:
        yield Workshop(galleries, Encoders(own_library / "backbones", cage), tmp_path / "root")
    galleries.close()


def test_a_reindexing_that_was_done_but_not_recorded_makes_no_second_generation(
    workshop: Workshop, tmp_path: Path
) -> None:
    first = Reindex(workshop, "demo", {"bundle": "other"}, folder=tmp_path / "job")
    plan = first.plan()
    assert (plan["items"], plan["steps"]) == (0 + 6 * 3 + 1, 2)
    first.do(0, plan, Pulse())
    first.do(1, plan, Pulse())
    again = Reindex(workshop, "demo", {"bundle": "other"}, folder=tmp_path / "job")
    again.do(0, plan, Pulse())
    again.do(1, plan, Pulse())
    assert again.finish(plan, {}, {}) == {
        "generation": 2,
        "bundle": "other",
        "windows": 6,
        "completed": 0,
        "failed": 0,
    }
    assert [each.number for each in workshop.galleries.get("demo").generations()] == [1, 2]


def test_a_step_of_an_ingest_taken_twice_adds_each_clip_once(workshop: Workshop, tmp_path: Path) -> None:
    clips = [tiny_clip(tmp_path / "root" / f"{n}.mp4", seconds=0.5, tone_hz=800.0 + 90 * n) for n in range(3)]
    request = {"source": ".", "labels": ["twice"]}
    ingest = Ingest(workshop, "demo", request, folder=tmp_path / "job")
    plan = ingest.plan()
    assert plan == {"items": 3, "steps": 1}
    assert ingest.do(0, plan, Pulse())["counts"] == {"added": 3}
    assert Ingest(workshop, "demo", request, folder=tmp_path / "job").do(0, plan, Pulse())["counts"] == {"known": 3}
    assert workshop.galleries.get("demo").summary().labels["twice"] == len(clips)


class Heart(Pulse):
    """A pulse that remembers how far it was whenever it got further."""

    def __init__(self) -> None:
        super().__init__()
        self.beaten: list[tuple[str, float]] = []

    def reached(self, item: str, seconds: float) -> None:
        """As ever."""
        super().reached(item, seconds)
        self.beaten.append((item, round(seconds)))


def test_a_long_clip_shows_that_it_moves_on_by_each_of_its_windows(workshop: Workshop, tmp_path: Path) -> None:
    tiny_clip(tmp_path / "root" / "a.mp4", seconds=21)
    tiny_clip(tmp_path / "root" / "b.mp4", seconds=1)
    ingest, heart = Ingest(workshop, "demo", {"source": ".", "labels": []}, folder=tmp_path / "job"), Heart()
    ingest.do(0, ingest.plan(), heart)
    assert heart.beaten == [("a.mp4", 10), ("a.mp4", 15), ("a.mp4", 20), ("a.mp4", 21), ("b.mp4", 1)]


def test_the_same_bytes_twice_in_one_step_are_one_clip(workshop: Workshop, tmp_path: Path) -> None:
    clip = tiny_clip(tmp_path / "root" / "a.mp4", seconds=0.5, tone_hz=777.0)
    (tmp_path / "root" / "b.mp4").write_bytes(clip.read_bytes())
    ingest = Ingest(workshop, "demo", {"source": ".", "labels": []}, folder=tmp_path / "job")
    ingest.do(0, ingest.plan(), Pulse())
    assert workshop.galleries.get("demo").summary().clips == 7


def test_odd_labels_and_metadata_are_errors_of_their_clip(workshop: Workshop, tmp_path: Path) -> None:
    tiny_clip(tmp_path / "root" / "a.mp4", seconds=0.5, tone_hz=555.0)
    tiny_clip(tmp_path / "root" / "b.mp4", seconds=0.5, tone_hz=666.0)
    items.write([Item("a.mp4", "a", ("\0",)), Item("b.mp4", "b", (), {'"': 1})], tmp_path / "job")
    ingest = Ingest(workshop, "demo", {"source": ".", "labels": []}, folder=tmp_path / "job")
    outcome = ingest.do(0, {}, Pulse())
    assert outcome["counts"] == {"failed": 2}
    assert [each["code"] for each in outcome["errors"]] == ["invalid-input", "invalid-input"]


def test_an_evaluation_needs_labels_and_routes_that_are_there(workshop: Workshop) -> None:
    gallery = workshop.galleries.get("demo")
    with pytest.raises(RouteMissing, match="'text->smell'"):
        evaluation(workshop, routes=["text->smell"]).plan()
    for clip in gallery.clips():
        gallery.remove(clip.id)
    with pytest.raises(InvalidInput, match="no clip has all the senses"):
        evaluation(workshop).do(0, {"generation": 1, "routes": []}, Pulse())


def test_classes_are_the_vocabulary_and_the_labels_whatever_their_case(workshop: Workshop, tmp_path: Path) -> None:
    for number, label in enumerate(("Dog  Barking", "whistling")):
        clip = tiny_clip(tmp_path / f"{label}.mp4", seconds=0.5, tone_hz=1000.0 + 100 * number)
        manifest = workshop.galleries.get("demo").active.bundle.manifest
        features = workshop.encoders.extractor(manifest).extract(clip)
        workshop.galleries.get("demo").add(clip, name=clip.name, labels=[label], features=features)
    evaluating = evaluation(workshop)
    report = evaluating.do(0, evaluating.plan(), Pulse())["found"]["report"]
    assert (report["clips"], report["classes"]) == (8, 5)

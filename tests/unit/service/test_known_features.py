"""Nothing is decoded of which features by the same backbones are known: in any gallery, or asked with just before."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest
from starlette.testclient import TestClient

from index.catalog import extracted
from index.clips import Clip
from index.galleries import Galleries
from models.bundle.store import load_manifest
from models.errors import MediaInvalid, SightsoundError
from models.features.extract import ClipFeatures, Decoder, WindowFeatures
from models.media.cage import Cage
from models.media.collection import Item
from models.media.limits import Limits
from models.media.media import FrameSpec, SoundSpec
from models.media.rules import RULES
from models.media.stream import Decoded, Ended
from models.types import Sense, Window
from service.app import create_app
from service.encoding.encoders import Encoders
from service.encoding.extracting import Extracting
from service.encoding.recollection import WINDOW_BYTES, Recollection
from service.jobs import items
from service.jobs.ingesting import Ingest
from service.jobs.pulse import Pulse
from service.jobs.work import Workshop
from service.settings import Settings
from tests.tiny.clips import tiny_clip
from tests.tiny.damage import damaged
from tests.unit.index.world import path_of
from tests.unit.service.asking import DEMO, OWN, SEARCH, refused, upload
from tests.unit.service.worlds import with_new_ears

PLENTY = 2**20


@dataclass
class Counting:
    """A decoder that notes the names of the files that are asked of it."""

    decoder: Decoder
    asked: list[str] = field(default_factory=list)

    def stream(self, paths: Iterable[Path], *, sound: SoundSpec, pictures: FrameSpec) -> Iterator[Decoded | Ended]:
        return self.decoder.stream(map(self._noted, paths), sound=sound, pictures=pictures)

    def _noted(self, path: Path) -> Path:
        self.asked.append(path.name)
        return path


@pytest.fixture
def galleries(own_library: Path) -> Iterator[Galleries]:
    found = Galleries.open(own_library)
    yield found
    found.close()


@pytest.fixture
def decoder() -> Iterator[Counting]:
    with Cage(Limits(), 1) as cage:
        yield Counting(cage)


def encoders(galleries: Galleries, own_library: Path, decoder: Counting, *, limit_bytes: int = PLENTY) -> Encoders:
    recollection = Recollection(galleries.extracted, limit_bytes=limit_bytes)
    return Encoders(own_library / "backbones", decoder, recollection=recollection)


@pytest.fixture
def workshop(galleries: Galleries, own_library: Path, decoder: Counting, tmp_path: Path) -> Workshop:
    root = tmp_path / "root"
    root.mkdir()
    gallery = galleries.get("demo")
    for clip in gallery.clips():
        (root / clip.name).write_bytes(path_of(gallery.media(clip.id)).read_bytes())
    return Workshop(galleries, encoders(galleries, own_library, decoder, limit_bytes=0), root)


def ingest(workshop: Workshop, gallery: str, folder: Path) -> dict[str, int]:
    """What became of the clips of the root."""
    job = Ingest(workshop, gallery, {"source": ".", "labels": []}, folder=folder)
    plan = job.plan()
    counts: dict[str, int] = {}
    for number in range(plan["steps"]):
        for outcome, count in job.do(number, plan, Pulse())["counts"].items():
            counts[outcome] = counts.get(outcome, 0) + count
    return counts


def told(clip: Clip) -> tuple[object, ...]:
    return clip.id, clip.duration_s, clip.windows, clip.absent, clip.senses


@pytest.mark.parametrize("bundle", ["tiny", "other"])
def test_clips_of_one_gallery_are_put_into_another_without_decoding(
    workshop: Workshop, decoder: Counting, tmp_path: Path, bundle: str
) -> None:
    demo, second = workshop.galleries.get("demo"), workshop.galleries.create("second", bundle)
    assert ingest(workshop, "second", tmp_path / "job") == {"added": 6}
    assert decoder.asked == []
    assert sorted(map(told, second.clips()), key=str) == sorted(map(told, demo.clips()), key=str)
    before, after = demo.features("audio", "video"), second.features("audio", "video")
    for row, each in enumerate(before.clip_ids):
        again = after.clip_ids.index(each)
        for sense in ("audio", "video"):
            assert np.array_equal(before.features[sense][row], after.features[sense][again])


def test_what_is_new_is_decoded_and_what_is_known_beside_it_is_not(
    workshop: Workshop, decoder: Counting, tmp_path: Path
) -> None:
    workshop.galleries.create("second", "tiny")
    assert workshop.ingest_root is not None
    tiny_clip(workshop.ingest_root / "c new.mp4", seconds=0.5, tone_hz=970.0)
    (workshop.ingest_root / "b bad.mp4").write_bytes(b"no clip")
    assert ingest(workshop, "second", tmp_path / "job") == {"added": 7, "failed": 1}
    assert decoder.asked == ["b bad.mp4", "c new.mp4"]


def test_an_ingest_that_was_stopped_decodes_no_clip_again(
    workshop: Workshop, decoder: Counting, tmp_path: Path
) -> None:
    """Also where the gallery that it went to is not the one that has the clips by then."""
    for name in ("x.mp4", "y.mp4"):
        tiny_clip(tmp_path / "root" / name, seconds=0.5, tone_hz=900.0 + ord(name[0]))
    items.write([Item("x.mp4", "x"), Item("y.mp4", "y")], tmp_path / "job")
    job = Ingest(workshop, "demo", {"source": ".", "labels": []}, folder=tmp_path / "job")
    outcomes = job._outcomes(job._list.read(0, 2), Pulse())
    assert next(outcomes)[1] == "added"
    outcomes.close()  # type: ignore[attr-defined]
    decoder.asked.clear()
    again = Ingest(workshop, "demo", {"source": ".", "labels": []}, folder=tmp_path / "job")
    assert again.do(0, {}, Pulse())["counts"] == {"known": 1, "added": 1}
    assert decoder.asked == ["y.mp4"]


def test_other_backbones_are_not_given_what_they_did_not_make(
    galleries: Galleries, own_library: Path, decoder: Counting, workshop: Workshop, tmp_path: Path
) -> None:
    with_new_ears(own_library)
    galleries.create("eared", "new-ears")
    assert ingest(workshop, "eared", tmp_path / "one") == {"added": 6}
    assert len(decoder.asked) == 6
    galleries.create("eared-too", "new-ears")
    assert ingest(workshop, "eared-too", tmp_path / "two") == {"added": 6}
    assert len(decoder.asked) == 6


def test_features_by_other_rules_are_made_anew(
    workshop: Workshop, decoder: Counting, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    workshop.galleries.create("second", "tiny")
    monkeypatch.setattr(extracted, "RULES", RULES + 1)
    assert ingest(workshop, "second", tmp_path / "job") == {"added": 6}
    assert len(decoder.asked) == 6


def test_a_clip_that_was_deleted_everywhere_is_decoded_again(
    workshop: Workshop, decoder: Counting, tmp_path: Path
) -> None:
    demo = workshop.galleries.get("demo")
    gone = demo.clips()[0]
    demo.remove(gone.id)
    assert ingest(workshop, "demo", tmp_path / "job") == {"added": 1, "known": 5}
    assert decoder.asked == [gone.name]


def extractor(galleries: Galleries, found: Encoders) -> Extracting:
    return found.extractor(galleries.get("demo").active.bundle.manifest)


def same(one: ClipFeatures, other: ClipFeatures) -> bool:
    """Equal in every bit."""
    return one.duration_s == other.duration_s and all(
        (a.window, a.absent, a.features.keys()) == (b.window, b.absent, b.features.keys())
        and all(np.array_equal(a.features[sense], b.features[sense]) for sense in a.features)
        for a, b in zip(one.windows, other.windows, strict=True)
    )


def test_a_query_that_is_asked_again_is_answered_from_memory_with_the_same_bits(
    galleries: Galleries, own_library: Path, decoder: Counting, tmp_path: Path
) -> None:
    found = encoders(galleries, own_library, decoder)
    clip = damaged(tiny_clip(tmp_path / "clip.mp4", seconds=1.5), tmp_path / "deaf.mp4", stretch=Window(0, 9))
    first = extractor(galleries, found).extract(clip)
    second = extractor(galleries, found).extract(Path(clip.rename(tmp_path / "otherwise.mp4")))
    assert decoder.asked == ["deaf.mp4"]
    assert same(first, second)
    assert first.windows[0].absent == {"audio": "damaged"}


def test_a_query_by_a_clip_that_a_gallery_has_has_the_bits_that_are_stored(
    galleries: Galleries, own_library: Path, decoder: Counting, tmp_path: Path
) -> None:
    stranger = tiny_clip(tmp_path / "clip.mp4", seconds=1.5, tone_hz=512.0)
    fresh = extractor(galleries, encoders(galleries, own_library, decoder)).extract(stranger)
    gallery = galleries.get("demo")
    gallery.add(stranger, name="clip.mp4", labels=[], features=fresh)
    decoder.asked.clear()
    found = extractor(galleries, encoders(galleries, own_library, decoder, limit_bytes=0)).extract(stranger)
    assert decoder.asked == []
    assert same(fresh, found)


def test_files_come_in_their_order_known_or_not_and_errors_are_not_remembered(
    galleries: Galleries, own_library: Path, decoder: Counting, tmp_path: Path
) -> None:
    gallery = galleries.get("demo")
    known = [path_of(gallery.media(clip.id)) for clip in gallery.clips()]
    bad = tmp_path / "bad.mp4"
    bad.write_bytes(b"no clip")
    fresh = [tiny_clip(tmp_path / f"{i}.mp4", seconds=0.5 + i / 4) for i in range(2)]
    paths = [known[0], fresh[0], tmp_path / "gone.mp4", known[1], known[2], bad, known[3], fresh[1], known[4]]
    watched: list[int] = []
    asking = extractor(galleries, encoders(galleries, own_library, decoder))
    found = list(asking.extract_all(paths, watch=lambda file, window: watched.append(file)))
    assert [isinstance(each, SightsoundError) for each in found] == [i in (2, 5) for i in range(9)]
    lengths = [None if isinstance(each, SightsoundError) else round(each.duration_s, 1) for each in found]
    assert lengths[1::6] == pytest.approx([0.5, 0.8], abs=0.1)
    assert {1.0, 1.1} >= {each for each in (lengths[0], lengths[3], lengths[4], lengths[6], lengths[8])}
    assert watched == [1, 7]
    for row, path in ((0, known[0]), (3, known[1]), (8, known[4])):
        there = found[row]
        assert isinstance(there, ClipFeatures)
        assert same(there, asking.extract(path))
    with pytest.raises(MediaInvalid):
        asking.extract(bad)
    assert decoder.asked == ["0.mp4", "gone.mp4", "bad.mp4", "1.mp4", "bad.mp4"]


def features(seed: int, width: int = 64) -> ClipFeatures:
    row = np.random.default_rng(seed).normal(size=width).astype(np.float32)
    return ClipFeatures(1.0, (WindowFeatures(Window(0, 1), {"audio": row}),))


def test_memory_is_bounded_and_the_least_recently_used_goes_first() -> None:
    one = WINDOW_BYTES + 64 * 4
    memory = Recollection(lambda sha256, backbones: None, limit_bytes=3 * one)
    for number in range(3):
        memory.keep(str(number), {"audio": "a"}, features(number))
    assert memory.find("0", {"audio": "a"}) is not None
    memory.keep("3", {"audio": "a"}, features(3))
    there = [number for number in range(4) if memory.find(str(number), {"audio": "a"}) is not None]
    assert there == [0, 2, 3]
    assert memory.find("0", {"audio": "b"}) is None
    assert memory.find("0", {"audio": "a", "video": "b"}) is None
    memory.keep("large", {"audio": "a"}, features(4, width=1024))
    assert memory.find("large", {"audio": "a"}) is None
    assert memory.find("3", {"audio": "a"}) is not None


def test_a_clip_without_windows_takes_room_too() -> None:
    memory = Recollection(lambda sha256, backbones: None, limit_bytes=WINDOW_BYTES)
    for number in range(3):
        memory.keep(str(number), {"audio": "a"}, ClipFeatures(1.0, ()))
    there = [number for number in range(3) if memory.find(str(number), {"audio": "a"}) is not None]
    assert there == [2]


def test_what_float16_cannot_hold_is_used_once_as_it_is() -> None:
    memory = Recollection(lambda sha256, backbones: None, limit_bytes=PLENTY)
    large = ClipFeatures(1.0, (WindowFeatures(Window(0, 1), {"audio": np.full(4, 1e6, np.float32)}),))
    assert memory.keep("a", {"audio": "a"}, large) is large
    assert memory.find("a", {"audio": "a"}) is None


def test_the_service_answers_with_what_a_gallery_has_though_it_may_decode_nothing(
    own_library: Path, tmp_path: Path
) -> None:
    """No clip is as short as its limit: whatever is decoded is refused."""
    settings = Settings(data=own_library, job_workers=0, clip_limit_s=0.01)
    with TestClient(create_app(settings), OWN) as client:
        found = client.get(f"{DEMO}/clips").json()["clips"][0]
        (tmp_path / "clip").write_bytes(client.get(found["media"]).content)
        hits = upload(client, SEARCH, tmp_path / "clip", from_="audio", to="video").json()["hits"]
        assert found["id"] in {hit["clip"]["id"] for hit in hits}
        assert upload(client, "/v1/classify", tmp_path / "clip").json()["channel"] == "av"
        stranger = tiny_clip(tmp_path / "stranger.mp4", seconds=0.7)
        refused(upload(client, SEARCH, stranger, from_="audio"), 413, "too-large")


def test_what_is_known_was_made_by_the_backbones_that_the_bundle_names(own_library: Path, galleries: Galleries) -> None:
    manifest = load_manifest(own_library / "bundles" / "tiny")
    refs: dict[Sense, str] = {sense: ref.sha256 for sense, ref in manifest.backbones.items()}
    clip = galleries.get("demo").clips()[0]
    assert galleries.extracted(clip.sha256, refs) is not None
    assert galleries.extracted(clip.sha256, refs | {"audio": "0" * 64}) is None
    assert galleries.extracted("0" * 64, refs) is None

import json
import weakref
from collections.abc import Generator, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from threading import Barrier, current_thread
from time import monotonic, sleep

import numpy as np
import pytest

from models.errors import BackboneOverrun, MediaInvalid, SightsoundError, TooLarge
from models.features.backbone import Backbone
from models.features.extract import AHEAD, ClipFeatures, Extractor
from models.media.cage import Cage
from models.media.limits import Limits
from models.media.media import FrameSpec, Media, SoundSpec
from models.media.stream import Decoded, Ended
from models.types import F32, Window
from tests.tiny.clips import render, tiny_clip
from tests.tiny.encoders import WIDTH, tiny_audio_backbone, tiny_video_backbone

PATIENCE_S = 60.0


@pytest.fixture(scope="module")
def cage() -> Iterator[Cage]:
    with Cage(Limits(), workers=1) as cage:
        yield cage


@pytest.fixture
def extractor(cage: Cage, tmp_path: Path) -> Extractor:
    audio, video = tiny_audio_backbone(tmp_path / "audio"), tiny_video_backbone(tmp_path / "video")
    return Extractor({"audio": Backbone.open(audio), "video": Backbone.open(video)}, cage)


def test_a_short_clip_has_one_window_with_both_features(extractor: Extractor, tmp_path: Path) -> None:
    found = extractor.extract(tiny_clip(tmp_path / "clip.mp4", seconds=2))
    (window,) = found.windows
    assert window.window == Window(0, found.duration_s)
    assert {sense: feature.shape for sense, feature in window.features.items()} == {
        "audio": (WIDTH,),
        "video": (WIDTH,),
    }


def test_clips_that_sound_alike_and_look_unlike_have_such_features(extractor: Extractor, tmp_path: Path) -> None:
    red = extractor.extract(tiny_clip(tmp_path / "red.mp4", colour=(200, 0, 0))).windows[0].features
    blue = extractor.extract(tiny_clip(tmp_path / "blue.mp4", colour=(0, 0, 200))).windows[0].features
    assert np.linalg.norm(red["audio"] - blue["audio"]) < 1e-3
    assert np.linalg.norm(red["video"] - blue["video"]) > 0.1


def test_a_window_without_sound_lacks_that_feature_only(extractor: Extractor, tmp_path: Path) -> None:
    clip = render(
        tmp_path / "clip.mp4",
        samples=np.sin(np.arange(16_000 * 4, dtype=np.float32)),
        frames=np.full((200, 32, 32, 3), 90, np.uint8),
    )
    found = extractor.extract(clip)
    assert found.duration_s == pytest.approx(20)
    assert [sorted(window.features) for window in found.windows] == [["audio", "video"], ["video"], ["video"]]


@pytest.mark.parametrize(("sound", "pictures"), [(True, False), (False, True)])
def test_a_clip_of_one_sense_has_its_feature_only(
    extractor: Extractor, tmp_path: Path, *, sound: bool, pictures: bool
) -> None:
    found = extractor.extract(tiny_clip(tmp_path / "clip.mp4", sound=sound, pictures=pictures))
    assert found.windows[0].features.keys() == ({"audio"} if sound else {"video"})


def test_an_extractor_of_one_backbone_reads_its_sense_only(cage: Cage, tmp_path: Path) -> None:
    extractor = Extractor({"audio": Backbone.open(tiny_audio_backbone(tmp_path / "audio"))}, cage)
    found = extractor.extract(tiny_clip(tmp_path / "clip.mp4"))
    assert found.windows[0].features.keys() == {"audio"}


def test_a_broken_file_among_many_is_an_error_in_its_place(extractor: Extractor, tmp_path: Path) -> None:
    clips = [tiny_clip(tmp_path / f"{i}.mp4", seconds=0.5, tone_hz=200 * (i + 1)) for i in range(5)]
    clips[3].write_bytes(clips[3].read_bytes()[:500])
    found = list(extractor.extract_all(clips))
    assert isinstance(found.pop(3), MediaInvalid)
    clips.pop(3)
    for each, clip in zip(found, clips, strict=True):
        assert isinstance(each, ClipFeatures)
        assert not isinstance(each, SightsoundError)
        expected = extractor.extract(clip).windows[0].features
        np.testing.assert_array_equal(each.windows[0].features["audio"], expected["audio"])


def test_a_backbone_of_the_other_sense_is_refused(cage: Cage, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="tiny-audio@1 reads audio"):
        Extractor({"video": Backbone.open(tiny_audio_backbone(tmp_path))}, cage)


@dataclass
class Reel:
    """A decoder of long files, each of a second a window: of one colour, which is the window's number.

    Args:
        lengths: of the files, in windows.
        outcomes: of those that do not end well.
    """

    lengths: Sequence[int]
    outcomes: dict[int, SightsoundError] = field(default_factory=dict)
    held: int = 0
    most_held: int = 0

    def stream(self, paths: Iterable[Path], *, sound: SoundSpec, pictures: FrameSpec) -> Iterator[Decoded | Ended]:
        for file, _ in enumerate(paths):
            for number in range(self.lengths[file]):
                window = Window(float(number), number + 1.0)
                yield Decoded(file, window, Media(1.0, sound, pictures, None, self._frames(number, pictures)))
            yield Ended(file, self.outcomes.get(file, float(self.lengths[file])))

    def _frames(self, number: int, pictures: FrameSpec) -> np.ndarray:
        frames = np.full((4, pictures.size, pictures.size, 3), number % 256, np.uint8)
        self.held += 1
        self.most_held = max(self.held, self.most_held)
        weakref.finalize(frames, self._drop)
        return frames

    def _drop(self) -> None:
        self.held -= 1

    def holds_nothing(self) -> bool:
        """As soon as the threads have let go of what they had in their hands."""
        until = monotonic() + PATIENCE_S
        while self.held and monotonic() < until:
            sleep(0.01)
        return self.held == 0


def sharing(folder: Path) -> Path:
    """A backbone whose windows may share a call."""
    card = tiny_video_backbone(folder) / "backbone.json"
    card.write_text(json.dumps(json.loads(card.read_text()) | {"rows": {"of": "frame"}, "batch": "rows"}))
    return folder


def starts(found: ClipFeatures | SightsoundError) -> list[float]:
    assert isinstance(found, ClipFeatures)
    return [each.window.start_s for each in found.windows]


@pytest.mark.parametrize("threads", [1, 2, 5])
@pytest.mark.parametrize("batch", [1, 8, 100])
def test_every_window_is_in_its_file_in_order_with_its_own_feature(tmp_path: Path, threads: int, batch: int) -> None:
    backbone, alone = Backbone.open(sharing(tmp_path), batch=batch), Backbone.open(tmp_path)
    lengths = [1, 30, 0, 7, 1]
    found = list(Extractor({"video": backbone}, Reel(lengths), threads=threads).extract_all([Path()] * 5))
    assert [starts(each) for each in found] == [[float(i) for i in range(length)] for length in lengths]
    assert isinstance(found[1], ClipFeatures)
    for number, each in enumerate(found[1].windows):
        shown = np.full((4, 32, 32, 3), number, np.uint8)
        takes = FrameSpec(rate=4, size=32, shorter_side=32)
        expected = alone.feature(Media(1.0, SoundSpec(8000), takes, None, shown))
        np.testing.assert_allclose(each.features["video"], expected, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("batch", [1, 80])
def test_a_long_file_needs_the_memory_of_few_windows(tmp_path: Path, batch: int) -> None:
    backbone, reel = Backbone.open(sharing(tmp_path), batch=batch), Reel([1000])
    found = Extractor({"video": backbone}, reel, threads=2).extract(Path())
    assert len(found.windows) == 1000
    # What the line holds, the one that comes in, and what each thread has in its hands.
    assert reel.most_held <= AHEAD * 2 * backbone.windows_a_call + 1 + 2 * (1 + backbone.windows_a_call)
    assert reel.holds_nothing()


def test_windows_of_a_file_that_fails_in_its_middle_are_dropped(tmp_path: Path) -> None:
    backbone, failure = Backbone.open(sharing(tmp_path)), TooLarge("it goes on and on")
    reel = Reel([3, 20, 3], {1: failure})
    found = list(Extractor({"video": backbone}, reel).extract_all([Path()] * 3))
    assert found[1] is failure
    assert [starts(each) for each in (found[0], found[2])] == [[0.0, 1.0, 2.0]] * 2
    with pytest.raises(TooLarge, match="on and on"):
        Extractor({"video": backbone}, Reel([3], {0: failure})).extract(Path())


class Choosy(Backbone):
    """One that runs out of memory on windows of one colour, and counts what it is given."""

    refused = 5
    runs = 0

    def features(self, windows: Sequence[Media]) -> list[F32]:
        """As ever, or BackboneOverrun."""
        for each in windows:
            self.runs += 1
            if each.frames is not None and each.frames[0, 0, 0, 0] == self.refused:
                raise BackboneOverrun("too much of one colour")
        return super().features(windows)


def test_a_window_that_cannot_be_run_fails_its_own_file_alone(tmp_path: Path) -> None:
    backbone = Choosy.open(sharing(tmp_path), batch=100)
    found = list(Extractor({"video": backbone}, Reel([5, 400, 5]), threads=2).extract_all([Path()] * 3))
    assert [starts(each) for each in (found[0], found[2])] == [[0.0, 1.0, 2.0, 3.0, 4.0]] * 2
    assert isinstance(found[1], BackboneOverrun)
    assert backbone.runs < 200  # what comes after it is not run for nothing


def test_who_watches_is_told_of_every_window_in_order_in_their_own_thread(tmp_path: Path) -> None:
    told: list[tuple[int, float]] = []

    def watch(file: int, window: Window) -> None:
        assert current_thread() is here
        told.append((file, window.start_s))

    here = current_thread()
    backbone = Backbone.open(sharing(tmp_path))
    list(Extractor({"video": backbone}, Reel([2, 3])).extract_all([Path()] * 2, watch=watch))
    assert told == [(0, 0.0), (0, 1.0), (1, 0.0), (1, 1.0), (1, 2.0)]


def test_windows_are_told_of_while_the_file_goes_on(tmp_path: Path) -> None:
    reel, seen = Reel([100]), []
    extractor = Extractor({"video": Backbone.open(sharing(tmp_path), batch=1)}, reel, threads=1)
    extractor.extract(Path(), watch=lambda file, window: seen.append(reel.held))
    assert len(seen) == 100
    assert max(seen) < 10


class Meeting(Backbone):
    """One that only goes on when as many windows are being run as are to meet."""

    barrier = Barrier(3)

    def features(self, windows: Sequence[Media]) -> list[F32]:
        """As ever, once all are here; BrokenBarrierError after half a minute."""
        self.barrier.wait(30)
        return super().features(windows)


def test_as_many_windows_are_run_at_once_as_there_are_threads(tmp_path: Path) -> None:
    backbone = Meeting.open(tiny_video_backbone(tmp_path))
    found = Extractor({"video": backbone}, Reel([9]), threads=3).extract(Path())
    assert len(found.windows) == 9


def test_who_stops_in_the_middle_leaves_nothing_behind(tmp_path: Path) -> None:
    reel = Reel([10, 1000])
    clips = Extractor({"video": Backbone.open(tiny_video_backbone(tmp_path))}, reel, threads=2).extract_all(
        [Path()] * 2
    )
    assert starts(next(clips))[-1] == 9
    assert isinstance(clips, Generator)
    clips.close()
    assert reel.holds_nothing()

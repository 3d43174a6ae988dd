from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from models.errors import MediaInvalid, SightsoundError
from models.features.backbone import Backbone
from models.features.extract import ClipFeatures, Extractor
from models.media.cage import Cage
from models.media.limits import Limits
from models.types import Window
from tests.tiny.clips import render, tiny_clip
from tests.tiny.encoders import WIDTH, tiny_audio_backbone, tiny_video_backbone


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

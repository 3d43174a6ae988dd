import json
import os
import subprocess
import sys
from hashlib import sha256
from pathlib import Path

import numpy as np
import pytest

from models.errors import BundleInvalid, SenseMissing
from models.features.backbone import Backbone
from models.media.decoding.decode import decode
from models.media.limits import Limits
from models.media.media import FrameSpec, Media, SoundSpec
from models.types import F32
from tests.real_data import real
from tests.tiny.encoders import WIDTH, tiny_audio_backbone, tiny_video_backbone
from tests.tiny.hungry import hungry_backbone

ROOT = Path(__file__).parents[3]
ROUNDING = 1e-5
"""What products in another order may leave in features of about 1."""
PICTURES = FrameSpec(rate=4, size=32, shorter_side=32)


def media(*, samples: F32 | None = None, grey: int | None = None) -> Media:
    frames = None if grey is None else np.full((3, 32, 32, 3), grey, np.uint8)
    return Media(1.0, SoundSpec(rate=16_000), PICTURES, samples, frames)


def tone(hz: float) -> Media:
    return media(samples=np.sin(2 * np.pi * hz * np.arange(16_000) / 16_000).astype(np.float32))


def edit(card: Path, **changes: object) -> None:
    card.write_text(json.dumps(json.loads(card.read_text()) | changes))


def test_a_backbone_tells_sounds_apart(tmp_path: Path) -> None:
    backbone = Backbone.open(tiny_audio_backbone(tmp_path))
    low, high = backbone.feature(tone(200)), backbone.feature(tone(2000))
    assert low.shape == (WIDTH,)
    assert low.dtype == np.float32
    assert np.linalg.norm(low - high) > 0.1
    np.testing.assert_array_equal(low, backbone.feature(tone(200)))


def test_a_feature_is_the_mean_over_the_rows(tmp_path: Path) -> None:
    backbone = Backbone.open(tiny_video_backbone(tmp_path))
    both = np.concatenate([np.full((2, 32, 32, 3), grey, np.uint8) for grey in (0, 100)])
    mixed = backbone.feature(Media(1.0, SoundSpec(rate=16_000), PICTURES, None, both))
    dark, light = backbone.feature(media(grey=0)), backbone.feature(media(grey=100))
    np.testing.assert_allclose(mixed, (dark + light) / 2, atol=1e-6)


def test_rows_are_the_steps_whose_mean_is_the_feature(tmp_path: Path) -> None:
    backbone = Backbone.open(tiny_video_backbone(tmp_path))
    frames = np.stack([np.full((32, 32, 3), grey, np.uint8) for grey in (0, 50, 100)])
    shown = Media(1.0, SoundSpec(rate=16_000), PICTURES, None, frames)
    rows = backbone.rows(shown)
    assert rows.shape == (3, WIDTH)
    np.testing.assert_array_equal(rows[1], backbone.feature(media(grey=50)))
    np.testing.assert_array_equal(rows.mean(axis=0), backbone.feature(shown))


def noise(frames: int) -> Media:
    drawn = np.random.default_rng(frames).integers(0, 256, (frames, 32, 32, 3), dtype=np.uint8)
    return Media(frames / 4, SoundSpec(rate=16_000), PICTURES, None, drawn)


@pytest.mark.parametrize("batch", [1, 4, 5, 100])
def test_windows_that_share_calls_have_the_features_they_have_alone(tmp_path: Path, batch: int) -> None:
    folder = tiny_video_backbone(tmp_path)
    alone, windows = Backbone.open(folder), [noise(frames) for frames in (3, 1, 12, 5)]
    edit(folder / "backbone.json", rows={"of": "frame"}, batch="rows")
    together = Backbone.open(folder, batch=batch)
    np.testing.assert_allclose(
        together.features(windows), [alone.feature(each) for each in windows], rtol=ROUNDING, atol=ROUNDING
    )
    np.testing.assert_allclose(together.rows(windows[2]), alone.rows(windows[2]), rtol=ROUNDING, atol=ROUNDING)


def test_windows_share_a_call_as_far_as_their_frames_fit(tmp_path: Path) -> None:
    folder = tiny_video_backbone(tmp_path)
    windows = [noise(frames) for frames in (3, 1, 12, 5)]
    assert Backbone.open(folder, batch=100).joined(windows) == 1  # its card does not say that they may
    edit(folder / "backbone.json", rows={"of": "frame"}, batch="rows")
    joined = {batch: Backbone.open(folder, batch=batch).joined(windows) for batch in (1, 4, 15, 16, 20, 21)}
    assert joined == {1: 1, 4: 2, 15: 2, 16: 3, 20: 3, 21: 4}
    assert Backbone.open(folder).joined(windows) == 1  # nothing is gained by it on a CPU
    assert Backbone.open(folder, device="gpu").joined(windows) == 4


def test_a_card_that_promises_a_row_a_frame_is_found_out(tmp_path: Path) -> None:
    folder = hungry_backbone(tmp_path, frame_bytes=120, averaged=(0, 1, 2))
    frames = np.zeros((3, 4, 4, 3), np.uint8)
    shown = Media(1.0, SoundSpec(rate=16_000), FrameSpec(rate=4, size=4, shorter_side=4), None, frames)
    with pytest.raises(BundleInvalid, match=r"gave \[1, 3\]; its card says \[3, 3\]"):
        Backbone.open(folder).feature(shown)


def test_a_clip_without_the_sense_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(SenseMissing, match=r"no sound, which tiny-audio@1 reads"):
        Backbone.open(tiny_audio_backbone(tmp_path / "a")).feature(media(grey=1))
    with pytest.raises(SenseMissing, match=r"no pictures, which tiny-video@1 reads"):
        Backbone.open(tiny_video_backbone(tmp_path / "v")).feature(tone(440))


def test_media_decoded_otherwise_than_the_card_says_is_refused(tmp_path: Path) -> None:
    other = Media(1.0, SoundSpec(rate=8000), PICTURES, np.zeros(8000, np.float32), None)
    with pytest.raises(ValueError, match="rate=8000"):
        Backbone.open(tiny_audio_backbone(tmp_path)).feature(other)


def test_a_graph_that_was_changed_is_refused(tmp_path: Path) -> None:
    graph = tiny_audio_backbone(tmp_path) / "backbone.onnx"
    graph.write_bytes(graph.read_bytes() + b"\0")
    with pytest.raises(BundleInvalid, match="its card says"):
        Backbone.open(tmp_path)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"colour": "blue"}, "colour"),
        ({"sense": "video"}, "takes a FrameSpec"),
        ({"takes": {"rate": 16_000, "bits": 16}}, "takes"),
        ({"takes": {"rate": 0}}, "takes"),
        ({"takes": {"rate": 4, "size": 64, "shorter_side": 32}}, "takes"),
        ({"width": -1}, "width"),
        ({"file": "../backbone.onnx"}, "file"),
        ({"name": "Tiny@Audio"}, "name"),
    ],
)
def test_a_card_that_does_not_hold_is_refused_by_what_is_wrong(
    tmp_path: Path, changes: dict[str, object], said: str
) -> None:
    edit(tiny_audio_backbone(tmp_path) / "backbone.json", **changes)
    with pytest.raises(BundleInvalid, match=said):
        Backbone.open(tmp_path)


@pytest.mark.parametrize("missing", ["backbone.json", "backbone.onnx"])
def test_a_folder_that_lacks_a_file_is_refused_by_its_name(tmp_path: Path, missing: str) -> None:
    (tiny_audio_backbone(tmp_path) / missing).unlink()
    with pytest.raises(BundleInvalid, match=missing):
        Backbone.open(tmp_path)


def test_a_card_that_promises_another_width_is_found_out(tmp_path: Path) -> None:
    edit(tiny_audio_backbone(tmp_path) / "backbone.json", width=WIDTH + 1)
    with pytest.raises(BundleInvalid, match=r"gave \[1, 8\]; its card says \[rows, 9\]"):
        Backbone.open(tmp_path).feature(tone(440))


def test_a_file_that_is_no_graph_is_refused(tmp_path: Path) -> None:
    folder = tiny_audio_backbone(tmp_path)
    (folder / "backbone.onnx").write_bytes(b"not a graph")
    edit(folder / "backbone.json", sha256=sha256(b"not a graph").hexdigest())
    with pytest.raises(BundleInvalid, match="not an ONNX graph"):
        Backbone.open(folder)


def test_a_graph_of_other_inputs_is_refused(tmp_path: Path) -> None:
    folder, other = tiny_audio_backbone(tmp_path / "a"), tiny_video_backbone(tmp_path / "v")
    content = (other / "backbone.onnx").read_bytes()
    (folder / "backbone.onnx").write_bytes(content)
    edit(folder / "backbone.json", sha256=sha256(content).hexdigest())
    with pytest.raises(BundleInvalid, match=r"inputs \['frames'\]; expected \['waveform'\]"):
        Backbone.open(folder)


def real_backbone(folder: Path, file: str, **card: object) -> Backbone:
    """A real network plugged in by a card beside it."""
    graph = real(f"backbones/{file}")
    (folder / file).symlink_to(graph.absolute())
    digest = sha256(graph.read_bytes()).hexdigest()
    written = {"version": "1", "file": file, "sha256": digest, "licence": "Apache-2.0", "source": "public"} | card
    (folder / "backbone.json").write_text(json.dumps(written))
    return Backbone.open(folder)


def scene(name: str, pictures: FrameSpec) -> Media:
    return decode(
        real(f"av_clips/{name}"), sound=SoundSpec(rate=16_000), pictures=pictures, limits=Limits(duration_s=40)
    )


def cosine(one: F32, other: F32) -> float:
    return float(one @ other / np.linalg.norm(one) / np.linalg.norm(other))


SPEAKERS = ("LipNet_GRID/bbaf2n.mpg", "LipNet_GRID/lwbsza.mpg")
DOG = "Synchformer/3qesirWAGt4_20000_30000.mp4"


def test_yamnet_plugs_in_and_hears_that_two_speakers_are_more_alike_than_a_dog(tmp_path: Path) -> None:
    takes = {"rate": 16_000}
    yamnet = real_backbone(tmp_path, "yamnet.onnx", name="yamnet", sense="audio", takes=takes, width=1024)
    one, other, dog = (yamnet.feature(scene(name, PICTURES)) for name in (*SPEAKERS, DOG))
    assert one.shape == (1024,)
    assert cosine(one, other) > cosine(one, dog) + 0.1


def test_mobilenet_plugs_in_and_sees_that_two_speakers_are_more_alike_than_a_dog(tmp_path: Path) -> None:
    takes = FrameSpec(rate=1, size=224, shorter_side=256)
    mobilenet = real_backbone(
        tmp_path,
        "mobilenet_v2.onnx",
        name="mobilenet-v2",
        sense="video",
        takes={"rate": 1, "size": 224, "shorter_side": 256},
        width=1280,
    )
    one, other, dog = (mobilenet.feature(scene(name, takes)) for name in (*SPEAKERS, DOG))
    assert one.shape == (1280,)
    assert cosine(one, other) > cosine(one, dog) + 0.1


def test_running_a_graph_keeps_no_account_of_its_use_and_tells_nobody(tmp_path: Path) -> None:
    code = (
        "import sys\n"
        "from pathlib import Path\n"
        "from models.features.backbone import Backbone\n"
        "Backbone.open(Path(sys.argv[1]))\n"
    )
    home = tmp_path / "home"
    home.mkdir()
    environment = {"HOME": str(home), "PATH": os.environ["PATH"], "PYTHONDONTWRITEBYTECODE": "1"}
    folder = tiny_audio_backbone(tmp_path / "backbones")
    subprocess.run([sys.executable, "-c", code, folder], check=True, cwd=ROOT, env=environment)
    assert list(home.rglob("*")) == []  # ONNX Runtime's reports to its makers wait in the home folder

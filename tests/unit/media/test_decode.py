import wave
from pathlib import Path

import av
import numpy as np
import pytest
from av.audio.stream import AudioStream

from models.media.decoding.decode import decode
from models.media.limits import Limits
from models.media.media import FrameSpec, Media, SoundSpec
from models.types import F32, U8
from tests.real_data import real
from tests.tiny.clips import render, tiny_clip

SOUND = SoundSpec(rate=16_000)
PICTURES = FrameSpec(rate=4, size=32, shorter_side=32)


def look(path: Path, *, sound: SoundSpec = SOUND, pictures: FrameSpec = PICTURES) -> Media:
    return decode(path, sound=sound, pictures=pictures, limits=Limits())


def heard(path: Path, *, sound: SoundSpec = SOUND) -> F32:
    samples = look(path, sound=sound).samples
    assert samples is not None
    return samples


def seen(path: Path, *, pictures: FrameSpec = PICTURES) -> U8:
    frames = look(path, pictures=pictures).frames
    assert frames is not None
    return frames


def greys(levels: list[int], *, height: int = 32, width: int = 32) -> U8:
    return np.stack([np.full((height, width, 3), level, np.uint8) for level in levels])


def pitch_hz(samples: F32) -> float:
    return float(np.abs(np.fft.rfft(samples)).argmax() * SOUND.rate / len(samples))


def test_sound_and_pictures_come_as_asked_for(tmp_path: Path) -> None:
    media = look(tiny_clip(tmp_path / "clip.mp4", seconds=2, tone_hz=440, colour=(200, 30, 30)))
    assert media.duration_s == pytest.approx(2, abs=0.1)
    assert media.samples is not None
    assert media.frames is not None
    assert media.samples.dtype == np.float32
    assert pitch_hz(media.samples) == pytest.approx(440, abs=2)
    assert np.abs(media.samples).max() == pytest.approx(0.5, abs=0.1)
    assert media.frames.shape == (8, 32, 32, 3)
    assert media.frames.mean((0, 1, 2)) == pytest.approx([200, 30, 30], abs=6)


def test_sound_is_resampled_to_the_rate_asked_for(tmp_path: Path) -> None:
    clip = tiny_clip(tmp_path / "clip.mp4", seconds=1)
    low, high = heard(clip, sound=SoundSpec(rate=8000)), heard(clip, sound=SoundSpec(rate=44_100))
    assert len(high) / len(low) == pytest.approx(44_100 / 8000, rel=0.01)


@pytest.mark.parametrize(("sound", "pictures"), [(True, False), (False, True)])
def test_a_sense_that_is_not_there_is_none(tmp_path: Path, *, sound: bool, pictures: bool) -> None:
    media = look(tiny_clip(tmp_path / "clip.mp4", sound=sound, pictures=pictures))
    assert media.senses == ({"audio"} if sound else {"video"})


@pytest.mark.parametrize("codec", ["pcm_f32le", "pcm_s16le"])
def test_stereo_is_averaged_so_that_full_scale_stays_full_scale(tmp_path: Path, codec: str) -> None:
    both = np.full((2, 1600), 0.8, np.float32)
    with av.open(str(tmp_path / "stereo.wav"), "w") as output:
        track = output.add_stream(codec, rate=16_000, layout="stereo")
        assert isinstance(track, AudioStream)
        frame = av.AudioFrame.from_ndarray(both, format="fltp", layout="stereo")
        frame.sample_rate = 16_000
        output.mux([*track.encode(frame), *track.encode(None)])
    assert heard(tmp_path / "stereo.wav") == pytest.approx(0.8, abs=1e-3)


def test_a_click_and_a_flash_at_one_instant_are_decoded_at_one_instant(tmp_path: Path) -> None:
    samples = np.zeros(2 * SOUND.rate, np.float32)
    samples[SOUND.rate : SOUND.rate + 40] = 0.9
    frames = greys([255 if i == 25 else 0 for i in range(50)])
    for name, codecs in {"clip.mp4": ("aac", "libx264"), "clip.webm": ("libopus", "libvpx")}.items():
        rate = 48_000 if name.endswith("webm") else SOUND.rate
        clip = render(
            tmp_path / name,
            samples=np.repeat(samples, rate // SOUND.rate),
            frames=frames,
            rate=rate,
            frame_rate=25,
            codecs=codecs,
        )
        flash = seen(clip, pictures=FrameSpec(rate=25, size=32, shorter_side=32)).mean((1, 2, 3)).argmax()
        click_s = np.abs(heard(clip)).argmax() / SOUND.rate
        assert abs(flash - 25) <= 1
        assert click_s == pytest.approx(1.0, abs=0.02)


@pytest.mark.parametrize("name", ["clip.mp4", "clip.mkv"])
def test_sound_that_starts_late_is_preceded_by_silence(tmp_path: Path, name: str) -> None:
    tone = np.sin(np.arange(SOUND.rate, dtype=np.float32))
    samples = heard(render(tmp_path / name, samples=tone, frames=greys([0] * 20), sound_starts_s=0.5))
    assert len(samples) / SOUND.rate == pytest.approx(1.5, abs=0.1)
    assert np.abs(samples[: int(0.45 * SOUND.rate)]).max() < 0.05
    assert np.abs(samples[int(0.6 * SOUND.rate) : int(1.4 * SOUND.rate)]).max() > 0.5


def test_pictures_are_those_shown_at_the_instants_asked_for(tmp_path: Path) -> None:
    clip = render(tmp_path / "clip.mp4", frames=greys([20 * i for i in range(10)]))
    assert seen(clip).mean((1, 2, 3)) == pytest.approx([0, 40, 100, 140], abs=4)


def test_a_rate_above_the_clips_own_repeats_its_pictures(tmp_path: Path) -> None:
    clip = render(tmp_path / "clip.mp4", frames=greys([0, 200]))
    frames = seen(clip, pictures=FrameSpec(rate=20, size=32, shorter_side=32))
    assert frames.mean((1, 2, 3)) == pytest.approx([0, 0, 200, 200], abs=4)


def test_a_clip_shorter_than_the_interval_has_one_picture(tmp_path: Path) -> None:
    clip = render(tmp_path / "clip.mp4", frames=greys([90]))
    assert seen(clip, pictures=FrameSpec(rate=0.5, size=32, shorter_side=32)).shape == (1, 32, 32, 3)


def test_the_middle_of_a_wide_picture_is_kept(tmp_path: Path) -> None:
    frames = greys([0] * 4, height=64, width=192)
    frames[:, :, 64:128] = 200
    kept = seen(render(tmp_path / "clip.mp4", frames=frames))
    assert kept.shape[1:] == (32, 32, 3)
    assert kept[:, :, 4:-4].mean() == pytest.approx(200, abs=4)


def test_a_picture_that_was_filmed_turned_is_turned_back(tmp_path: Path) -> None:
    frames = greys([0] * 4)
    frames[:, :16] = 200  # light above, as stored; a quarter turn to the right makes it light on the right
    clip = render(tmp_path / "clip.mp4", frames=frames)
    content = bytearray(clip.read_bytes())
    matrix = content.index(b"tkhd") + 44
    content[matrix : matrix + 36] = np.array([0, 1 << 16, 0, -(1 << 16), 0, 0, 32 << 16, 0, 1 << 30], ">i4").tobytes()
    clip.write_bytes(content)
    kept = seen(clip)
    assert kept[:, :, 20:].mean() == pytest.approx(200, abs=6)
    assert kept[:, :, :12].mean() == pytest.approx(0, abs=6)


def test_the_cover_of_a_song_is_no_picture_of_it(tmp_path: Path) -> None:
    song = tmp_path / "song.mp3"
    with av.open(str(song), "w") as output:
        track = output.add_stream("libmp3lame", rate=16_000, layout="mono")
        cover = output.add_stream("mjpeg", rate=1)
        cover.width, cover.height, cover.pix_fmt = 32, 32, "yuvj420p"
        cover.disposition = av.stream.Disposition.attached_pic
        output.mux(cover.encode(av.VideoFrame.from_ndarray(greys([90])[0], format="rgb24")))
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 16_000), np.float32), format="fltp", layout="mono")
        frame.sample_rate = 16_000
        output.mux([*track.encode(frame), *track.encode(None)])
    with av.open(str(song)) as opened:
        assert len(opened.streams.video) == 1
    assert look(song).senses == {"audio"}


def test_a_plain_wav_is_heard_sample_for_sample(tmp_path: Path) -> None:
    values = np.random.default_rng(0).integers(-20_000, 20_000, 5000, np.int16)
    with wave.open(str(tmp_path / "sound.wav"), "wb") as output:
        output.setparams((1, 2, SOUND.rate, 0, "NONE", ""))
        output.writeframes(values.tobytes())
    assert heard(tmp_path / "sound.wav") == pytest.approx(values / 32_768, abs=1e-4)


@pytest.mark.parametrize(
    ("name", "senses", "duration_s"),
    [
        ("LanguageBind/0.mp4", {"video"}, 8.17),
        ("LipNet_GRID/bbaf2n.mpg", {"audio", "video"}, 2.98),
        ("LipNet_GRID/id2_vcd_swwp2s.mpg", {"audio", "video"}, 2.98),
        ("Synchformer/3qesirWAGt4_20000_30000.mp4", {"audio", "video"}, 10.01),
        ("decord/flipping_a_pancake.mkv", {"audio", "video"}, 10.38),
        ("moviepy/big_buck_bunny_432_433.webm", {"audio", "video"}, 1.0),
        ("moviepy/chaplin.mp4", {"audio", "video"}, 9.64),
        ("moviepy/video_with_failing_audio.mp4", {"audio", "video"}, 11.23),
        ("torchcodec/nasa_13013.mp4", {"audio", "video"}, 13.06),
        ("torchcodec/nasa_13013.mp4.audio.mp3", {"audio"}, 13.06),
    ],
)
def test_real_clips_are_decoded_whole(name: str, senses: set[str], duration_s: float) -> None:
    media = look(real(f"av_clips/{name}"))
    assert media.senses == senses
    assert media.duration_s == pytest.approx(duration_s, abs=0.1)
    if media.samples is not None:
        assert len(media.samples) / SOUND.rate == pytest.approx(duration_s, abs=0.15)
    if media.frames is not None:
        assert len(media.frames) == pytest.approx(duration_s * PICTURES.rate, abs=1)
        assert media.frames.std() > 10

"""What a file says of itself, and what it is refused for before any of it is decoded."""

import wave
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from av.audio.stream import AudioStream

from models.errors import MediaInvalid, TooLarge
from models.media.cage import Cage
from models.media.decoding.decode import decode
from models.media.file.budget import check_budget
from models.media.file.probe import PictureStream, Probe, SoundStream, probe
from models.media.file.rotation import rotations
from models.media.limits import Limits
from models.media.media import FrameSpec, SoundSpec
from tests.real_data import real
from tests.tiny.clips import render, tiny_clip
from tests.tiny.containers import matroska, tell, without_content

TURNS = {
    0: (1, 0, 0, 1),
    90: (0, -1, 1, 0),
    180: (-1, 0, 0, -1),
    270: (0, 1, -1, 0),
}
"""a, b, c, d of the matrix for what is shown so many degrees counterclockwise."""


def look(path: Path, limits: Limits) -> None:
    decode(path, sound=SoundSpec(rate=16_000), pictures=FrameSpec(rate=4, size=32, shorter_side=32), limits=limits)


def turned(clip: Path, turn: int) -> Path:
    a, b, c, d = (value << 16 for value in TURNS[turn])
    return tell(clip, "tkhd", 40, np.array([a, b, 0, c, d, 0, 0, 0, 1 << 30], ">i4").tobytes())


def silence(path: Path, *, channels: int = 1, rate: int = 16_000) -> Path:
    with wave.open(str(path), "wb") as output:
        output.setparams((channels, 2, rate, 0, "NONE", ""))
        output.writeframes(bytes(2 * channels * 1000))
    return path


def tracks(path: Path, count: int) -> Path:
    """A file of so many streams of one sound each."""
    if path.suffix == ".mkv":
        path.write_bytes(matroska(count))
        return path
    frame = av.AudioFrame.from_ndarray(np.zeros((1, 1152), np.int16), format="s16", layout="mono")
    frame.sample_rate = 44_100
    with av.open(str(path), "w") as output:
        for stream in [output.add_stream("mp2", rate=44_100, layout="mono") for _ in range(count)]:
            assert isinstance(stream, AudioStream)
            output.mux([*stream.encode(frame), *stream.encode(None)])
    return path


def test_a_clip_says_what_it_is(tmp_path: Path) -> None:
    clip = tiny_clip(tmp_path / "clip.mp4", seconds=2)
    found = probe(clip, Limits())
    assert found.container == "mp4"
    assert found.size_bytes == clip.stat().st_size
    assert found.duration_s == pytest.approx(2, abs=0.1)
    assert found.streams == ("audio (aac)", "video (h264)")
    assert found.sound == SoundStream("aac", 16_000, 1)
    assert found.pictures == PictureStream("h264", 96, 96, 10.0, 20, 0)
    assert found.total_pixels == 96 * 96 * 20
    assert str(found) == "MP4 (MOV, M4A, 3GP) with audio (aac), video (h264)"


@pytest.mark.parametrize("name", ["clip.mp3", "clip.png", "clip.m3u8", "clip", "concat:a|b"])
def test_the_content_decides_and_not_the_name(tmp_path: Path, name: str) -> None:
    clip = tiny_clip(tmp_path / "clip.mkv").rename(tmp_path / name)
    assert probe(clip, Limits()).container == "matroska"


@pytest.mark.parametrize("turn", TURNS)
def test_the_turn_is_the_one_that_pictures_are_decoded_with(tmp_path: Path, turn: int) -> None:
    clip = turned(tiny_clip(tmp_path / "clip.mp4", sound=False, seconds=0.2), turn)
    found = probe(clip, Limits()).pictures
    assert found is not None
    assert found.rotation == turn
    with av.open(str(clip)) as container:
        assert next(container.decode(video=0)).rotation % 360 == turn


def test_the_turn_is_not_looked_for_among_millions_of_boxes(tmp_path: Path) -> None:
    clip = turned(tiny_clip(tmp_path / "clip.mp4", sound=False, seconds=0.2), 90)
    empty = b"\0\0\0\x08free"
    for count, found in ((900, {1: 90}), (2_000_000, {})):
        (tmp_path / "padded.mp4").write_bytes(empty * count + clip.read_bytes())
        assert rotations(tmp_path / "padded.mp4") == found


@pytest.mark.parametrize("content", [b"", b"moov", b"\0\0\0\1moov", b"\0\0\0\x10moov\0\0\0\x08trak", bytes(100)])
def test_what_is_no_mp4_has_no_turn(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "odd").write_bytes(content)
    assert rotations(tmp_path / "odd") == {}


@pytest.mark.parametrize(
    ("name", "container", "codecs"),
    [
        ("LipNet_GRID/bbaf2n.mpg", "mpeg", ["mp2", "mpeg1video"]),
        ("decord/flipping_a_pancake.mkv", "matroska", ["opus", "h264"]),
        ("moviepy/big_buck_bunny_432_433.webm", "matroska", ["vorbis", "vp8"]),
        ("torchcodec/nasa_13013.mp4", "mp4", ["aac", "h264"]),
    ],
)
def test_real_clips_say_what_they_are(name: str, container: str, codecs: list[str]) -> None:
    found = probe(real(f"av_clips/{name}"), Limits())
    assert found.container == container
    assert [each.codec for each in (found.sound, found.pictures) if each] == codecs
    check_budget(found, Limits())


FOUND = Probe(
    container="mp4",
    size_bytes=1000,
    duration_s=10.0,
    streams=("video (h264)", "audio (aac)"),
    sound=SoundStream("aac", 48_000, 2),
    pictures=PictureStream("h264", 640, 360, 30.0, None, 0),
)
TIGHT = Limits(
    size_bytes=1000,
    duration_s=10,
    pixels=640 * 360,
    total_pixels=640 * 360 * 300,
    frame_rate=30,
    sample_rate=48_000,
    channels=2,
    streams=2,
)


def test_a_file_at_every_limit_is_within_the_budget() -> None:
    check_budget(FOUND, TIGHT)


@pytest.mark.parametrize(
    ("limits", "said"),
    [
        (replace(TIGHT, size_bytes=999), r"the file has 1000 bytes; the limit is 999"),
        (replace(TIGHT, duration_s=9.5), r"the file lasts 10\.0 s; the limit is 9\.5 s"),
        (replace(TIGHT, pixels=230_399), r"the pictures are 640 x 360; the limit is 230399 pixels"),
        (replace(TIGHT, total_pixels=69_119_999), r"have 69120000 pixels in all; the limit is 69119999"),
        (replace(TIGHT, frame_rate=29.97), r"there are 30 pictures a second; the limit is 29\.97"),
        (replace(TIGHT, sample_rate=44_100), r"the sound has 48000 samples a second; the limit is 44100"),
        (replace(TIGHT, channels=1), r"the sound has 2 channels; the limit is 1"),
        (replace(TIGHT, streams=1), r"the file has 2 streams or more; the limit is 1"),
    ],
)
def test_a_file_over_a_limit_is_refused_by_what_was_found_and_expected(limits: Limits, said: str) -> None:
    with pytest.raises(TooLarge, match=f"^[^;]*{said}$"):
        check_budget(FOUND, limits)


def test_a_file_over_several_limits_is_told_all_of_them() -> None:
    with pytest.raises(
        TooLarge, match=r"lasts 10\.0 s; the limit is 5 s, and the sound has 2 channels; the limit is 1"
    ):
        check_budget(FOUND, replace(TIGHT, duration_s=5, channels=1))


def test_a_file_that_says_nothing_of_its_length_is_within_the_budget() -> None:
    assert FOUND.pictures is not None
    check_budget(replace(FOUND, duration_s=None, pictures=replace(FOUND.pictures, frame_rate=None)), TIGHT)


@pytest.mark.parametrize(
    "limits",
    [Limits(duration_s=1), Limits(pixels=9000), Limits(total_pixels=184_319), Limits(frame_rate=9.9)],
)
def test_a_file_is_refused_before_anything_of_it_is_decoded(tmp_path: Path, limits: Limits) -> None:
    clip = without_content(tiny_clip(tmp_path / "clip.mp4", sound=False, seconds=2))
    with pytest.raises(MediaInvalid, match="nothing could be decoded"):
        look(clip, Limits())
    with pytest.raises(TooLarge, match="the limit is"):
        look(clip, limits)


def test_sound_over_a_limit_is_refused(tmp_path: Path) -> None:
    with pytest.raises(TooLarge, match="30 channels; the limit is 24"):
        look(silence(tmp_path / "many.wav", channels=30), Limits())
    with pytest.raises(TooLarge, match="400000 samples a second; the limit is 192000"):
        look(silence(tmp_path / "fast.wav", rate=400_000), Limits())


def test_pictures_that_are_not_declared_are_counted_as_they_are_decoded(tmp_path: Path) -> None:
    clip = tmp_path / "bare.h264"  # has neither length nor number
    render(clip, frames=np.zeros((40, 32, 32, 3), np.uint8))
    assert probe(clip, Limits()).total_pixels is None
    look(clip, Limits(total_pixels=40 * 32 * 32))
    with pytest.raises(TooLarge, match="over 40959 pixels in all, the limit"):
        look(clip, Limits(total_pixels=40 * 32 * 32 - 1))


@pytest.mark.parametrize("name", ["many.mkv", "many.avi", "many.mp4", "many.ts"])
def test_more_streams_than_the_limit_are_refused(tmp_path: Path, name: str) -> None:
    clip = tracks(tmp_path / name, 9)
    assert len(probe(clip, Limits(streams=9)).streams) == 9
    with pytest.raises(TooLarge, match=r"8 streams|9 streams or more; the limit is 8"):
        look(clip, Limits(streams=8))


def test_too_many_streams_are_not_taken_for_a_lack_of_memory_in_the_cage(tmp_path: Path) -> None:
    with Cage(Limits(streams=8), workers=1) as cage, pytest.raises(TooLarge, match="opened with 8 streams"):
        cage.probe(tracks(tmp_path / "many.mp4", 12))


def test_ten_thousand_streams_cost_no_more_than_a_few(tmp_path: Path) -> None:
    with pytest.raises(TooLarge, match="65 streams or more; the limit is 64"):
        look(tracks(tmp_path / "many.mkv", 10_000), Limits())


def test_a_container_that_is_not_accepted_is_refused(tmp_path: Path) -> None:
    clip = tiny_clip(tmp_path / "clip.mp4")
    with pytest.raises(MediaInvalid, match=r"not accepted.*expected a video, sound .* of these kinds: WAV, FLAC$"):
        look(clip, Limits(containers=("wav", "flac")))


def test_a_stream_of_a_codec_that_is_not_accepted_is_as_if_it_were_not_there(tmp_path: Path) -> None:
    clip = tiny_clip(tmp_path / "clip.mp4")
    found = probe(clip, Limits(codecs=("aac",)))
    assert found.pictures is None
    assert found.sound is not None
    with pytest.raises(
        MediaInvalid, match=r"audio \(aac\), video \(h264\), .* nothing is accepted; expected vp8, opus"
    ):
        look(clip, Limits(codecs=("vp8", "opus")))


def test_a_picture_at_every_tick_of_the_clock_is_no_rate(tmp_path: Path) -> None:
    clip = render(tmp_path / "clip.mkv", frames=np.zeros((30, 32, 32, 3), np.uint8), frame_rate=1000)
    with av.open(str(clip)) as container:
        (stream,) = container.streams.video
        assert stream.average_rate == 1000
        assert stream.time_base == Fraction(1, 1000)
    found = probe(clip, Limits()).pictures
    assert found is not None
    assert found.frame_rate is None


def test_sound_that_only_decoding_can_tell_of_is_refused_when_it_is_heard(tmp_path: Path) -> None:
    clip = tiny_clip(tmp_path / "clip.ts", pictures=False)
    assert probe(clip, Limits()).sound == SoundStream("aac", None, None)
    with pytest.raises(TooLarge, match="16000 samples a second; the limit is 8000"):
        look(clip, Limits(sample_rate=8000))


@pytest.mark.parametrize(
    ("kind", "names", "odd"),
    [("containers", ("mp4", "hls"), "hls"), ("containers", (), "none"), ("codecs", ("h264", "exr"), "exr")],
)
def test_only_kinds_that_are_known_can_be_accepted(kind: str, names: tuple[str, ...], odd: str) -> None:
    with pytest.raises(ValueError, match=f"{kind}: found {odd}; expected some of"):
        Limits(containers=names) if kind == "containers" else Limits(codecs=names)

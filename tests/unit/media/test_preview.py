import re
from fractions import Fraction
from multiprocessing import get_context
from pathlib import Path
from typing import Literal

import av
import numpy as np
import pytest

from models.errors import MediaInvalid, TooLarge
from models.media.limits import Limits
from models.media.looking.outlet import listened_to
from models.media.looking.preview import Preview, preview
from models.types import F32, U8
from tests.tiny.clips import render, tiny_clip
from tests.tiny.containers import without_content
from tests.tiny.scenes import SILENT_S, film, held, is_upright, pictures, scene, second_of, tone

ODD = [
    ("film.avi", ("libmp3lame", "mpeg4")),
    ("film.mkv", ("flac", "libx265")),
    ("film.ts", ("mp2", "mpeg2video")),
    ("film.mpg", ("mp2", "mpeg1video")),
    ("film.mov", ("pcm_s16le", "libx264")),
    ("film.wmv", ("libmp3lame", "wmv2")),
    ("film.flv", ("aac", "flv")),
]
FINE = [
    ("film.mkv", ("aac", "libx264")),
    ("film.ts", ("aac", "libx264")),
    ("film.flv", ("aac", "libx264")),
    ("film.mov", ("libmp3lame", "libx264")),
    ("film.mp4", ("aac", "libx264")),  # its index is behind its content
]


def previewed(path: Path, *, limits: Limits | None = None, limit_bytes: int = 10**8) -> tuple[Preview, Path]:
    """What is made of a clip, and the file where it is."""
    place = path.with_name(f"preview of {path.name}")
    with place.open("w+b") as into, listened_to(into, limit_bytes=limit_bytes) as pipe:
        made = preview(path, limits or Limits(), pipe=pipe)
    return made, place


def boxes(path: Path) -> list[bytes]:
    content, kinds = path.read_bytes(), []
    while content:
        kinds.append(content[4:8])
        content = content[int.from_bytes(content[:4], "big") :]
    return kinds


def shown(path: Path) -> list[tuple[float, U8]]:
    with av.open(str(path)) as opened:
        return [(frame.time, frame.to_ndarray(format="rgb24").astype(np.uint8)) for frame in opened.decode(video=0)]


def heard(path: Path) -> tuple[F32, int]:
    """[n] of the first channel, and its rate."""
    with av.open(str(path)) as opened:
        frames = list(opened.decode(audio=0))
        start = round((frames[0].time or 0) * frames[0].sample_rate)
        whole = np.concatenate([each.to_ndarray()[0] for each in frames])
        return np.concatenate([np.zeros(max(start, 0), np.float32), whole]), frames[0].sample_rate


def packets(path: Path, kind: Literal["video", "audio"]) -> list[bytes]:
    with av.open(str(path)) as opened:
        return [bytes(each) for each in opened.demux(opened.streams.best(kind)) if each.size]


def check_plays(path: Path, *, seconds: float = 4.0) -> None:
    """As browsers would: the index first, the codecs theirs, the pictures those of their second, in step with sound."""
    kinds = boxes(path)
    assert kinds.index(b"moov") < kinds.index(b"mdat")
    with av.open(str(path)) as opened:
        (video,), (audio,) = opened.streams.video, opened.streams.audio
        assert (video.codec_context.name, video.codec_context.pix_fmt) == ("h264", "yuv420p")
        assert audio.codec_context.name in ("aac", "mp3float")
        assert (opened.duration or 0) / av.time_base == pytest.approx(seconds, abs=0.15)
    for time_s, picture in shown(path):
        if 0.1 < time_s % 1 < 0.9:
            assert (second_of(picture), is_upright(picture)) == (int(time_s) % 4, True), time_s
    samples, rate = heard(path)
    assert np.flatnonzero(np.abs(samples) > 0.1)[0] / rate == pytest.approx(SILENT_S, abs=0.03)


@pytest.mark.parametrize(("name", "codecs"), ODD)
def test_what_browsers_do_not_play_becomes_what_they_do(tmp_path: Path, name: str, codecs: tuple[str, str]) -> None:
    made, place = previewed(scene(tmp_path / name, codecs=codecs))
    assert made == Preview("video/mp4", is_original=False)
    check_plays(place)


@pytest.mark.parametrize(("name", "codecs"), FINE)
def test_streams_that_are_fine_are_copied(tmp_path: Path, name: str, codecs: tuple[str, str]) -> None:
    clip = scene(tmp_path / name, codecs=codecs)
    made, place = previewed(clip)
    assert made == Preview("video/mp4", is_original=False)
    check_plays(place)
    if name.endswith((".mkv", ".flv", ".mov", ".mp4")):  # others hold the same in another wrapping
        assert packets(place, "video") == packets(clip, "video")
        assert packets(place, "audio") == packets(clip, "audio")
    for (_, one), (_, other) in zip(shown(clip), shown(place), strict=True):
        np.testing.assert_array_equal(one, other)


def test_only_the_stream_that_is_not_fine_is_encoded(tmp_path: Path) -> None:
    clip = scene(tmp_path / "film.mkv", codecs=("libopus", "libx264"))
    _, place = previewed(clip)
    check_plays(place)
    assert packets(place, "video") == packets(clip, "video")


def test_a_preview_is_its_own_preview(tmp_path: Path) -> None:
    _, place = previewed(scene(tmp_path / "film.mkv"))
    again, nothing = previewed(place)
    assert again == Preview("video/mp4", is_original=True)
    assert nothing.stat().st_size == 0


@pytest.mark.parametrize(
    ("name", "codecs", "media_type"),
    [
        ("film.webm", ("libopus", "libvpx"), "video/webm"),
        ("sound.wav", ("pcm_s16le", ""), "audio/wav"),
        ("sound.mp3", ("libmp3lame", ""), "audio/mpeg"),
        ("sound.ogg", ("libopus", ""), "audio/ogg"),
        ("sound.flac", ("flac", ""), "audio/flac"),
        ("sound.webm", ("libopus", ""), "audio/webm"),
    ],
)
def test_what_browsers_play_as_it_is_stays_so_whatever_it_is_called(
    tmp_path: Path, name: str, codecs: tuple[str, str], media_type: str
) -> None:
    frames = pictures(seconds=1) if codecs[1] else None
    clip = render(tmp_path / name, samples=tone(seconds=1), rate=48_000, frames=frames, codecs=codecs)
    assert previewed(clip.rename(tmp_path / "clip.avi"))[0] == Preview(media_type, is_original=True)


def test_an_image_is_shown_as_it_is(tmp_path: Path) -> None:
    frame = av.VideoFrame.from_ndarray(pictures(seconds=1)[0], format="rgb24")
    frame.save(str(tmp_path / "image.png"))
    assert previewed(tmp_path / "image.png")[0] == Preview("image/png", is_original=True)


@pytest.mark.parametrize(
    ("name", "codec"),
    [("sound.wav", "adpcm_ima_wav"), ("sound.aiff", "pcm_s16be"), ("sound.mka", "alac"), ("s.aac", "aac")],
)
def test_sound_of_odd_kinds_becomes_aac(tmp_path: Path, name: str, codec: str) -> None:
    clip = render(tmp_path / name, samples=tone(seconds=2), rate=44_100, codecs=(codec, ""))
    made, place = previewed(clip)
    assert made == Preview("audio/mp4", is_original=False)
    with av.open(str(place)) as sound:
        assert [each.codec_context.name for each in sound.streams] == ["aac"]


@pytest.mark.parametrize("turn", [90, 180, 270])
@pytest.mark.parametrize("codec", ["libx264", "libx265"])
def test_turned_pictures_are_shown_upright(tmp_path: Path, turn: int, codec: str) -> None:
    path = film(tmp_path / "held.mov", held(turn), codec=codec, turn=turn)
    _, place = previewed(path)
    with av.open(str(place)) as found:
        frame = next(found.decode(video=0))
        shown_so = np.rot90(frame.to_ndarray(format="rgb24"), round(frame.rotation / 90)).astype(np.uint8)
    assert shown_so.shape == (120, 160, 3)
    assert is_upright(shown_so)
    if codec == "libx264":
        assert packets(place, "video") == packets(path, "video")


def test_pixels_that_are_no_squares_are_made_so(tmp_path: Path) -> None:
    _, place = previewed(film(tmp_path / "wide.avi", held(0), codec="mpeg4", aspect=Fraction(2)))
    assert shown(place)[0][1].shape == (120, 320, 3)


@pytest.mark.parametrize(("width", "height", "fits"), [(1280, 720, (854, 480)), (600, 1000, (480, 800))])
def test_what_is_encoded_is_small_and_has_few_pictures(
    tmp_path: Path, width: int, height: int, fits: tuple[int, int]
) -> None:
    frames = np.zeros((30, height, width, 3), np.uint8)
    clip = render(tmp_path / "large.avi", frames=frames, frame_rate=60, codecs=("", "mpeg4"))
    _, place = previewed(clip)
    found = shown(place)
    assert found[0][1].shape[1::-1] == fits
    assert len(found) == 15
    assert np.diff([time_s for time_s, _ in found]) == pytest.approx(1 / 30, abs=1e-3)


def test_h264_of_ten_bits_is_encoded_anew(tmp_path: Path) -> None:
    path = film(tmp_path / "deep.mov", held(0), pixels="yuv420p10le")
    made, place = previewed(path)
    assert not made.is_original
    with av.open(str(place)) as found:
        assert found.streams.video[0].codec_context.pix_fmt == "yuv420p"
    assert all(is_upright(picture) for _, picture in shown(place))


def test_pictures_keep_their_moments_where_their_rate_varies(tmp_path: Path) -> None:
    moments = (0.0, 0.1, 0.7, 0.75, 1.9)
    path = tmp_path / "varying.mkv"
    with av.open(str(path), "w") as output:
        stream = output.add_stream("mpeg4", rate=1000)
        stream.height, stream.width, stream.pix_fmt = 120, 160, "yuv420p"
        for moment, picture in zip(moments, pictures(seconds=1), strict=False):
            frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
            frame.pts, frame.time_base = round(moment * 1000), Fraction(1, 1000)
            output.mux(stream.encode(frame))
        output.mux(stream.encode(None))
    assert [time_s for time_s, _ in shown(previewed(path)[1])] == pytest.approx(moments, abs=2e-3)


@pytest.mark.parametrize("codecs", [("aac", "libx264"), ("flac", "mpeg4")])
def test_sound_that_begins_late_does_so(tmp_path: Path, codecs: tuple[str, str]) -> None:
    late = render(
        tmp_path / "late.mkv",
        samples=tone(seconds=2)[48_000:],
        rate=48_000,
        frames=pictures(seconds=3),
        frame_rate=25,
        codecs=codecs,
        sound_starts_s=1.5,
    )
    samples, rate = heard(previewed(late)[1])
    assert np.flatnonzero(np.abs(samples) > 0.1)[0] / rate == pytest.approx(1.5, abs=0.03)


@pytest.mark.parametrize("name", ["film.avi", "film.ts", "film.mkv"])
def test_of_a_film_that_is_cut_off_what_is_there_is_shown(tmp_path: Path, name: str) -> None:
    whole = scene(tmp_path / name, codecs=("mp2", "mpeg2video"))
    whole.write_bytes(whole.read_bytes()[: whole.stat().st_size // 2])
    times = [time_s for time_s, _ in shown(previewed(whole)[1])]
    assert 1 < times[-1] < 3


def test_of_a_film_with_damage_the_rest_is_shown(tmp_path: Path) -> None:
    clip = scene(tmp_path / "film.avi", codecs=("pcm_s16le", "mpeg4"))
    content = bytearray(clip.read_bytes())
    rng = np.random.default_rng(0)
    for at in rng.integers(len(content) // 4, len(content) * 3 // 4, 20):
        content[at : at + 8] = rng.bytes(8)
    clip.write_bytes(content)
    assert len(shown(previewed(clip)[1])) > 50


def test_pictures_that_cannot_be_decoded_leave_the_sound(tmp_path: Path) -> None:
    clip = scene(tmp_path / "film.avi", codecs=("pcm_s16le", "mpeg4"))
    content = clip.read_bytes()
    for chunk in content.split(b"00dc")[1:-1]:
        content = content.replace(chunk[4:40], bytes(len(chunk[4:40])))
    clip.write_bytes(content)
    made, place = previewed(clip)
    assert made.media_type in ("audio/mp4", "video/mp4")
    samples, rate = heard(place)
    assert len(samples) / rate == pytest.approx(4, abs=0.1)


def test_a_clip_of_which_nothing_can_be_decoded_has_none(tmp_path: Path) -> None:
    clip = render(tmp_path / "clip.mp4", samples=tone(seconds=1), frames=pictures(seconds=1), codecs=("alac", "mpeg4"))
    with pytest.raises(MediaInvalid, match="nothing could be decoded"):
        previewed(without_content(clip))
    (tmp_path / "text.mp4").write_text("no film")
    with pytest.raises(MediaInvalid):
        previewed(tmp_path / "text.mp4")


def test_a_preview_over_the_limit_of_bytes_is_refused(tmp_path: Path) -> None:
    with pytest.raises(TooLarge, match="over 5000 bytes"):
        previewed(scene(tmp_path / "film.mkv"), limit_bytes=5000)


def test_a_clip_over_a_limit_is_refused(tmp_path: Path) -> None:
    with pytest.raises(TooLarge, match="lasts"):
        previewed(tiny_clip(tmp_path / "clip.mp4"), limits=Limits(duration_s=1))


def large_film(path: Path, *, copies: int) -> Path:
    """H.264 of noise, 24 pictures again and again."""
    noise = np.random.default_rng(0).integers(0, 255, (24, 240, 320, 3), np.uint8)
    source = render(path.with_name("once.mkv"), frames=noise, frame_rate=24)
    with av.open(str(source)) as opened, av.open(str(path), "w", format="matroska") as output:
        stream = output.add_stream_from_template(opened.streams.video[0], opaque=True)
        once = [each for each in opened.demux(video=0) if each.size]
        for turn in range(copies):
            for each in once:
                packet = av.Packet(bytes(each))
                packet.stream, packet.time_base = stream, each.time_base
                packet.pts, packet.dts = (each.pts or 0) + 1000 * turn, (each.dts or 0) + 1000 * turn
                packet.is_keyframe = each.is_keyframe
                output.mux(packet)
    return path


def _peak_mib() -> float:
    """Of this process alone: `ru_maxrss` begins with that of who started it, which other tests may have filled."""
    (kib,) = re.findall(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text())
    return int(kib) / 1024


def _grown_mib(path: Path) -> tuple[float, int]:
    """How much more memory a process has for a large film than for a small one, and how large the preview is."""
    previewed(path.with_name("once.mkv"))
    before = _peak_mib()
    _, place = previewed(path)
    return _peak_mib() - before, place.stat().st_size


def test_a_film_of_any_size_needs_little_memory_at_both_ends_of_the_pipe(tmp_path: Path) -> None:
    clip = large_film(tmp_path / "large.mkv", copies=64)
    with get_context("spawn").Pool(1) as pool:
        grown_mib, size_bytes = pool.apply(_grown_mib, (clip,))
    assert size_bytes > 60 * 2**20
    assert grown_mib < 24

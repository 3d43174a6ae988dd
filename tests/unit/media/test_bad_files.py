import shutil
import wave
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from av.audio.codeccontext import AudioCodecContext
from av.packet import Packet

from models.errors import MediaInvalid, TooLarge
from models.media.decoding.decode import decode
from models.media.limits import Limits
from models.media.media import FrameSpec, Media, SoundSpec
from tests.real_data import real
from tests.tiny.clips import render, tiny_clip


def look(path: Path, limits: Limits | None = None) -> Media:
    return decode(
        path,
        sound=SoundSpec(rate=16_000),
        pictures=FrameSpec(rate=4, size=32, shorter_side=32),
        limits=limits or Limits(),
    )


def spoil(folder: Path, kind: str) -> Path:
    path = folder / "strange.mp4"
    clip = tiny_clip(folder / "clip.mp4")
    noise = np.random.default_rng(0)  # the same bytes whichever tests ran before: some may look like media
    contents = {
        "nothing": b"",
        "random bytes": noise.bytes(50_000),
        "words": b"Dear Sir, please find my video attached.\n" * 200,
        "half a clip": clip.read_bytes()[: clip.stat().st_size // 2],
        "a clip's head": clip.read_bytes()[:40],
        "a playlist": f"#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:2,\n{clip}\n#EXT-X-ENDLIST\n".encode(),
        "a list of files": f"ffconcat version 1.0\nfile '{clip}'\n".encode(),
        "a drawing": b"\x89PNG\r\n\x1a\n" + noise.bytes(500),
    }
    path.write_bytes(contents[kind])
    return path


def unknown_codec(clip: Path) -> Path:
    clip.write_bytes(clip.read_bytes().replace(b"A_AAC", b"A_ZZZ"))
    return clip


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        ("nothing", "is empty"),
        ("random bytes", "cannot be read as media"),
        ("words", "cannot be read as media"),
        ("half a clip", "cannot be read as media"),
        ("a clip's head", "cannot be read as media"),
        ("a playlist", "cannot be read as media"),
        ("a list of files", "cannot be read as media"),
        ("a drawing", "nothing could be decoded"),
    ],
)
def test_what_is_not_media_is_refused_by_what_was_found_and_expected(tmp_path: Path, kind: str, said: str) -> None:
    with pytest.raises(MediaInvalid, match=said) as refusal:
        look(spoil(tmp_path, kind))
    assert "expected a video, sound or image file" in str(refusal.value)
    assert str(tmp_path) not in str(refusal.value)


def test_a_playlist_in_disguise_cannot_reach_the_clip_it_names(tmp_path: Path) -> None:
    playlist = spoil(tmp_path, "a playlist")
    with av.open(str(playlist), format="hls", options={"allowed_extensions": "ALL"}) as reached:
        assert len(reached.streams) == 2  # the playlist is good: unguarded, it does reach
    for suffix in (".m3u8", ".mp4", ".mkv"):
        with pytest.raises(MediaInvalid):
            look(playlist.rename(playlist.with_suffix(suffix)))
        playlist = playlist.with_suffix(suffix)


@pytest.mark.parametrize("name", ["missing.mp4", "."])
def test_what_is_not_a_file_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(MediaInvalid, match="there is no such file"):
        look(tmp_path / name)


def test_a_name_is_never_taken_for_a_protocol(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tiny_clip(tmp_path / "clip.mp4").rename(tmp_path / "concat:a|b.mp4")
    monkeypatch.chdir(tmp_path)
    assert look(Path("concat:a|b.mp4")).senses == {"audio", "video"}


def test_a_file_of_which_nothing_can_be_decoded_says_what_it_holds(tmp_path: Path) -> None:
    with pytest.raises(MediaInvalid, match=r"Matroska.*audio \(unknown\)"):
        look(unknown_codec(tiny_clip(tmp_path / "clip.mkv", pictures=False)))


def test_a_clip_that_is_cut_off_keeps_what_is_there(tmp_path: Path) -> None:
    whole = real("av_clips/LipNet_GRID/bbaf2n.mpg").read_bytes()
    (tmp_path / "half.mpg").write_bytes(whole[: len(whole) // 2])
    media = look(tmp_path / "half.mpg")
    assert media.senses == {"audio", "video"}
    assert 1 < media.duration_s < 2.5


def test_sound_that_cannot_be_decoded_leaves_the_pictures(tmp_path: Path) -> None:
    assert look(unknown_codec(tiny_clip(tmp_path / "clip.mkv"))).senses == {"video"}


def test_sound_that_is_garbage_leaves_the_pictures(tmp_path: Path) -> None:
    clip = tiny_clip(tmp_path / "clip.mkv")
    with av.open(str(clip)) as container:
        packets = [bytes(packet) for packet in container.demux(audio=0) if packet.size]
    content = clip.read_bytes()
    for packet in packets:
        content = content.replace(packet, b"\xff" * len(packet))
    clip.write_bytes(content)
    assert look(clip).senses == {"video"}


def test_sound_of_more_channels_than_can_be_mixed_is_refused_as_such(tmp_path: Path) -> None:
    with wave.open(str(tmp_path / "many.wav"), "wb") as output:
        output.setparams((9, 2, 16_000, 0, "NONE", ""))
        output.writeframes(bytes(18 * 16_000))
    with pytest.raises(MediaInvalid, match=r"WAV.*audio \(pcm_s16le\)"):
        look(tmp_path / "many.wav")


def test_a_moment_of_sound_that_claims_more_than_the_file_told_costs_itself(tmp_path: Path) -> None:
    with av.open(str(tmp_path / "clip.mkv"), "w") as output:
        stream = output.add_stream("libmp3lame", rate=16_000, layout="mono")
        louder = av.CodecContext.create("libmp3lame", "w")
        louder.rate, louder.layout, louder.format = 48_000, "mono", "fltp"
        for start in range(0, 4 * 16_000, 576):
            packets = stream.encode(_noise(576, 16_000, start))
            if 0 <= start - 32_000 < 4 * 576:
                packets = [_instead(packet, louder) for packet in packets]
            output.mux(packets)
        output.mux(stream.encode(None))
    media = look(tmp_path / "clip.mkv", Limits(sample_rate=16_000))
    assert media.duration_s == pytest.approx(4, abs=0.2)
    assert media.samples is not None
    assert media.holes.lost["audio"]
    assert all(1.7 < at_s < 2.3 for at_s in media.holes.lost["audio"])


def _noise(count: int, rate: int, start: int) -> av.AudioFrame:
    values = np.random.default_rng(start).uniform(-0.5, 0.5, (1, count)).astype(np.float32)
    frame = av.AudioFrame.from_ndarray(values, format="fltp", layout="mono")
    frame.sample_rate, frame.pts = rate, start
    return frame


def _instead(packet: "Packet[Any]", encoder: AudioCodecContext) -> "Packet[Any]":
    """A packet of another encoder, at the same moment."""
    others: list[Packet[Any]] = []
    while not others:
        others = encoder.encode(_noise(1152, encoder.rate, 0))
    others[0].pts, others[0].dts, others[0].time_base = packet.pts, packet.dts, packet.time_base
    others[0].stream = packet.stream
    return others[0]


def test_damage_in_the_middle_costs_what_it_hit(tmp_path: Path) -> None:
    content = bytearray(real("av_clips/torchcodec/nasa_13013.mp4").read_bytes())
    content[300_000:301_000] = bytes(1000)
    (tmp_path / "scratched.mp4").write_bytes(content)
    media = look(tmp_path / "scratched.mp4")
    assert media.senses == {"audio", "video"}
    assert media.duration_s == pytest.approx(13.06, abs=0.2)


@pytest.mark.parametrize(
    ("limits", "said"),
    [
        (Limits(size_bytes=1000), r"bytes; the limit is 1000"),
        (Limits(duration_s=1.5), r"lasts 2\.\d s; the limit is 1\.5 s"),
        (Limits(pixels=96 * 95), r"96 x 96; the limit is 9120 pixels"),
    ],
)
def test_a_file_over_a_limit_is_refused(tmp_path: Path, limits: Limits, said: str) -> None:
    with pytest.raises(TooLarge, match=said):
        look(tiny_clip(tmp_path / "clip.mp4", sound=False), limits)


def test_a_file_that_hides_its_length_is_refused_while_it_is_decoded(tmp_path: Path) -> None:
    shutil.copy(real("av_clips/LipNet_GRID/bbaf2n.mpg"), tmp_path / "one.mpg")
    stream = (tmp_path / "one.mpg").read_bytes()
    (tmp_path / "many.mpg").write_bytes(stream * 3)
    with pytest.raises(TooLarge):
        look(tmp_path / "many.mpg", Limits(duration_s=2))


def test_a_thread_of_pixels_is_refused_before_it_is_scaled_up(tmp_path: Path) -> None:
    clip = render(tmp_path / "clip.mp4", frames=np.zeros((2, 2, 4096, 3), np.uint8))
    with pytest.raises(TooLarge, match="524288 x 256"):
        decode(
            clip,
            sound=SoundSpec(rate=16_000),
            pictures=FrameSpec(rate=4, size=224, shorter_side=256),
            limits=Limits(),
        )


def test_limits_are_positive() -> None:
    with pytest.raises(ValueError, match="wall_s"):
        Limits(wall_s=0)

"""A file can name other files and hosts; none of them is ever opened."""

import socket
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import av
import pytest

from models.errors import MediaInvalid
from models.media.cage import Cage
from models.media.decoding.decode import decode
from models.media.file.probe import probe
from models.media.limits import Limits
from models.media.media import FrameSpec, SoundSpec
from tests.tiny.clips import tiny_clip
from tests.tiny.containers import pointing_at

SOUND = SoundSpec(rate=16_000)
PICTURES = FrameSpec(rate=4, size=32, shorter_side=32)
PATIENCE_S = 30.0


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    """A port of this machine, at which a connection can be seen."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.settimeout(0.05)
        yield listening


def playlist(target: str) -> str:
    return f"#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:2,\n{target}\n#EXT-X-ENDLIST\n"


def script(target: str) -> str:
    return f"ffconcat version 1.0\nfile '{target}'\n"


def session(target: str) -> str:
    port = target.rpartition(":")[2].partition("/")[0] if "://" in target else "5004"
    return (
        f"v=0\no=- 0 0 IN IP4 127.0.0.1\ns=-\nc=IN IP4 127.0.0.1\nt=0 0\nm=audio {port} RTP/AVP 0\na=control:{target}\n"
    )


def manifest(target: str) -> str:
    return (
        '<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static">'
        '<Period><AdaptationSet contentType="audio"><Representation id="1" bandwidth="1000" mimeType="audio/mp4">'
        f"<BaseURL>{target}</BaseURL></Representation></AdaptationSet></Period></MPD>"
    )


KINDS: dict[str, Callable[[str], str]] = {
    "list.m3u8": playlist,
    "script.ffconcat": script,
    "session.sdp": session,
    "manifest.mpd": manifest,
}


def was_reached(listener: socket.socket) -> bool:
    try:
        listener.accept()[0].close()
    except TimeoutError:
        return False
    return True


def address(listener: socket.socket) -> str:
    return f"http://127.0.0.1:{listener.getsockname()[1]}/clip.mp4"


def named(kind: str, target: str, folder: Path) -> Path:
    """A file of a kind that names the target, in the disguise of a clip."""
    path = folder / "clip.mp4"
    path.write_text(KINDS[kind](target))
    return path


def test_a_playlist_would_be_followed_by_whoever_is_less_careful(tmp_path: Path, listener: socket.socket) -> None:
    clip, options = named("list.m3u8", address(listener), tmp_path), {"protocol_whitelist": "file,http,tcp"}
    listener.settimeout(PATIENCE_S)
    with ThreadPoolExecutor(1) as pool:
        reached = pool.submit(was_reached, listener)  # which hangs up, so that nobody waits for an answer
        with pytest.raises(av.error.FFmpegError):
            av.open(str(clip), format="hls", options=options, timeout=PATIENCE_S)
        assert reached.result()


@pytest.mark.parametrize("kind", KINDS)
def test_what_names_a_host_is_refused_and_reaches_none(tmp_path: Path, listener: socket.socket, kind: str) -> None:
    clip = named(kind, address(listener), tmp_path)
    for look in (_decoded, probe):
        with pytest.raises(MediaInvalid, match="cannot be read as media"):
            look(clip, Limits())
    assert not was_reached(listener)


@pytest.mark.parametrize("kind", KINDS)
def test_what_names_a_file_is_refused_and_gives_nothing_of_it(tmp_path: Path, kind: str) -> None:
    secret = tiny_clip(tmp_path / "secret.mp4")
    for target in (str(secret), f"file://{secret}", "secret.mp4", "fd:"):
        with pytest.raises(MediaInvalid, match="cannot be read as media"):
            _decoded(named(kind, target, tmp_path), Limits())


def test_the_content_of_a_film_that_lies_in_another_file_is_not_read(tmp_path: Path) -> None:
    secret = tiny_clip(tmp_path / "secret.mp4", sound=False)
    film = pointing_at(str(secret), clip=secret, path=tmp_path / "film.mov")
    careless = {"enable_drefs": "1", "use_absolute_path": "1"}
    with av.open(str(film), options=careless) as reached:
        assert len(list(reached.decode(video=0))) == 20  # the reference is good: unguarded, it does reach
    with pytest.raises(MediaInvalid, match="nothing could be decoded"):
        _decoded(film, Limits())


def test_a_film_whose_content_is_said_to_be_at_a_host_reaches_none(tmp_path: Path, listener: socket.socket) -> None:
    clip = tiny_clip(tmp_path / "clip.mp4", sound=False)
    film = pointing_at(address(listener), clip=clip, path=tmp_path / "film.mov")
    with pytest.raises(MediaInvalid, match="nothing could be decoded"):
        _decoded(film, Limits())
    assert not was_reached(listener)


def test_in_the_cage_nothing_is_reached_either(tmp_path: Path, listener: socket.socket) -> None:
    with Cage(Limits(), workers=1) as cage:
        for kind in KINDS:
            with pytest.raises(MediaInvalid):
                cage.probe(named(kind, address(listener), tmp_path))
    assert not was_reached(listener)


def _decoded(path: Path, limits: Limits) -> object:
    return decode(path, sound=SOUND, pictures=PICTURES, limits=limits)

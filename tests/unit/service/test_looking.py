"""Clips as they are looked at: thumbnails, waveforms, previews."""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from shutil import copytree
from threading import Event

import av
import httpx
import numpy as np
import pytest

from models.media.limits import Limits
from models.media.looking import outlet
from service.app import create_app
from service.settings import Settings
from tests.tiny.clips import render, tiny_clip
from tests.tiny.scenes import scene, second_of, tone
from tests.unit.service.asking import DEMO, refused
from tests.unit.service.running import running
from tests.unit.service.waiting import PATIENCE_S


@pytest.fixture(scope="module")
def data(pristine: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder of this module's own."""
    return Path(copytree(pristine, tmp_path_factory.mktemp("looking") / "library"))


@pytest.fixture(scope="module")
def http(data: Path) -> Iterator[httpx.Client]:
    with running(create_app(Settings(data=data))) as address, httpx.Client(base_url=address, timeout=60) as client:
        yield client


def added(http: httpx.Client, path: Path) -> str:
    """The address of a clip that is in the gallery from now on."""
    answer = http.post(f"{DEMO}/clips", files={"file": (path.name, path.read_bytes(), "application/octet-stream")})
    assert answer.status_code == 201, answer.text
    return f"{DEMO}/clips/{answer.json()['id']}"


@pytest.fixture(scope="module")
def film(http: httpx.Client, tmp_path_factory: pytest.TempPathFactory) -> str:
    """A clip that no browser plays."""
    return added(http, scene(tmp_path_factory.mktemp("films") / "film.avi", codecs=("libmp3lame", "mpeg4")))


def kept(data: Path, address: str) -> set[str]:
    """The names of what is kept of a clip."""
    return {path.name.split(".", 1)[1] for path in data.glob(f"derived/??/{address.rsplit('/', 1)[1]}*")}


def test_the_thumbnail_is_the_picture_of_the_second(http: httpx.Client, film: str) -> None:
    answer = http.get(f"{film}/thumbnail", params={"at_s": "2.5"})
    assert (answer.status_code, answer.headers["content-type"]) == (200, "image/webp")
    with av.open(BytesIO(answer.content), "r", format="webp_pipe") as image:
        found = next(image.decode(video=0)).to_ndarray(format="rgb24").astype(np.uint8)
    assert second_of(found) == 2
    assert http.get(f"{film}/thumbnail").headers["content-type"] == "image/webp"


@pytest.mark.parametrize("at_s", ["-1", "nan", "inf", "4.9", "soon"])
def test_a_second_that_the_clip_does_not_have_is_refused(http: httpx.Client, film: str, at_s: str) -> None:
    refused(http.get(f"{film}/thumbnail", params={"at_s": at_s}), 422, "query-invalid", "at_s")


def test_the_waveform_comes_in_numbers_and_as_a_picture(http: httpx.Client, film: str) -> None:
    answer = http.get(f"{film}/waveform")
    assert answer.headers["content-type"] == "application/json"
    assert answer.json().keys() == {"step_s", "duration_s", "peaks"}
    assert max(high for _, high in answer.json()["peaks"]) == pytest.approx(0.5, abs=0.1)
    drawn = http.get(f"{film}/waveform.svg")
    assert drawn.headers["content-type"].startswith("image/svg+xml")
    assert drawn.content.startswith(b"<svg")


def test_the_preview_plays_where_the_clip_does_not_and_comes_in_ranges(http: httpx.Client, film: str) -> None:
    whole = http.get(f"{film}/preview")
    assert (whole.status_code, whole.headers["content-type"]) == (200, "video/mp4")
    with av.open(BytesIO(whole.content), "r") as clip:
        assert [each.codec_context.name for each in clip.streams] == ["h264", "mp3float"]
    part = http.get(f"{film}/preview", headers={"range": "bytes=100-199"})
    assert (part.status_code, part.content) == (206, whole.content[100:200])
    refused(http.get(f"{film}/preview", headers={"range": "bytes=99999999-"}), 416, "range-not-satisfiable")


@pytest.mark.parametrize("view", ["thumbnail", "waveform", "waveform.svg", "preview"])
def test_each_has_a_tag_by_which_it_is_not_sent_again(http: httpx.Client, film: str, view: str) -> None:
    first = http.get(f"{film}/{view}")
    assert "immutable" in first.headers["cache-control"]
    again = http.get(f"{film}/{view}", headers={"if-none-match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    head = http.head(f"{film}/{view}")
    assert (head.headers["content-length"], head.content) == (str(len(first.content)), b"")


def test_of_a_clip_that_browsers_play_the_preview_is_its_file(http: httpx.Client, data: Path, tmp_path: Path) -> None:
    sound = added(http, render(tmp_path / "sound.flac", samples=tone(seconds=2), rate=48_000, codecs=("flac", "")))
    answer = http.get(f"{sound}/preview")
    assert answer.headers["content-type"] == "audio/flac"
    assert answer.content == http.get(f"{sound}/media").content
    assert kept(data, sound) == {"preview.original"}


def test_what_a_clip_does_not_have_is_not_found(http: httpx.Client, tmp_path: Path) -> None:
    sound = added(http, render(tmp_path / "s.wav", samples=tone(seconds=2), rate=16_000, codecs=("pcm_s16le", "")))
    refused(http.get(f"{sound}/thumbnail"), 404, "sense-not-found", "expected pictures")
    silent = added(http, tiny_clip(tmp_path / "silent.mp4", sound=False))
    refused(http.get(f"{silent}/waveform"), 404, "sense-not-found", "expected sound")
    for view in ("thumbnail", "waveform", "waveform.svg", "preview"):
        refused(http.get(f"{DEMO}/clips/none/{view}"), 404, "clip-not-found")
    assert http.get(silent).status_code == 200


def test_it_is_made_once_and_kept_until_the_clip_goes(http: httpx.Client, data: Path, tmp_path: Path) -> None:
    clip = added(http, scene(tmp_path / "film.mkv", codecs=("flac", "mpeg4"), seconds=3))
    with ThreadPoolExecutor(12) as pool:
        answers = list(pool.map(lambda _: http.get(f"{clip}/preview"), range(12)))
    assert {each.status_code for each in answers} == {200}
    assert len({each.headers["etag"] for each in answers}) == 1  # it has the moment of its making
    http.get(f"{clip}/thumbnail")
    assert kept(data, clip) == {"preview.mp4", "thumbnail.webp"}
    assert http.delete(clip).status_code == 204
    assert kept(data, clip) == set()
    refused(http.get(f"{clip}/preview"), 404, "clip-not-found")
    assert list(data.glob("derived/.draft-*")) == []


def test_a_clip_whose_file_was_damaged_is_a_problem_and_stays(http: httpx.Client, data: Path, tmp_path: Path) -> None:
    clip = added(http, scene(tmp_path / "film.avi", codecs=("pcm_s16le", "mpeg4"), seconds=2))
    digest = http.get(clip).json()["sha256"]
    (data / "media" / digest[:2] / digest).write_bytes(b"no film any more")
    for view in ("thumbnail", "waveform", "preview"):
        refused(http.get(f"{clip}/{view}"), 422, "media-invalid", "cannot be read as media")
        refused(http.get(f"{clip}/{view}"), 422, "media-invalid", "cannot be read as media")
    assert http.get(clip).status_code == 200
    assert kept(data, clip) == set()


def test_while_a_preview_is_made_others_are_answered(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is made until somebody takes what comes out of its pipe."""
    began, let_go, listen = Event(), Event(), outlet._Listener._listen

    def held(listener: outlet._Listener) -> None:
        began.set()
        let_go.wait(PATIENCE_S)
        listen(listener)

    monkeypatch.setattr(outlet._Listener, "_listen", held)
    with running(create_app(Settings(data=data))) as address, httpx.Client(base_url=address, timeout=60) as http:
        noise = np.random.default_rng(1).integers(0, 255, (40, 480, 640, 3), np.uint8)
        slow = added(http, render(tmp_path / "slow.avi", frames=noise, frame_rate=25, codecs=("", "mpeg4")))
        film = added(http, scene(tmp_path / "film.mkv", codecs=("flac", "mpeg4"), seconds=2))
        with ThreadPoolExecutor(4) as pool:
            waiting = [pool.submit(http.get, f"{slow}/preview") for _ in range(3)]
            try:
                assert began.wait(PATIENCE_S)
                assert http.get(f"{film}/thumbnail").status_code == 200
                assert http.get("/readyz").status_code == 200
                assert not any(each.done() for each in waiting)
            finally:
                let_go.set()
            assert {each.result().status_code for each in waiting} == {200}


class Hurried(Settings):
    """As they are, with next to no time for a preview."""

    @property
    def preview_limits(self) -> Limits:
        return replace(super().preview_limits, wall_s=0.01)


def test_a_preview_that_takes_too_long_is_a_problem_and_not_tried_again_at_once(data: Path, tmp_path: Path) -> None:
    with running(create_app(Hurried(data=data))) as address, httpx.Client(base_url=address, timeout=60) as http:
        film = added(http, scene(tmp_path / "slow.avi", codecs=("pcm_s16le", "mpeg4"), seconds=4, width=640))
        for _ in range(2):
            refused(http.get(f"{film}/preview"), 503, "decode-overrun")
        assert http.get(f"{film}/thumbnail").status_code == 200


def test_what_was_used_least_recently_goes_where_there_is_no_room(data: Path, tmp_path: Path) -> None:
    settings = Settings(data=data, derived_limit_bytes=10 * 4096)  # of ten small files
    with running(create_app(settings)) as address, httpx.Client(base_url=address, timeout=60) as http:
        clip = added(http, scene(tmp_path / "film.ts", codecs=("mp2", "mpeg2video"), seconds=3))
        first = http.get(f"{clip}/thumbnail", params={"at_s": 0})
        for tenth in range(1, 16):
            for at_s in (0, tenth / 10):
                assert http.get(f"{clip}/thumbnail", params={"at_s": at_s}).status_code == 200
        again = http.get(f"{clip}/thumbnail", params={"at_s": 0})
    assert again.headers["etag"] == first.headers["etag"]  # it was never made anew
    left = kept(data, clip)
    assert {"thumbnail-0.0.webp", "thumbnail-1.5.webp"} < left
    assert "thumbnail-0.1.webp" not in left
    assert len(list(data.glob("derived/??/*"))) <= 10


def test_a_preview_larger_than_all_room_is_refused(data: Path, tmp_path: Path) -> None:
    settings = Settings(data=data, derived_limit_bytes=5000)
    with running(create_app(settings)) as address, httpx.Client(base_url=address, timeout=60) as http:
        clip = added(http, scene(tmp_path / "film.mkv", codecs=("aac", "libx264"), seconds=2))
        refused(http.get(f"{clip}/preview"), 413, "too-large", "5000")


def test_the_numbers_of_a_waveform_are_json_of_few_digits(http: httpx.Client, film: str) -> None:
    answer = http.get(f"{film}/waveform").content
    assert len(answer) < 25_000
    assert json.loads(answer)["duration_s"] == pytest.approx(4, abs=0.1)

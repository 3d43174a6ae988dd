"""Two hours of video: ingested with progress, in the memory of minutes, and found at the right second."""

import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from index.galleries import Galleries
from models.media.cage import Cage
from models.media.decoding.stretches import STRETCH_BYTES
from models.media.limits import Limits
from models.media.media import FrameSpec, SoundSpec
from models.media.stream import Decoded, Ended
from service.app import create_app
from service.settings import Settings
from tests.tiny.bundles import narrowed, tiny_library
from tests.tiny.clips import tiny_clip
from tests.tiny.long_video import Look, long_video
from tests.unit.service.asking import OWN, upload

HOURS_S = 2 * 3600
SPECIAL_S, LASTING_S = 5000, 10  # 1:23:20
SPECIAL: Look = ((250, 250, 250), 1500.0)
PATIENCE_S = 240.0
LONG = "/v1/galleries/long"


def look(second: int) -> Look:
    """Dark pictures and low tones, but for ten seconds."""
    if SPECIAL_S <= second < SPECIAL_S + LASTING_S:
        return SPECIAL
    minute = second // 60
    return (20 + minute % 7 * 10, 30, 20 + minute % 5 * 10), 200.0 + minute % 12 * 20


@pytest.fixture(scope="module")
def video(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return long_video(tmp_path_factory.mktemp("long") / "two hours.mov", seconds=HOURS_S, look=look)


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory, video: Path) -> Iterator[TestClient]:
    """A service that takes clips of hours, with an empty gallery whose routes stay within a sense."""
    folder = tiny_library(tmp_path_factory.mktemp("library"), clips_per_label=1)
    narrowed(folder / "bundles" / "tiny", "within", routes=["audio->audio", "video->video"])
    galleries = Galleries.open(folder)
    galleries.create("long", "within")
    galleries.close()
    settings = Settings(data=folder, ingest_root=video.parent, job_workers=1, clip_limit_s=HOURS_S + 60)
    with TestClient(create_app(settings), OWN) as client:
        yield client


def test_two_hours_are_ingested_with_progress_and_found_at_the_right_second(client: TestClient, tmp_path: Path) -> None:
    job = client.post(f"{LONG}/jobs/ingest", json={"source": "."}).json()
    beats, reached = set(), []
    end = time.monotonic() + PATIENCE_S
    while (job := client.get(f"/v1/jobs/{job['id']}").json())["state"] in ("queued", "running"):
        assert time.monotonic() < end, job
        beats.add(job["heartbeat_at"])
        reached.append(job["progress"]["reached_s"] or 0.0)
        time.sleep(0.2)
    assert (job["state"], job["result"]) == ("done", {"added": 1, "known": 0, "failed": 0}), job
    assert len(beats) >= 3  # it was seen to move on while the one clip was at work
    assert len({each for each in reached if 0 < each < HOURS_S}) >= 3
    asked = tiny_clip(tmp_path / "asked.mp4", seconds=4, colour=SPECIAL[0], tone_hz=SPECIAL[1])
    for sense in ("audio", "video"):
        hits = upload(client, f"{LONG}/search", asked, from_=sense, to=sense, k=3).json()["hits"]
        check_hit(hits[0])


def check_hit(hit: dict[str, Any]) -> None:
    assert hit["clip"]["name"] == "two hours.mov"
    assert hit["window"]["start_s"] == pytest.approx(SPECIAL_S, abs=5)


SOUND, PICTURES = SoundSpec(rate=8_000), FrameSpec(rate=1, size=64, shorter_side=64)
ROOM_BYTES = 48 * 2**20  # more than this is no noise of allocation


def peak_bytes(pid: int | str) -> int:
    """The most memory that a process had since `forget_peak`."""
    line = next(each for each in Path(f"/proc/{pid}/status").read_text().splitlines() if each.startswith("VmHWM"))
    return int(line.split()[1]) * 1024


def forget_peak(pid: int | str) -> int:
    """What it has now, from which the next peak counts."""
    Path(f"/proc/{pid}/clear_refs").write_text("5")
    return peak_bytes(pid)


def growth_bytes(cage: Cage, clip: Path, seconds: int) -> tuple[int, int]:
    """By how much this process and the largest child grow while a clip is read, window by window."""
    pids = [os.getpid(), *cage._pool._pool_manager.worker_manager.workers]
    before = [forget_peak(pid) for pid in pids]
    ended = None
    for each in cage.stream([clip], sound=SOUND, pictures=PICTURES):
        ended = each if isinstance(each, Ended) else ended
        assert not isinstance(each, Decoded) or each.media.senses == {"audio", "video"}
    assert ended is not None
    assert ended.outcome == pytest.approx(seconds, abs=1)
    parent, *children = (peak_bytes(pid) - was for pid, was in zip(pids, before, strict=True))
    return parent, max(children)


def test_two_hours_need_the_memory_of_ten_minutes(video: Path, tmp_path: Path) -> None:
    short = long_video(tmp_path / "ten minutes.mov", seconds=600, look=look)
    with Cage(Limits(duration_s=HOURS_S + 60), workers=2) as cage:
        cage.warm_up()
        list(
            cage.stream([tiny_clip(tmp_path / f"{i}.mp4", seconds=1) for i in range(4)], sound=SOUND, pictures=PICTURES)
        )
        minutes, hours = growth_bytes(cage, short, 600), growth_bytes(cage, video, HOURS_S)
    for of_minutes, of_hours in zip(minutes, hours, strict=True):
        assert of_hours < of_minutes + ROOM_BYTES
        assert of_hours < 7 * STRETCH_BYTES

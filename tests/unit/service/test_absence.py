"""Clips say what they lack, and why, from the upload to the hit."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from starlette.testclient import TestClient

from tests.tiny.clips import SOUND_RATE, render, tiny_clip
from tests.tiny.damage import damaged
from tests.unit.service.asking import DEMO, SEARCH, refused, upload

CLIPS = f"{DEMO}/clips"


@pytest.fixture(scope="module")
def hushed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Pictures with a sound track in which nothing is to be heard."""
    frames = np.full((10, 32, 32, 3), 180, np.uint8)
    samples = np.zeros(SOUND_RATE, np.float32)
    return render(tmp_path_factory.mktemp("clips") / "hushed.mp4", samples=samples, frames=frames)


@pytest.fixture(scope="module")
def mute(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Silence, and no pictures."""
    return render(tmp_path_factory.mktemp("clips") / "mute.mp4", samples=np.zeros(SOUND_RATE, np.float32))


def hits(client: TestClient, to: str) -> dict[str, Any]:
    """By clip: where it is found."""
    found = client.get(SEARCH, params={"text": "bell", "to": to, "k": 50}).json()["hits"]
    return {hit["clip"]["id"]: hit["window"] for hit in found}


def test_a_silent_clip_is_added_says_so_and_is_found_by_its_pictures_alone(own: TestClient, hushed: Path) -> None:
    answer = upload(own, CLIPS, hushed)
    added = answer.json()
    assert answer.status_code == 201
    assert (added["senses"], added["absent"]) == (["video"], {"audio": "silent"})
    assert [each["absent"] for each in added["windows"]] == [{"audio": "silent"}]
    assert own.get(answer.headers["location"]).json() == added
    assert hits(own, "video")[added["id"]]["absent"] == {"audio": "silent"}
    assert added["id"] not in hits(own, "audio") | hits(own, "av")


def test_a_clip_says_of_each_window_what_is_damaged_there(own: TestClient, tmp_path: Path) -> None:
    clip = damaged(tiny_clip(tmp_path / "clip.mp4", seconds=24), tmp_path / "damaged.mp4")
    added = upload(own, CLIPS, clip).json()
    told = {each["start_s"]: each["absent"] for each in added["windows"]}
    assert (told[0.0], told[10.0]) == ({}, {"audio": "damaged"})
    assert (added["senses"], added["absent"]) == (["audio", "video"], {})


def test_a_clip_without_sound_is_told_from_a_silent_one(own: TestClient, silent_clip: Path, sound_clip: Path) -> None:
    assert upload(own, CLIPS, silent_clip).json()["absent"] == {"audio": "missing"}
    assert upload(own, CLIPS, sound_clip).json()["absent"] == {"video": "missing"}


def test_a_clip_of_which_nothing_is_left_is_refused_everywhere(own: TestClient, mute: Path) -> None:
    refused(upload(own, CLIPS, mute), 422, "media-invalid", "no sound (silent) and no pictures (missing)")
    refused(upload(own, SEARCH, mute, from_="audio"), 422, "sense-missing", "has nothing and no sound (silent)")
    refused(upload(own, "/v1/classify", mute), 422, "sense-missing")
    assert own.get(DEMO).json()["clips"] == 6


def test_a_silent_clip_cannot_ask_by_its_sound_and_is_classified_by_its_pictures(own: TestClient, hushed: Path) -> None:
    answer = upload(own, SEARCH, hushed, from_="audio")
    refused(answer, 422, "sense-missing", "has pictures and no sound (silent)", "from=audio")
    assert upload(own, SEARCH, hushed, from_="video").status_code == 200
    assert upload(own, "/v1/classify", hushed).json()["channel"] == "video"

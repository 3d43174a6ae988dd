"""Real clips of other projects' tests, uploaded as a person would."""

import os
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from tests.unit.service.asking import SEARCH, refused, upload

CLIPS = Path(os.environ.get("SIGHTSOUND_TEST_DATA", Path(__file__).parents[4] / "shared" / "data")) / "av_clips"

pytestmark = pytest.mark.skipif(not CLIPS.is_dir(), reason=f"there are no real clips in {CLIPS}")


@pytest.mark.parametrize("name", ["LipNet_GRID/bbaf2n.mpg", "moviepy/chaplin.mp4", "decord/flipping_a_pancake.mkv"])
def test_a_real_clip_is_classified_and_finds_hits(client: TestClient, name: str) -> None:
    assert upload(client, "/v1/classify", CLIPS / name).json()["channel"] == "av"
    assert len(upload(client, SEARCH, CLIPS / name, from_="audio").json()["hits"]) == 6
    assert len(upload(client, SEARCH, CLIPS / name, from_="video").json()["hits"]) == 6


def test_a_real_clip_without_sound_says_so(client: TestClient) -> None:
    refused(upload(client, SEARCH, CLIPS / "LanguageBind" / "0.mp4", from_="audio"), 422, "sense-missing", "no sound")

"""Images searched with, added and served over HTTP."""

from pathlib import Path

import numpy as np
import pytest
from starlette.testclient import TestClient

from tests.tiny.images import image, png
from tests.unit.service.asking import DEMO, SEARCH, refused, upload

CLIPS = f"{DEMO}/clips"
TYPES = {".png": "image/png", ".jpg": "image/jpeg", ".webp": "image/webp", ".bmp": "image/bmp", ".gif": "image/gif"}


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    return image(tmp_path / "picture.png", np.full((48, 64, 3), (200, 30, 30), np.uint8))


@pytest.mark.parametrize("suffix", TYPES)
def test_an_image_searches_with_its_picture_for_sound(client: TestClient, tmp_path: Path, suffix: str) -> None:
    clip = image(tmp_path / f"picture{suffix}", np.full((48, 64, 3), (200, 30, 30), np.uint8))
    answer = upload(client, SEARCH, clip, from_="video", type_=TYPES[suffix])
    assert answer.status_code == 200
    assert answer.json()["route"] == "video->audio"
    assert len(answer.json()["hits"]) == 6


def test_an_image_is_classified_by_its_picture(client: TestClient, picture: Path) -> None:
    answer = upload(client, "/v1/classify", picture, type_="image/png").json()
    assert answer["channel"] == "video"


def test_an_image_has_no_sound_to_search_with(client: TestClient, picture: Path) -> None:
    refused(upload(client, SEARCH, picture, from_="audio", type_="image/png"), 422, "sense-missing", "no sound")


@pytest.mark.parametrize("suffix", TYPES)
def test_an_image_that_is_added_is_found_and_served_as_one(own: TestClient, tmp_path: Path, suffix: str) -> None:
    clip = image(tmp_path / f"picture{suffix}", np.full((48, 64, 3), (30, 30, 200), np.uint8))
    made = upload(own, CLIPS, clip, type_=TYPES[suffix]).json()
    assert (made["media_type"], made["duration_s"], made["senses"]) == (TYPES[suffix], 1.0, ["video"])
    hits = own.get(SEARCH, params={"text": "bell", "to": "video", "k": 50}).json()["hits"]
    (hit,) = (each for each in hits if each["clip"]["id"] == made["id"])
    assert (hit["window"]["start_s"], hit["window"]["end_s"]) == (0, 1)
    served = own.get(hit["clip"]["media"])
    assert served.headers["content-type"] == TYPES[suffix]
    assert served.headers["x-content-type-options"] == "nosniff"
    assert served.content == clip.read_bytes()


def test_an_image_over_the_limit_is_refused_by_its_header(client: TestClient, tmp_path: Path) -> None:
    (tmp_path / "large.png").write_bytes(png(30_000, 30_000, rows=1))
    answer = upload(client, SEARCH, tmp_path / "large.png", from_="video", type_="image/png")
    refused(answer, 413, "too-large", "30000 x 30000", "67108864")


def test_a_drawing_that_is_a_program_is_refused(client: TestClient, tmp_path: Path) -> None:
    drawing = tmp_path / "drawing.svg"
    drawing.write_text('<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>')
    refused(upload(client, SEARCH, drawing, from_="video", type_="image/svg+xml"), 422, "media-invalid", "PNG", "WebP")

"""Clips that no browser plays, on the page."""

import pytest
from playwright.sync_api import Page, expect

from sightsound.client import Client
from tests.tiny.scenes import LEVELS, RED, scene

ODD = {
    "an old film": ("film.avi", ("libmp3lame", "mpeg4")),
    "a recording": ("film.ts", ("mp2", "mpeg2video")),
    "a phone film": ("film.mkv", ("flac", "libx265")),
}
PLAYING = """(label) => {
    const card = [...document.querySelectorAll(".hit")].find((each) => each.textContent.includes(label));
    const video = card?.querySelector("video");
    return video?.videoWidth === 160 && video.currentTime > 0.2 && !card.classList.contains("silent");
}"""
SOUGHT = """async (label) => {
    const card = [...document.querySelectorAll(".hit")].find((each) => each.textContent.includes(label));
    const video = card.querySelector("video");
    video.pause();
    const shown = new Promise((done) => {
        const look = (_, { mediaTime }) => (mediaTime >= 2 ? done() : video.requestVideoFrameCallback(look));
        video.requestVideoFrameCallback(look);
    });
    video.currentTime = 2.5;
    await new Promise((done) => video.addEventListener("seeked", done, { once: true }));
    await shown;  // on a busy machine a moment after, and one from before the pause may come first
    const canvas = Object.assign(document.createElement("canvas"), { width: 160, height: 120 });
    const pen = canvas.getContext("2d");
    pen.drawImage(video, 0, 0);
    const pixels = pen.getImageData(0, 0, 160, 120).data;
    const at = (x, y) => [...pixels.slice(4 * (160 * y + x), 4 * (160 * y + x) + 3)];
    return [at(120, 60), at(40, 20)];
}"""


@pytest.fixture(scope="module")
def address(address: str, tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("films")
    with Client(address) as client:
        for label, (name, codecs) in ODD.items():
            client.add_clip("demo", scene(folder / name, codecs=codecs), labels=[label])
    return address


@pytest.mark.parametrize("label", ODD)
def test_a_clip_that_no_browser_plays_is_played_and_sought_in(page: Page, label: str) -> None:
    page.goto("/?text=film&to=video")
    hit = page.locator(".hit", has_text=label)
    hit.hover()
    page.wait_for_function(PLAYING, arg=label)
    right, above = page.evaluate(SOUGHT, label)
    assert right == pytest.approx([LEVELS[2]] * 3, abs=12)
    assert above == pytest.approx(RED, abs=30)


def test_until_it_plays_its_picture_is_there(page: Page) -> None:
    page.goto("/?text=film&to=video")
    hit = page.locator(".hit", has_text="an old film")
    hit.scroll_into_view_if_needed()
    expect(hit.locator("video")).to_have_count(0)
    poster = hit.locator("img").get_attribute("src")
    assert poster is not None
    assert poster.endswith("/thumbnail?at_s=0")
    answer = page.request.get(poster)
    assert (answer.status, answer.headers["content-type"]) == (200, "image/webp")

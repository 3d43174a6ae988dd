"""The pictures in docs/images, taken of the demo when SIGHTSOUND_SCREENSHOTS names the folder to write them to.

SIGHTSOUND_DATA names the demo's data folder, as `sightsound demo` takes it.
"""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from service.app import create_app
from service.settings import Settings
from tests.unit.service.running import running

DATA = Path(os.environ.get("SIGHTSOUND_DATA", "sightsound-data")).absolute()
FOLDER = Path(os.environ.get("SIGHTSOUND_SCREENSHOTS", "")).absolute()
SHOWN = """() => [...document.querySelectorAll("main :is(img, video)")]
    .filter((each) => each.checkVisibility() && each.getBoundingClientRect().top < innerHeight)
    .every((each) => (each.tagName === "IMG" ? each.complete : each.currentTime > 0.4))"""

pytestmark = pytest.mark.skipif("SIGHTSOUND_SCREENSHOTS" not in os.environ, reason="SIGHTSOUND_SCREENSHOTS is not set")


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    with running(create_app(Settings(data=DATA))) as address:
        page = browser.new_page(base_url=address, viewport={"width": 1280, "height": 900}, color_scheme="light")
        page.goto("/")
        yield page
        page.close()


def shoot(page: Page, name: str) -> None:
    """A picture of the page once all pictures on it are there, and those that move do."""
    page.wait_for_function(SHOWN)
    page.screenshot(path=FOLDER / name)


def test_search_by_words(page: Page) -> None:
    page.get_by_label("Words to search for").fill("glass ball bouncing")
    page.get_by_role("button", name="Search", exact=True).click()
    expect(page.locator(".hit").first).to_contain_text("glass ball bouncing")
    shoot(page, "search.png")


def test_search_by_an_upload(page: Page) -> None:
    page.set_input_files("#file", DATA / "world" / "glass-bell-bouncing-test-00.mp4")
    expect(page.get_by_label("What the clip is")).to_contain_text("bell")
    expect(page.locator(".hit").first).to_contain_text("bell")
    shoot(page, "upload.png")


def test_a_bundle(page: Page) -> None:
    page.goto("/bundles/demo-avgzslnet")
    expect(page.locator("#flow path")).to_have_count(11)
    shoot(page, "bundle.png")


def test_the_status(page: Page) -> None:
    for text in ["bell", "glass ball", "a siren"]:
        page.request.get("/v1/galleries/demo/search", params={"text": text, "to": "video"}).dispose()
    page.goto("/status")
    expect(page.locator("[data-stage=search] polyline")).to_have_count(2)
    page.wait_for_timeout(10_000)  # for a few of its points
    shoot(page, "status.png")

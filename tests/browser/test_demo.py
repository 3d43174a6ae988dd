"""The pages over the demo: a stranger's first minutes, and pictures of all pages, among them those of docs/images.

SIGHTSOUND_DATA names the demo's data folder, as `sightsound demo` takes it; SIGHTSOUND_SCREENSHOTS the folder that
the pictures are written to.
"""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import pytest
from playwright.sync_api import Browser, Page, ViewportSize, expect

from service.app import create_app
from service.routes.page import PAGES
from service.settings import Settings
from sightsound.client import Client
from tests.unit.service.running import running

DATA = Path(os.environ.get("SIGHTSOUND_DATA", "sightsound-data")).absolute()
CLIP = DATA / "world" / "siren-bell-bouncing-test-00.mp4"
DESK: ViewportSize = {"width": 1280, "height": 900}
PHONE: ViewportSize = {"width": 390, "height": 844}
LOOKS: tuple[tuple[ViewportSize, Literal["light", "dark"]], ...] = ((DESK, "light"), (PHONE, "dark"))
SHOWN = """() => [...document.querySelectorAll("main :is(img, video)")]
    .filter((each) => each.checkVisibility() && each.getBoundingClientRect().top < innerHeight)
    .every((each) => (each.tagName === "IMG" ? each.complete : each.currentTime > 0.4))"""
QUIET_MS = 800
"""What a page does once it is there: glide into place, begin to play."""

pytestmark = pytest.mark.skipif(not CLIP.exists(), reason=f"there is no demo at {DATA}: `sightsound demo` makes one")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the pictures go."""
    named = os.environ.get("SIGHTSOUND_SCREENSHOTS")
    folder = Path(named).absolute() if named else tmp_path_factory.mktemp("pictures")
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A copy of the demo, twice evaluated, and drawn as a map."""
    data = tmp_path_factory.mktemp("demo") / "data"
    shutil.copytree(DATA, data, ignore=shutil.ignore_patterns("world", "features"))
    with running(create_app(Settings(data=data, job_workers=1))) as at:
        with Client(at) as client:
            for map_ in (False, True):
                job = client.jobs.evaluate("demo", map=map_)
                assert client.jobs.wait(job.id).state == "done"
        yield at


def fits(page: Page) -> bool:
    """Whether nothing sticks out sideways."""
    return bool(page.evaluate("document.documentElement.scrollWidth <= innerWidth"))


def test_a_stranger_finds_a_bell_by_its_siren_learns_why_and_shows_it_to_a_friend(page: Page, folder: Path) -> None:
    page.set_viewport_size(DESK)
    page.goto("/")
    page.set_input_files("#file", CLIP)
    first = page.locator(".hit").first
    expect(first).to_contain_text("siren bell")
    page.wait_for_function(SHOWN)
    page.screenshot(path=folder / "upload.png")
    first.get_by_role("button", name="Why it was found").click()
    why = page.get_by_role("dialog")
    expect(why.get_by_role("heading", name="Nearest class words")).to_be_visible()
    page.wait_for_timeout(QUIET_MS)
    page.screenshot(path=folder / "why.png")
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Copy link").click()
    page.get_by_role("button", name="Add the clip to the gallery").click()
    page.wait_for_url("**clip=*")
    found = page.locator(".hit:not(.ghost)").first
    expect(found).to_contain_text("siren bell")
    with page.context.expect_page() as opened:
        page.evaluate("open(location.href)")
    friend = opened.value
    expect(friend.locator(".hit:not(.ghost)").first).to_contain_text("siren bell")
    friend.close()


def test_words_find_what_plays_at_once(page: Page, folder: Path) -> None:
    page.set_viewport_size(DESK)
    page.get_by_label("Words to search for").fill("glass ball bouncing")
    page.get_by_role("button", name="Search", exact=True).click()
    expect(page.locator(".hit").first).to_contain_text("glass ball bouncing")
    page.wait_for_function(SHOWN)
    page.screenshot(path=folder / "search.png")


def test_every_page_shows_the_demo_at_a_desk_and_on_a_phone(browser: Browser, address: str, folder: Path) -> None:
    with Client(address) as client:
        clip = next(iter(client.clips("demo"))).id
        first, second = [each.id for each in client.evaluations("demo")]
    asked = {
        "search": "/?text=siren+bell&to=audio",
        "classify": f"/classify?clip={clip}",
        "compare": f"/evaluations/compare?first={first}&second={second}",
        "evaluation": f"/evaluations/{first}",
        "gallery": "/galleries/demo",
        "clip": f"/galleries/demo/clips/{clip}",
        "bundle": "/bundles/demo-avgzslnet",
    }
    for size, look in LOOKS:
        page = browser.new_page(base_url=address, viewport=size, color_scheme=look)
        for path, each in PAGES.items():
            page.goto(asked.get(each.name, path))
            page.wait_for_timeout(QUIET_MS)
            page.wait_for_function(SHOWN) if each.name in ("search", "gallery", "galleries") else None
            assert fits(page), path
            expect(page.get_by_role("alert")).to_have_count(0)
            page.screenshot(path=folder / f"{each.name}-{look}.png")
        page.close()

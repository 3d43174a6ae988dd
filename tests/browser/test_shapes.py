"""Results keep the shape of their pictures, and nothing moves when these come."""

from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Browser, Locator, Page, Route, ViewportSize, expect

from sightsound.client import Client
from tests.browser.moving import MOVED, WATCH
from tests.tiny.clips import render

SIZES: list[ViewportSize] = [{"width": 390, "height": 844}, {"width": 1280, "height": 900}]
PATIENT = "{ const late = setTimeout; setTimeout = (then, ms) => late(then, ms === 150 ? 60_000 : ms); }"
"""A moment is as long as a busy machine takes."""
FITS = "(each) => getComputedStyle(each).objectFit"


@pytest.fixture(scope="module")
def address(address: str, tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("clips")
    with Client(address) as client:
        client.add_clip("demo", film(folder / "wide.mp4", 192, 108), ["a wide one"])
        client.add_clip("demo", film(folder / "tall.mp4", 108, 192), ["a tall one"])
    return address


def film(path: Path, wide: int, high: int) -> Path:
    """Stripes of this size."""
    stripes = np.arange(wide, dtype=np.uint8)[None, None, :, None].repeat(10, 0).repeat(high, 1).repeat(3, 3)
    return render(path, frames=stripes)


def picture(page: Page, label: str) -> Locator:
    return page.locator(".hit", has_text=label).locator(".poster")


def shape(stage: Locator) -> float:
    box = stage.bounding_box()
    assert box is not None
    return box["width"] / box["height"]


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size['width']} px")
def test_nothing_moves_when_pictures_come_and_none_is_cut(browser: Browser, address: str, size: ViewportSize) -> None:
    page = browser.new_page(base_url=address, viewport=size)
    page.add_init_script(WATCH)
    waiting: list[Route] = []
    page.route("**/thumbnail*", lambda route: waiting.append(route))
    page.goto("/?text=a+wide+one&to=video")
    expect(page.locator(".hit:not(.ghost)")).to_have_count(8)
    stage = page.locator(".hit .stage").first
    before = stage.bounding_box()
    expect(picture(page, "a wide one")).to_have_css("opacity", "0")
    for each in waiting:
        each.continue_()
    page.unroute("**/thumbnail*")
    for label in ("a wide one", "a tall one"):
        picture(page, label).scroll_into_view_if_needed()
        expect(picture(page, label)).to_have_class("poster there")
        assert picture(page, label).evaluate(FITS) == "contain"
    page.evaluate("scrollTo(0, 0)")
    assert stage.bounding_box() == before
    assert page.evaluate(MOVED) < 0.01
    page.close()


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size['width']} px")
def test_the_first_screen_stays_where_it_is(browser: Browser, address: str, size: ViewportSize) -> None:
    page = browser.new_page(base_url=address, viewport=size)
    page.add_init_script(WATCH)
    page.goto("/")
    expect(page.get_by_label("Things to search for").get_by_role("link")).to_have_count(5)
    assert page.evaluate(MOVED) < 0.01
    page.close()


def test_the_first_results_wait_a_moment_for_the_shape_of_their_pictures(page: Page) -> None:
    page.add_init_script(PATIENT)
    page.evaluate("localStorage.clear()")
    page.goto("/?text=bell&to=video&label=bell+ringing")
    expect(page.locator(".poster.there")).to_have_count(2)
    assert shape(page.locator(".hit .stage").first) == pytest.approx(1, abs=0.02)


def test_the_shape_that_most_have_is_known_the_next_time(page: Page) -> None:
    page.goto("/?text=bell&to=video")
    expect(page.locator(".poster.there")).to_have_count(8)
    page.goto("/?text=dog&to=video")
    expect(page.locator(".poster.there")).to_have_count(8)
    assert shape(page.locator(".hit .stage").first) == pytest.approx(1, abs=0.02)
    assert picture(page, "bell ringing").first.evaluate(FITS) == "cover"
    page.goto("/?text=dog&to=audio")
    expect(page.locator(".hit.sounding").first).to_be_visible()
    assert shape(page.locator(".hit .stage").first) == pytest.approx(1.6, abs=0.05)

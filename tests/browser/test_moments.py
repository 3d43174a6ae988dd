"""Clips that are found once, with their moments: each played in its place, all of them looked for, by every means."""

import pytest
from playwright.sync_api import Browser, Locator, Page, ViewportSize, expect

from sightsound.client import Client
from tests.browser.axe import violations
from tests.tiny.clips import tiny_clip

PHONE: ViewportSize = {"width": 390, "height": 844}
WITHIN = """([start, end]) => {
    const video = document.querySelector(".hit video");
    return video && !video.muted && video.currentTime > start && video.currentTime <= end + 0.1;
}"""
STARTS = "all => all.map((each) => each.hit.window.start_s)"


@pytest.fixture(scope="module")
def address(address: str, tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("clips")
    with Client(address) as client:
        client.add_clip("demo", tiny_clip(folder / "long.mp4", seconds=44.0), ["a long one"])
    return address


def long_one(page: Page) -> Locator:
    return page.locator(".hit", has_text="a long one")


def moments(page: Page) -> Locator:
    return long_one(page).locator(".moment[aria-pressed]")


def test_a_clip_is_found_once_and_its_other_moments_play_in_its_place(page: Page) -> None:
    page.goto("/?text=bell&to=video")
    expect(page.locator(".hit:not(.ghost)")).to_have_count(7)
    expect(long_one(page)).to_contain_text("of 44 s")
    chosen = moments(page).first
    start = float(long_one(page).evaluate("each => Math.min(...each.hit.moments.map((one) => one.window.start_s))"))
    chosen.click()
    page.wait_for_function(WITHIN, arg=[start, start + 10])
    expect(chosen).to_have_attribute("aria-pressed", "true")
    second = moments(page).nth(1)
    second.click()
    expect(second).to_have_attribute("aria-pressed", "true")
    expect(chosen).to_have_attribute("aria-pressed", "false")
    second.click()
    expect(page.locator(".hit video")).to_have_count(0)
    expect(second).to_have_attribute("aria-pressed", "false")


def test_a_clip_is_searched_in_and_left_again(page: Page) -> None:
    page.goto("/?text=bell&to=audio")
    long_one(page).get_by_role("button", name="Search in this clip: a long one").press("Enter")
    hits = page.locator(".hit:not(.ghost)")
    expect(hits).to_have_count(8)
    expect(page.get_by_role("region", name="Results", exact=True)).to_be_focused()
    assert sorted(hits.evaluate_all(STARTS))[:7] == [0, 5, 10, 15, 20, 25, 30]
    expect(page.locator(".moment")).to_have_count(0)
    only = page.get_by_role("list", name="Only among").get_by_role("listitem")
    expect(only).to_have_text(["Only in long.mp4"])
    words = page.get_by_role("combobox", name="Words to search for")
    words.fill("dog")
    words.press("Enter")
    expect(page.locator("#status")).to_contain_text("8 results for “dog”")
    page.reload()
    expect(only).to_have_text(["Only in long.mp4"])
    page.get_by_role("button", name="Remove Only in long.mp4").click()
    expect(hits).to_have_count(7)


def test_every_moment_can_be_a_result_by_itself(page: Page) -> None:
    page.goto("/?text=bell&to=video")
    page.get_by_role("button", name="Filters").click()
    page.get_by_label("Every moment by itself").check()
    expect(page.locator(".hit:not(.ghost)")).to_have_count(14)
    assert "by=window" in page.url
    page.get_by_role("button", name="Remove Every moment by itself").click()
    expect(page.locator(".hit:not(.ghost)")).to_have_count(7)


def test_moments_are_for_the_keyboard_and_for_thumbs(browser: Browser, address: str) -> None:
    page = browser.new_page(base_url=address, viewport=PHONE, has_touch=True, is_mobile=True)
    page.goto("/?text=bell&to=audio")
    expect(long_one(page)).to_be_visible()
    first = moments(page).first
    box = first.bounding_box()
    assert box is not None
    assert min(box["width"], box["height"]) >= 24
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert violations(page) == []
    long_one(page).locator(".play").focus()
    page.keyboard.press("Enter")  # why
    expect(page.get_by_role("dialog").get_by_role("button", name="Search in this clip")).to_be_visible()
    page.keyboard.press("Escape")
    first.focus()
    page.keyboard.press("Space")
    expect(first).to_have_attribute("aria-pressed", "true")
    page.close()

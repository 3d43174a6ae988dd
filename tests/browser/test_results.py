"""Results on the page: played in place, told how near, explained, gone on with; by mouse, by keyboard, on a phone."""

from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, ViewportSize, expect

from tests.tiny.bundles import tiny_library
from tests.tiny.clips import tiny_clip

WINDOW = """() => {
    const video = document.querySelector(".hit video");
    return video && video.currentTime > 0 && video.currentTime <= 1.1;
}"""
ORDER = """() => ["results-answered", "results-shown"]
    .map((name) => performance.getEntriesByName(name)[0])
    .map((each) => each.startTime + each.duration)"""
PHONE: ViewportSize = {"width": 390, "height": 844}
ALL = 27
"""More than one page of results."""


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_library(tmp_path_factory.mktemp("library"), clips_per_label=9)


def opened(page: Page, address: str) -> None:
    page.goto(address)
    expect(page.locator(".hit:not(.ghost)").first).to_be_visible()


def test_a_result_plays_where_it_is_and_says_why_it_was_found(page: Page) -> None:
    opened(page, "/?text=bell+ringing&to=video")
    expect(page.get_by_text("not probabilities")).to_be_visible()
    shown = page.evaluate(ORDER)
    assert shown == sorted(shown)
    first = page.locator(".hit").first
    play = first.locator(".play")
    first.hover()
    page.wait_for_function(WINDOW)
    expect(play).to_have_attribute("aria-pressed", "false")
    play.click()
    expect(play).to_have_attribute("aria-pressed", "true")
    first.get_by_role("button", name="Why it was found").click()
    why = page.get_by_role("dialog")
    expect(why.locator("blockquote")).to_have_text("bell ringing")
    expect(why.get_by_role("heading", name="Nearest class words")).to_be_visible()
    expect(why.get_by_text("how likely either is right")).to_be_visible()
    expect(page.locator(".hit video")).to_have_count(0)
    why.get_by_role("group", name="of 1.0 s").get_by_role("button").click()
    expect(why.locator(".stage.loud video")).to_have_count(1)
    page.keyboard.press("Escape")
    expect(why).to_have_count(0)


def test_the_keyboard_moves_through_results_plays_and_asks_why(page: Page) -> None:
    opened(page, "/?text=bell+ringing&to=audio")
    plays = page.locator(".hit .play")
    plays.first.focus()
    page.keyboard.press("ArrowRight")
    expect(plays.nth(1)).to_be_focused()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowUp")
    expect(plays.nth(1)).to_be_focused()
    assert page.locator(".hit .play[tabindex='0']").count() == 1
    page.keyboard.press("Space")
    expect(plays.nth(1)).to_have_attribute("aria-pressed", "true")
    page.keyboard.press("Space")
    expect(plays.nth(1)).to_have_attribute("aria-pressed", "false")
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog").get_by_role("heading", name="How near")).to_be_visible()
    page.keyboard.press("ArrowRight")
    third = plays.nth(2).evaluate("(each) => each.closest('.hit').label")
    expect(page.get_by_role("dialog").get_by_role("heading", level=2)).to_have_text(third)
    expect(page.get_by_role("dialog")).to_have_count(1)
    page.get_by_role("dialog").get_by_role("button", name="The result before").click()
    page.keyboard.press("Escape")
    expect(plays.nth(1)).to_be_focused()
    page.keyboard.press("Home")
    expect(plays.first).to_be_focused()


def test_more_come_as_one_scrolls_after_a_break_too_and_none_twice(page: Page, troubles: list[str]) -> None:
    page.route(
        "**/search", lambda each: each.abort() if "cursor" in (each.request.post_data or "") else each.continue_()
    )
    opened(page, "/?text=bell+ringing&to=video")
    hits = page.locator(".hit")
    expect(hits).to_have_count(24)
    page.mouse.wheel(0, 20_000)
    expect(page.get_by_role("button", name="Try again")).to_be_visible()
    page.unroute("**/search")
    troubles.clear()
    page.get_by_role("button", name="Try again").click()
    expect(page.get_by_text(f"That is all: {ALL} results.")).to_be_visible()
    numbers = hits.evaluate_all("all => all.map((each) => each.hit.window_id)")
    assert len(set(numbers)) == len(numbers) == ALL


def test_a_result_asks_for_more_and_less_like_it_and_for_its_counterpart(page: Page) -> None:
    opened(page, "/?text=bell+ringing&to=video")
    page.locator(".hit").first.hover()
    page.locator(".hit").first.get_by_role("button", name="Find its sound").click()
    expect(page.locator(".hit.sounding").first).to_be_visible()
    assert "from=video" in page.url or "to=audio" in page.url
    page.locator(".hit").first.hover()
    page.locator(".hit").first.get_by_role("button", name="More like this").click()
    page.wait_for_url("**window=*window=*")


def test_nothing_that_passes_the_filters_is_said(page: Page) -> None:
    page.goto("/?text=bell+ringing&to=video&label=nothing+of+the+kind")
    expect(page.get_by_role("heading", name="Nothing was found.")).to_be_visible()
    expect(page.locator("#hits")).to_contain_text("Take one of them off.")


def test_on_a_phone_a_tap_plays_and_the_upload_stands_beside_what_it_found(
    browser: Browser, address: str, tmp_path: Path
) -> None:
    page = browser.new_page(base_url=address, viewport=PHONE, has_touch=True, is_mobile=True)
    page.goto("/")
    page.set_input_files("#file", tiny_clip(tmp_path / "mine.mp4", seconds=2.0))
    first = page.locator(".hit:not(.ghost)").first
    play = first.locator(".play")
    play.tap()
    expect(play).to_have_attribute("aria-pressed", "true")
    first.get_by_role("button", name="Why it was found").tap()
    why = page.get_by_role("dialog")
    expect(why.get_by_role("figure").first).to_contain_text("2.0 s")
    own = why.get_by_role("button", name="Play").first
    own.tap()
    expect(own).to_have_attribute("aria-pressed", "true")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.close()

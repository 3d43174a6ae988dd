"""What every page has around it, and that each is whole: on a phone and on a desk, by mouse and by keyboard."""

import pytest
from playwright.sync_api import Page, expect

from service.routes.page import PAGES

SIZES = {"a phone": (390, 844), "a desk": (1280, 860)}
WITHOUT_NAMES = sorted(address for address in PAGES if "{" not in address)
SHOWN = """([kind, said]) => import("/web/modules/states.js").then(({ show }) => {
    show(document.getElementById("main"), kind, said);
})"""
FILLED = """(status) => import("/web/modules/states.js").then(async ({ fill }) => {
    const { Refusal } = await import("/web/modules/refusal.js");
    let tried = 0;
    await fill(document.getElementById("main"), async () => {
        if (!tried++) throw new Refusal({ title: "No.", detail: "not now", status });
        document.getElementById("main").replaceChildren("here it is");
    });
})"""
SLOW = """() => import("/web/modules/states.js").then(({ fill }) => {
    fill(document.getElementById("main"), () => new Promise(() => {}), "cards");
})"""


@pytest.mark.parametrize("size", SIZES)
def test_every_page_is_whole_and_nothing_sticks_out(page: Page, size: str) -> None:
    width, height = SIZES[size]
    page.set_viewport_size({"width": width, "height": height})
    for address in WITHOUT_NAMES:
        page.goto(address)
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        expect(page.get_by_role("navigation", name="Pages")).to_be_in_viewport()
        expect(page.locator(".tabs [aria-current]")).to_have_count(1)
        page.wait_for_load_state("networkidle")
        assert page.evaluate("document.documentElement.scrollWidth") <= width, address


def test_the_first_tab_skips_to_the_content(page: Page) -> None:
    page.goto("/status")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    expect(page.get_by_role("link", name="Skip to the content")).to_be_in_viewport()
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_focused()


def test_keys_are_told_by_a_question_mark_and_lead_everywhere(page: Page) -> None:
    page.goto("/status")
    page.keyboard.press("?")
    keys = page.get_by_role("dialog", name="Keyboard")
    expect(keys).to_contain_text("Go to the map")
    page.keyboard.press("Escape")
    expect(keys).to_be_hidden()
    page.keyboard.type("gm")  # at once: they belong together for 1.2 s
    page.wait_for_url("**/map")
    page.keyboard.press("/")
    page.wait_for_url(lambda url: url.rstrip("/").count("/") == 2)


def test_the_gallery_goes_along(page: Page) -> None:
    page.goto("/?gallery=demo")
    page.get_by_role("link", name="Map").click()
    page.wait_for_url("**/map?gallery=demo")
    page.get_by_role("button", name="More").click()
    page.get_by_role("link", name="Bundles").click()
    page.wait_for_url("**/bundles?gallery=demo")


def test_the_look_that_is_chosen_is_kept(page: Page) -> None:
    page.get_by_role("button", name="More").click()
    page.get_by_text("Dark", exact=True).click()
    page.goto("/status")
    assert page.evaluate("getComputedStyle(document.documentElement).colorScheme") == "dark"
    page.get_by_role("button", name="More").click()
    expect(page.get_by_label("Dark")).to_be_checked()


@pytest.mark.parametrize("kind", ["empty", "offline", "forbidden", "error"])
def test_every_state_says_what_is_the_matter_and_where_to_go_on(page: Page, kind: str) -> None:
    page.goto("/map")
    actions = [{"label": "Go on", "href": "/status"}]
    page.evaluate(SHOWN, [kind, {"title": "There is nothing.", "detail": "But there could be.", "actions": actions}])
    state = page.get_by_role("status" if kind == "empty" else "alert")
    expect(state).to_contain_text("But there could be.")
    state.get_by_role("link", name="Go on").click()
    page.wait_for_url("**/status")


@pytest.mark.parametrize("status", [0, 403, 500])
def test_what_failed_is_tried_again(page: Page, status: int) -> None:
    page.goto("/map")
    page.evaluate(FILLED, status)
    expect(page.get_by_role("alert")).to_contain_text("Not now.")
    if status:
        page.get_by_role("button", name="Try again").click()
    else:
        page.evaluate("dispatchEvent(new Event('online'))")
    expect(page.locator("main")).to_have_text("here it is")
    expect(page.locator("main")).to_have_attribute("aria-busy", "false")


def test_what_takes_long_says_so(page: Page) -> None:
    page.goto("/map")
    page.evaluate(SLOW)
    expect(page.locator("main")).to_have_attribute("aria-busy", "true")
    expect(page.locator(".skeleton .ghost").first).to_be_visible()
    expect(page.get_by_role("status")).to_contain_text("longer than usual")

"""The map of a gallery: drawn, moved through, heard, filtered, and asked where something lands."""

from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, Route, ViewportSize, expect

from service.settings import Settings
from tests.browser.axe import violations
from tests.tiny.clips import tiny_clip

PAINTED = """canvas => new Set(new Uint32Array(canvas.getContext("2d")
    .getImageData(0, 0, canvas.width, canvas.height).data.buffer)).size > 8"""
PLACE = """async ([number, kind]) => {
    const map = await (await fetch(`/v1/galleries/demo/evaluations/${number}/map`)).json();
    const { clientWidth: width, clientHeight: height } = document.querySelector(".plane canvas");
    const window = map.windows[0], unit = Math.min(width, height) / 2 * 0.9;
    const [x, y] = window[kind];
    return [width / 2 + x * unit, height / 2 + y * unit, window.clip_id, map.classes[window.of].name];
}"""
"""Where a point of the first window is on the canvas while all of the map is seen."""
PATIENT = "{ const late = setTimeout; setTimeout = (then, ms) => late(then, ms === 1600 ? 60_000 : ms); }"
"""A hint stays for as long as a busy machine takes to look at it."""
PHONE = ViewportSize(width=390, height=844)
FORBIDDEN = {"type": "/problems/forbidden", "title": "The key may not do this.", "status": 403, "detail": "No."}


@pytest.fixture(scope="module")
def settings(library: Path) -> Settings:
    return Settings(data=library, job_workers=1)


def opened(page: Page, at: str = "/map") -> Locator:
    """The map, drawn first if there is none."""
    page.goto(at)
    canvas, draw = page.get_by_role("application"), page.get_by_role("button", name="Draw the map")
    expect(canvas.or_(draw)).to_be_visible()
    if draw.is_visible():
        assert violations(page) == []
        draw.press("Enter")
        expect(page.get_by_role("heading", name="Drawing the map")).to_be_visible()
        expect(page.locator("#content")).to_be_focused()
        expect(canvas).to_be_visible(timeout=120_000)
    page.wait_for_function(PAINTED, arg=canvas.element_handle())
    return canvas


def point(page: Page, kind: str) -> tuple[float, float, str, str]:
    x, y, clip, name = page.evaluate(PLACE, [1, kind])
    box = page.get_by_role("application").bounding_box()
    assert box is not None
    return box["x"] + x, box["y"] + y, clip, name


def test_a_map_is_drawn_and_what_the_mouse_is_over_plays_and_is_one_click_from_what_is_like_it(page: Page) -> None:
    canvas = opened(page)
    expect(page.get_by_label("Legend").get_by_role("listitem")).to_have_count(4)
    x, y, _, name = point(page, "video")
    page.mouse.move(x, y)
    card = page.locator(".picked")
    expect(card).to_contain_text(name)
    expect(page.locator("[aria-live]", has_text=name)).to_be_attached()
    page.wait_for_function("() => document.querySelector('.picked video')?.currentTime > 0")
    page.mouse.move(5, 5)
    expect(card).to_be_hidden()
    canvas.focus()
    page.keyboard.press("+")
    page.keyboard.press("0")
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("0")
    x, y, clip, name = point(page, "audio")
    page.mouse.move(x, y)
    expect(card).to_contain_text(name)
    page.mouse.click(x, y)
    page.wait_for_url(f"**/?clip={clip}")


def test_classes_are_filtered_and_the_map_is_told_in_words(page: Page) -> None:
    opened(page)
    legend = page.get_by_label("Legend")
    bell = legend.get_by_role("button", name="bell ringing")
    bell.click()
    expect(bell).to_have_attribute("aria-pressed", "true")
    x, y, _, name = point(page, "video")
    assert name != "bell ringing"
    page.mouse.move(x, y)
    expect(page.locator(".picked h2", has_text=name)).to_have_count(0)
    legend.get_by_role("button", name="Show all").click()
    expect(bell).to_have_attribute("aria-pressed", "false")
    legend.get_by_label("Join sound and pictures").check()
    legend.get_by_label("Words").uncheck()
    page.get_by_text("The map in words").click()
    row = page.get_by_role("row", name="siren flashing")
    expect(row).to_contain_text("never seen")
    expect(page.get_by_role("row")).to_have_count(5)
    assert violations(page) == []


def test_words_and_clips_land_between_their_nearest(page: Page, tmp_path: Path) -> None:
    opened(page)
    page.get_by_role("searchbox").fill("a ringing bell")
    page.get_by_role("button", name="Put on the map").click()
    landed = page.get_by_role("status")
    expect(landed).to_contain_text("“a ringing bell” stands between its nearest points")
    assert page.url.endswith("/map?text=a+ringing+bell")
    page.set_input_files(".landing [type=file]", tiny_clip(tmp_path / "mine.mp4", seconds=1.0))
    expect(landed).to_contain_text("“mine.mp4” stands")
    page.go_back()
    expect(landed).to_have_text("")


def test_on_a_phone_nothing_sticks_out(page: Page) -> None:
    page.set_viewport_size(PHONE)
    opened(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    assert violations(page) == []


def test_who_may_not_draw_is_told_who_can(page: Page, guarded: tuple[str, str]) -> None:
    at, secret = guarded
    context = page.context.browser.new_context(base_url=at)  # type: ignore[union-attr]
    context.request.post("/v1/session", headers={"Authorization": f"Bearer {secret}"})
    other = context.new_page()
    other.goto("/map")
    expect(other.get_by_role("alert")).to_contain_text("Whoever administers this gallery can draw one.")
    context.close()


def test_a_map_that_cannot_be_reached_or_may_not_be_seen_or_comes_slowly_says_so(
    page: Page, troubles: list[str]
) -> None:
    opened(page)
    page.route("**/v1/galleries/demo/evaluations", lambda route: route.abort())
    page.goto("/map")
    expect(page.locator(".state.offline")).to_contain_text("The service cannot be reached.")
    page.unroute_all()
    page.route("**/v1/galleries/demo/evaluations/*/map", lambda route: route.fulfill(status=403, json=FORBIDDEN))
    page.get_by_role("button", name="Try again").click()
    expect(page.locator(".state.forbidden")).to_contain_text("The key may not do this.")
    page.unroute_all()
    held: list[Route] = []
    page.route("**/v1/galleries/demo/evaluations/*/map", lambda route: held.append(route))
    page.get_by_role("button", name="Try again").click()
    expect(page.get_by_role("status").filter(has_text="This takes longer than usual.")).to_be_visible()
    for each in held:
        each.continue_()
    expect(page.get_by_role("application")).to_be_visible()
    troubles.clear()


def test_a_page_is_scrolled_past_the_map_and_the_wheel_zooms_once_it_was_pressed(page: Page) -> None:
    page.add_init_script(PATIENT)
    page.set_viewport_size({"width": 1280, "height": 500})
    canvas = opened(page)
    canvas.hover(position={"x": 30, "y": 30})
    hint = page.locator(".hint")
    expect(hint).not_to_contain_class("there")
    page.mouse.wheel(0, 120)
    page.wait_for_function("() => scrollY > 0")
    expect(hint).to_contain_class("there")
    before = drawn(canvas)
    page.keyboard.down("Control")
    page.mouse.wheel(0, -120)
    page.keyboard.up("Control")
    wait_for_another(page, canvas, before)
    canvas.focus()
    before, scrolled = drawn(canvas), page.evaluate("scrollY")
    page.mouse.wheel(0, -120)
    wait_for_another(page, canvas, before)
    assert page.evaluate("scrollY") == scrolled


def drawn(canvas: Locator) -> str:
    return str(canvas.evaluate("each => each.toDataURL()"))


def wait_for_another(page: Page, canvas: Locator, before: str) -> None:
    page.wait_for_function("([each, old]) => each.toDataURL() !== old", arg=[canvas.element_handle(), before])

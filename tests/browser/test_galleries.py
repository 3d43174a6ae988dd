"""The pages of galleries: made, filled, looked through, embedded anew, moved and deleted by hand."""

import re
from contextlib import closing
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Route, ViewportSize, expect

from service.settings import Settings
from tests.browser import beside
from tests.browser.axe import violations
from tests.tiny.clips import tiny_clip

PHONE = ViewportSize(width=390, height=844)
NARROWEST = ViewportSize(width=320, height=700)
FORBIDDEN = {"type": "/problems/forbidden", "title": "The key may not do this.", "status": 403, "detail": "No."}


@pytest.fixture(scope="module")
def settings(library: Path) -> Settings:
    return Settings(data=library, job_workers=1)


def test_a_gallery_is_made_and_filled_with_many_files(page: Page, tmp_path: Path, troubles: list[str]) -> None:
    page.set_viewport_size(PHONE)
    page.goto("/galleries")
    expect(page.get_by_role("link", name=re.compile("demo"))).to_contain_text("6 clips · 3 labels")
    page.get_by_role("button", name="New gallery").click()
    dialog = page.get_by_role("dialog", name="A new gallery")
    dialog.get_by_label("Name").fill("demo")
    dialog.get_by_role("button", name="Make it").click()
    expect(dialog.get_by_role("alert")).to_contain_text("'demo'")
    dialog.get_by_label("Name").fill("mine")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("/galleries/mine"))
    expect(page.get_by_text("No clips here yet.")).to_be_visible()
    page.get_by_role("button", name="Add clips").click()
    page.get_by_label("What they show").fill("a test\nred, mostly")
    page.get_by_label("Also take a label").check()
    junk = tmp_path / "junk.mp4"
    junk.write_bytes(b"no media at all" * 100)
    clips = [tiny_clip(tmp_path / f"low-hum_{i:02}.mp4", seconds=1.0, tone_hz=200.0 + i) for i in range(2)]
    page.set_input_files("#files", [*clips, junk])
    expect(page.locator("#adding")).to_contain_text("2 added · 1 not")
    expect(page.locator("#queue")).to_contain_text("The file is not a media file that can be decoded.")
    expect(page.locator("#tiles a")).to_have_text([re.compile("a test, red, mostly, low hum")] * 2)
    page.set_input_files("#files", clips[0])
    expect(page.locator("#queue")).to_contain_text("It was here already")
    assert {re.search("409|422", each) is not None for each in troubles} == {True}
    troubles.clear()


def test_clips_are_looked_through_by_label(page: Page) -> None:
    page.goto("/galleries/demo")
    expect(page.locator("#tiles a")).to_have_count(6)
    page.get_by_label("Label", exact=True).select_option("dog barking")
    expect(page.locator("#tiles a")).to_have_count(2)
    assert "label=dog+barking" in page.url
    first = page.locator("#tiles a").first
    expect(first).to_contain_text("dog barking")
    expect(first).to_have_attribute("href", re.compile(r"^/galleries/demo/clips/\w+$"))


def test_a_gallery_is_embedded_anew_live_and_goes_back(page: Page) -> None:
    page.goto("/galleries/demo?view=generations")
    page.get_by_role("button", name="Embed anew").click()
    expect(page.locator("#reindexing")).to_contain_text("Done", use_inner_text=True, timeout=60_000)
    expect(page.locator("#generations")).to_contain_text(re.compile(r"Generation 2\s+Answers now"), use_inner_text=True)
    page.set_viewport_size(NARROWEST)  # there a table scrolls, which takes a keyboard too
    assert violations(page) == []
    page.get_by_role("button", name="Go back to it").press("Enter")
    page.get_by_role("dialog").get_by_role("button", name="Switch").press("Enter")
    expect(page.locator("#about")).to_contain_text("generation 1")
    expect(page.locator("#generations")).to_be_focused()
    page.get_by_role("button", name="Forget").click()
    page.get_by_role("dialog").get_by_role("button", name="Forget it").click()
    expect(page.locator("#generations > li")).to_have_count(1)


def test_the_narrowest_phone_shows_every_view_and_what_is_added(page: Page, address: str, tmp_path: Path) -> None:
    page.set_viewport_size(NARROWEST)
    page.goto("/galleries/demo")
    views = page.locator(".views")
    assert views.evaluate("(each) => each.scrollWidth - each.clientWidth") <= 0
    page.get_by_role("button", name="Add clips").click()
    clip = tiny_clip(tmp_path / "one that has quite a long name.mp4", seconds=1.1)
    page.set_input_files("#files", clip)
    expect(page.locator("#queue")).to_contain_text("Added", use_inner_text=True)
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    demo = f"{address}/v1/galleries/demo"  # tests that run after this one, in whatever order, count its clips
    (added,) = (each["id"] for each in beside.get(f"{demo}/clips").json()["clips"] if each["name"] == clip.name)
    beside.delete(f"{demo}/clips/{added}").raise_for_status()


def test_a_switch_that_somebody_else_was_quicker_with_is_told(page: Page, address: str, troubles: list[str]) -> None:
    demo = f"{address}/v1/galleries/demo"
    made = beside.post(f"{demo}/reindex").raise_for_status().json()["generation"]
    page.goto("/galleries/demo?view=generations")
    expect(page.locator("#generations > li")).to_have_count(2)
    beside.post(f"{demo}/rollback").raise_for_status()
    page.get_by_role("button", name="Go back to it").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("button", name="Switch").click()
    expect(dialog.get_by_role("alert")).to_contain_text("is not the active one")
    page.keyboard.press("Escape")
    expect(page.locator("#about")).to_contain_text("generation 1")
    assert [each for each in troubles if "409" in each]
    troubles.clear()
    beside.delete(f"{demo}/generations/{made}").raise_for_status()  # tests that run after this one count them


def test_a_gallery_is_verified_exported_imported_and_deleted(page: Page, tmp_path: Path) -> None:
    page.goto("/galleries/demo?view=upkeep")
    page.get_by_role("button", name="Verify").click()
    expect(page.get_by_text("All is as it should be.")).to_be_visible()
    with page.expect_download() as arriving:
        page.get_by_role("link", name="Export").click()
    arriving.value.save_as(tmp_path / "demo.tar")
    page.goto("/galleries")
    page.get_by_role("button", name="Import").click()
    page.get_by_label("Archive", exact=True).set_input_files(tmp_path / "demo.tar")
    page.get_by_label("Name, where").fill("again")
    page.get_by_role("dialog").get_by_role("button", name="Import").click()
    expect(page).to_have_url(re.compile("/galleries/again"))
    expect(page.locator("#tiles a").first).to_be_visible()
    page.get_by_text("Figures").click()
    expect(page.get_by_role("heading", name="Clips by label")).to_be_visible()
    page.get_by_text("Upkeep").click()
    page.get_by_role("button", name="Delete").click()
    dialog = page.get_by_role("dialog", name="Delete this gallery?")
    dialog.get_by_label("Type again to go on").fill("demo")
    page.keyboard.press("Enter")
    expect(dialog).to_be_visible()
    dialog.get_by_label("Type again to go on").fill("again")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("/galleries$"))
    expect(page.get_by_role("link", name=re.compile("^again"))).to_have_count(0)


def test_who_may_only_look_is_offered_nothing_else_and_told_why(browser: Browser, guarded: tuple[str, str]) -> None:
    at, secret = guarded
    with closing(browser.new_page(base_url=at)) as page:
        page.goto("/galleries")
        dialog = page.get_by_role("dialog", name="Sign in with a key")
        dialog.get_by_label("Key").fill(secret)
        dialog.get_by_role("button", name="Sign in").click()
        expect(page.get_by_text("Making a gallery takes a key with the scope admin.")).to_be_visible()
        expect(page.get_by_role("button", name="New gallery")).to_be_hidden()
        page.get_by_role("link", name=re.compile("demo")).click()
        expect(page.locator("#tiles a")).to_have_count(3)
        expect(page.get_by_role("button", name="Add clips")).to_be_hidden()
        page.goto("/galleries/demo?view=upkeep")
        expect(page.get_by_text("Exporting, verifying, compacting and deleting take a key")).to_be_visible()
        page.goto("/galleries/none")
        expect(page.get_by_role("alert")).to_contain_text("none")


def test_galleries_that_cannot_be_reached_or_may_not_be_seen_say_so(page: Page, troubles: list[str]) -> None:
    page.route("**/v1/galleries", lambda route: route.abort())
    page.goto("/galleries")
    expect(page.locator(".state.offline")).to_contain_text("The service cannot be reached.")
    page.unroute_all()
    page.get_by_role("button", name="Try again").click()
    expect(page.get_by_role("link", name=re.compile("demo"))).to_be_visible()
    page.route("**/v1/galleries/demo/clips?*", lambda route: route.fulfill(status=403, json=FORBIDDEN))
    page.goto("/galleries/demo")
    expect(page.locator("#grid .state.forbidden")).to_contain_text("The key may not do this.")
    expect(page.get_by_label("Label", exact=True)).to_be_visible()
    troubles.clear()


def test_a_gallery_that_comes_slowly_says_that_it_goes_on(page: Page) -> None:
    held: list[Route] = []
    page.route("**/v1/galleries/demo", lambda route: held.append(route))
    page.goto("/galleries/demo")
    expect(page.get_by_role("status").filter(has_text="This takes longer than usual.")).to_be_visible()
    for each in held:
        each.continue_()
    expect(page.locator("#tiles a").first).to_be_visible()


def test_a_label_that_is_chosen_while_another_comes_is_the_one_that_is_shown(page: Page) -> None:
    held: list[Route] = []
    page.route("**/clips?limit=48", lambda route: held.append(route))
    page.goto("/galleries/demo")
    page.get_by_label("Label", exact=True).select_option("dog barking")
    expect(page.locator("#tiles a")).to_have_count(2)
    with page.expect_response("**/clips?limit=48") as late:
        held[0].continue_()
    late.value.finished()
    page.evaluate("new Promise((done) => setTimeout(done, 50))")  # it is read and drawn, were it so
    expect(page.locator("#tiles a")).to_have_count(2)


def test_further_clips_of_a_label_do_not_come_into_another(page: Page, address: str) -> None:
    clips = beside.get(f"{address}/v1/galleries/demo/clips").json()["clips"]
    held: list[Route] = []
    page.route("**/clips?limit=48", lambda route: route.fulfill(json={"clips": clips, "next": "further"}))
    page.route("**/clips?limit=48&cursor=further", lambda route: held.append(route))
    page.goto("/galleries/demo")
    expect(page.locator("#rest .ghost").first).to_be_attached()
    page.get_by_label("Label", exact=True).select_option("dog barking")
    expect(page.locator("#tiles a")).to_have_count(2)
    held[0].fulfill(json={"clips": clips, "next": None})
    expect(page.locator("#rest .ghost")).to_have_count(0)
    expect(page.locator("#tiles a")).to_have_count(2)
